// Hands the outcome of the pay window to the page that opened it.
const element = document.getElementById("result");
window.parent.postMessage(
  { source: "portone-sandbox", type: "result", result: JSON.parse(element.textContent) },
  element.dataset.origin,
);
