// A queue by keyboard. [data-queue] holds [data-item]s; one is the current. j and k go to the next and the previous one, a sends its
// [data-yes] form, r goes into the reasons of its [data-no] form and Enter sends it, ? shows the keys. Keys are where they lie on the
// keyboard, whatever language is switched on. A key that is held down counts once, and after one decision the page decides nothing more.
const queue = document.querySelector("[data-queue]");
const items = [...queue.querySelectorAll("[data-item]")];
const keys = document.querySelector("[data-keys]");
let sent = false;

const current = () => items.find((item) => item.getAttribute("aria-current") === "true") ?? items[0];

const go = (item) => {
  if (!item) return;
  for (const other of items) other.removeAttribute("aria-current");
  item.setAttribute("aria-current", "true");
  item.focus({ preventScroll: true });
  item.scrollIntoView({ block: "nearest" });
};

const send = (form) => {
  if (sent || !form?.reportValidity()) return;
  sent = true;
  form.requestSubmit();
};

const deeds = {
  KeyJ: () => go(items[items.indexOf(current()) + 1]),
  KeyK: () => go(items[items.indexOf(current()) - 1]),
  KeyA: () => send(current()?.querySelector("[data-yes]")),
  KeyR: () => current()?.querySelector("[data-no] select")?.focus(),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat) return;
  const field = event.target.closest("input, textarea, select, [contenteditable]");
  if (field) {
    if (event.key === "Escape") go(field.closest("[data-item]"));
    else if (event.key === "Enter" && field.matches("[data-no] select")) {
      event.preventDefault();
      send(field.form);
    }
    return;
  }
  if (event.key === "?") keys.toggleAttribute("open");
  else if (deeds[event.code] && !event.shiftKey) deeds[event.code]();
  else return;
  event.preventDefault();
});

queue.addEventListener("submit", () => { sent = true; });
queue.addEventListener("focusin", (event) => {
  const item = event.target.closest("[data-item]");
  if (item && item !== current()) {
    for (const other of items) other.removeAttribute("aria-current");
    item.setAttribute("aria-current", "true");
  }
});
go(current());
