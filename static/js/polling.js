// <div data-poll="30" hx-trigger="poll" …>: asks again every so many seconds. Out of sight, and while the answer is no answer, it asks less
// and less often, twice as long each time up to ten minutes; seen again, it asks at once when that is due. It waits while somebody is
// inside with the keyboard.
const LONGEST = 600;
for (const place of document.querySelectorAll("[data-poll]")) {
  const shortest = Number(place.dataset.poll);
  let wait = shortest, asked = Date.now(), timer;
  const isBusy = () => place.querySelector(":focus-visible, dialog[open]") !== null;
  const plan = () => {
    clearTimeout(timer);
    timer = setTimeout(ask, Math.max(0, asked + wait * 1000 - Date.now()));
  };
  const ask = () => {
    asked = Date.now();
    if (!isBusy()) window.htmx?.trigger(place, "poll");
    plan();
  };
  place.addEventListener("htmx:afterRequest", ({ target, detail }) => {
    if (target !== place) return;
    wait = document.hidden || !detail.successful ? Math.min(LONGEST, wait * 2) : shortest;
    plan();
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) wait = shortest;
    plan();
  });
  plan();
}
