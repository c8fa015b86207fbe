// [data-ends]: counts down to the server's moment; minutes, and seconds only in the last hour. At zero it says [data-over].
const LENGTHS = { days: 86400, hours: 3600, minutes: 60, seconds: 1 };
const tick = () => {
  for (const timer of document.querySelectorAll("[data-ends]")) {
    let left = Math.max(0, Math.floor((Date.parse(timer.dataset.ends) - Date.now()) / 1000));
    if (!timer.querySelector("[data-part]")) continue;
    if (left === 0) {
      timer.textContent = timer.dataset.over;
      continue;
    }
    const isLastHour = left < 3600;
    for (const [part, length] of Object.entries(LENGTHS)) {
      const box = timer.querySelector(`[data-part=${part}]`);
      const value = Math.floor(left / length);
      left -= value * length;
      box.firstElementChild.textContent = String(value).padStart(2, "0");
      if (part === "days") box.hidden = value === 0;
      if (part === "seconds") box.hidden = !isLastHour;
    }
  }
};
if (document.querySelector("[data-ends]")) {
  tick();
  setInterval(tick, 1000);
}
