// [data-pay="<address of js/pay/<gateway>.js>"]: opens the pay window with the parameters of the json_script "checkout". That module
// exports pay(parameters), keep(parameters) for a card (data-pay-deed="keep") and isLoaded(). The result comes back by redirect.

const button = document.querySelector("[data-pay]");
const problem = document.querySelector("[data-pay-problem]");
const parameters = JSON.parse(document.getElementById("checkout").textContent);

const show = (code) => {
  problem.querySelector("[data-pay-code]").textContent = code ? `(${code})` : "";
  problem.classList.remove("hidden");
  problem.focus();
};

const busy = (on) => {
  button.disabled = on;
  button.setAttribute("aria-busy", String(on));
};

const open = async () => {
  if (button.disabled) return;
  problem.classList.add("hidden");
  busy(true);
  let opener;
  try {
    opener = await import(button.dataset.pay);
    const result = await opener[button.dataset.payDeed ?? "pay"](parameters);
    // A window that answers here instead of redirecting: go the same way back.
    location.assign(`${parameters.redirectUrl}?${new URLSearchParams(result ?? {})}`);
  } catch (error) {
    busy(false);
    show(error?.code ?? (opener?.isLoaded() ? "" : "SDK"));
  }
};

button.addEventListener("click", open);
addEventListener("pageshow", (event) => event.persisted && busy(false));
if (location.hash === "#pay") {
  history.replaceState(null, "", location.pathname + location.search);
  open();
}
