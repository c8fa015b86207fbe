// [data-identity]: opens the agency's window with the parameters of the json_script "identity-window"; afterwards the form
// [data-identity-done] asks our server how it ended. What the window says is not passed on.
const button = document.querySelector("[data-identity]");
const done = document.querySelector("[data-identity-done]");
const problem = document.querySelector("[data-identity-problem]");
const parameters = JSON.parse(document.getElementById("identity-window").textContent);

const open = async () => {
  if (button.disabled) return;
  button.disabled = true;
  problem.classList.add("hidden");
  try {
    await window.PortOne.requestIdentityVerification(parameters);
    done.requestSubmit();
  } catch (error) {
    button.disabled = false;
    problem.querySelector("[data-identity-code]").textContent = `(${error?.code ?? (window.PortOne ? "" : "SDK")})`;
    problem.classList.remove("hidden");
    problem.focus();
  }
};

button.addEventListener("click", open);
addEventListener("pageshow", (event) => { if (event.persisted) button.disabled = false; });
if ("back" in done.dataset) done.requestSubmit();
