// [data-copy="value"]: puts the value on the clipboard and says so.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const say = (text, tone) => document.dispatchEvent(new CustomEvent("toast", { detail: { text, tone } }));
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    say("복사했어요", "good");
  } catch {
    say("복사하지 못했어요. 길게 눌러서 복사해 주세요.", "bad");
  }
});
