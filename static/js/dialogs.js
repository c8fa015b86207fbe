// Buttons with command="show-modal" or "close" work by themselves in current browsers; this serves the older ones.
const native = "commandForElement" in HTMLButtonElement.prototype;
document.addEventListener("click", (event) => {
  const button = event.target.closest("button[commandfor]");
  if (button && !native) {
    const dialog = document.getElementById(button.getAttribute("commandfor"));
    if (button.getAttribute("command") === "show-modal") dialog.showModal();
    else dialog.close();
  }
  const dialog = event.target;
  if (dialog instanceof HTMLDialogElement && !("closedBy" in dialog)) dialog.close();
});
// A dialog that is sending its form stays until the answer is there.
document.addEventListener("cancel", (event) => {
  if (event.target.querySelector?.("form[data-sent]")) event.preventDefault();
}, true);
