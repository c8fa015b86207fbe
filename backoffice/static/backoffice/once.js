// One press is one submission: a form that was sent is not sent again before its answer is here. A form that brings a file
// ([data-download]) leaves its page where it is and may be pressed again soon; any other whose answer does not come, later.
(() => {
  const FILE_MS = 1000;
  const SILENCE_MS = 15000;
  const held = new Map(); // form → the timer that frees it

  const free = (form) => {
    clearTimeout(held.get(form));
    held.delete(form);
    form.removeAttribute("aria-busy");
  };
  const hold = (form) => {
    held.set(form, setTimeout(free, "download" in form.dataset ? FILE_MS : SILENCE_MS, form));
    form.setAttribute("aria-busy", "true");
  };

  // before everybody else, so that the theme's dialogs do not hear of the second press either
  document.addEventListener("submit", (event) => {
    if (!held.has(event.target)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }, true);
  document.addEventListener("submit", (event) => {
    if (!event.defaultPrevented && event.target.getAttribute("method")?.toLowerCase() === "post") hold(event.target);
  });
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.target.matches("form[hx-post]")) hold(event.target);
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (!event.detail.xhr.getResponseHeader("HX-Redirect")) free(event.target);
  });
  addEventListener("pageshow", (event) => {
    if (event.persisted) [...held.keys()].forEach(free);
  });
})();
