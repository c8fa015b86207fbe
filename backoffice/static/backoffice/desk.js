// The review desk by keyboard: a key of [data-key] presses its button, follows its link or puts the cursor into its field, unless
// somebody is typing. [data-insert] puts a ready sentence into the field it names.
const typing = (element) => element.closest("input, textarea, select, [contenteditable]");

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || typing(event.target)) return;
  const found = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (!found) return;
  event.preventDefault();
  found.closest("details")?.setAttribute("open", "");
  if (found.matches("a")) found.click();
  else found.focus();
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-insert]");
  if (!button) return;
  const field = document.getElementById(button.dataset.into);
  field.value = [field.value.trim(), button.dataset.insert].filter(Boolean).join("\n");
  field.focus();
});
