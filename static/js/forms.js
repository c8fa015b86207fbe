// Forms: one press is one submission, the first mistake gets the focus, passwords can be looked at, menus close outside.
const busy = (button) => {
  if (!button?.dataset.busy || button.getAttribute("aria-busy")) return;
  button.style.minWidth = `${button.offsetWidth}px`;
  button.dataset.label = button.innerHTML;
  button.setAttribute("aria-busy", "true");
  const spinner = document.createElement("span");
  spinner.className = "loading loading-spinner loading-sm";
  button.replaceChildren(spinner, button.dataset.busy);
};
const free = (form) => {
  delete form.dataset.sent;
  for (const button of form.querySelectorAll("[aria-busy]")) {
    button.removeAttribute("aria-busy");
    button.innerHTML = button.dataset.label;
  }
};

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) return event.preventDefault();
  if (event.defaultPrevented && !event.submitter) return;
  if (!event.defaultPrevented && form.method !== "post") return;
  if (!event.defaultPrevented) form.dataset.sent = "yes";
  busy(event.submitter ?? form.querySelector("[data-busy]"));
});
document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.target.closest?.("form");
  if (form) free(form);
});
addEventListener("pageshow", (event) => {
  if (event.persisted) document.querySelectorAll("form[data-sent]").forEach(free);
});

const focusMistake = (root) => {
  const field = root.querySelector("[aria-invalid=true]");
  (field?.matches("fieldset") ? field.querySelector("input") : field)?.focus();
};
focusMistake(document);
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.xhr?.status === 422) focusMistake(event.target);
});

document.addEventListener("click", (event) => {
  const reveal = event.target.closest("[data-reveal]");
  if (reveal) {
    const input = document.getElementById(reveal.dataset.reveal);
    input.type = input.type === "password" ? "text" : "password";
    reveal.setAttribute("aria-pressed", String(input.type === "text"));
  }
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
