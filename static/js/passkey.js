// [data-passkey="create" or "get"]: a button in a form; what the device answers goes into the form's input "credential". The question
// comes from the json_script "passkey-options", or, where the page has none, fresh from the form's own address.
const inked = document.getElementById("passkey-options");

const question = async (form) => {
  if (inked) return JSON.parse(inked.textContent);
  const answer = await fetch(form.action, { headers: { Accept: "application/json", "X-Requested-With": "XMLHttpRequest" } });
  if (!answer.ok) throw new Error(`options: ${answer.status}`);
  return (await answer.json()).request_options;
};

const ask = async (button) => {
  const form = button.form;
  const problem = form.querySelector("[data-passkey-problem]");
  button.disabled = true;
  problem.classList.add("hidden");
  try {
    const credential = await window.webauthnJSON[button.dataset.passkey](await question(form));
    form.elements.credential.value = JSON.stringify(credential);
    form.requestSubmit();
  } catch {
    button.disabled = false;
    problem.classList.remove("hidden");
    problem.focus();
  }
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-passkey]");
  if (button) ask(button);
});
addEventListener("pageshow", (event) => {
  if (event.persisted) document.querySelectorAll("[data-passkey]").forEach((button) => { button.disabled = false; });
});
