// A mission that runs: shows the stay, sends heartbeats, and asks the server again when the person comes back.
// Only the server's clock decides; without this file the plain buttons do the same.
const BEAT_MS = 5000;
const AFTER_OPENING_MS = 700;
let stay, beats;
let beat = ""; // the newest of the chain; it outlives a refresh of the panel

const panel = () => document.getElementById("mission");
const refresh = () => panel()?.dispatchEvent(new CustomEvent("refresh"));

// A video that is paused, or on a page that nobody sees, does not count.
const isHeld = () => {
  const video = panel()?.querySelector("[data-video]");
  return Boolean(video) && (video.paused || video.ended || document.hidden);
};

const countDown = () => {
  clearInterval(stay);
  const line = panel()?.querySelector("[data-stay]");
  const button = panel()?.querySelector("[data-confirm]");
  if (!line || !button) return;
  let until = Date.now() + Number(line.dataset.stay) * 1000;
  let before = Date.now();
  const tick = () => {
    if (isHeld()) until += Date.now() - before;
    before = Date.now();
    const left = Math.max(0, Math.ceil((until - Date.now()) / 1000));
    button.disabled = left > 0;
    const seconds = line.querySelector("[data-seconds]");
    if (seconds && left > 0) seconds.textContent = String(left);
    if (left <= 1) line.setAttribute("aria-live", "polite"); // screen readers hear that it is over, not every second
    if (left > 0) return;
    clearInterval(stay);
    line.textContent = panel()?.querySelector("[data-video]") ? "다 봤어요. 완료를 눌러 주세요." : "다 둘러봤어요. 완료를 눌러 주세요.";
  };
  stay = setInterval(tick, 250);
  tick();
};

const sendBeats = () => {
  clearInterval(beats);
  const form = panel()?.querySelector("[data-beats]");
  if (!form) return;
  form.elements.beat.value = beat;
  beats = setInterval(async () => {
    if (isHeld()) return;
    const answer = await fetch(form.dataset.beats, { method: "POST", body: new FormData(form) }).catch(() => null);
    if (!answer?.ok) return;
    beat = (await answer.json()).beat;
    form.elements.beat.value = beat;
  }, BEAT_MS);
};

const begin = () => {
  countDown();
  sendBeats();
};

document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-opens]")) return;
  setTimeout(() => delete event.target.dataset.sent, AFTER_OPENING_MS);
  setTimeout(refresh, AFTER_OPENING_MS);
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && !panel()?.querySelector("[data-video]")) refresh();
});
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.target.id === "mission" || event.detail.elt?.id === "mission") begin();
});
begin();
