// Toasts: [data-toast-close] closes one; `new CustomEvent("toast", { detail: { text, tone } })` on document shows one.
// What htmx could not load is said here, and the person's input stays where it is.
const show = (text, tone = "good") => {
  const template = document.getElementById(`toast-${tone}`);
  if (!template) return;
  const line = template.content.cloneNode(true);
  line.querySelector("[data-toast-text]").textContent = text;
  document.getElementById("toasts").append(line);
};

document.addEventListener("click", (event) => {
  event.target.closest("[data-toast-close]")?.closest(".toast-line").remove();
});
document.addEventListener("animationend", (event) => {
  if (event.animationName === "toast-leave") event.target.remove();
});
document.addEventListener("toast", (event) => show(event.detail.text, event.detail.tone));

const SENTENCES = {
  401: "로그인이 끝났어요. 다시 로그인해 주세요.",
  403: "이 작업을 할 권한이 없어요.",
  404: "찾는 내용이 없어요. 화면을 새로 고쳐 주세요.",
  409: "다른 곳에서 먼저 바뀌었어요. 화면을 새로 고쳐 주세요.",
  429: "요청이 많아요. 잠시 뒤에 다시 시도해 주세요.",
};
const asksByItself = (event) => event.target.matches?.("[data-poll]"); // nobody pressed anything, and it will ask again
document.addEventListener("htmx:responseError", (event) => {
  if (asksByItself(event)) return;
  show(SENTENCES[event.detail.xhr.status] ?? "저장하지 못했어요. 잠시 뒤에 다시 시도해 주세요.", "bad");
});
for (const name of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, (event) => asksByItself(event) || show("연결이 끊겼어요. 인터넷을 확인하고 다시 시도해 주세요.", "bad"));
}
