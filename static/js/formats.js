// Inputs that write themselves well: [data-money], [data-phone], [data-business-number]. The server gets plain digits of money.
const digits = (text) => text.replace(/\D/g, "");
const grouped = (parts, sizes) => {
  const out = [];
  let at = 0;
  for (const size of sizes) if (at < parts.length) out.push(parts.slice(at, (at += size)));
  return out.join("-");
};
const FORMATS = {
  money: (text) => digits(text).replace(/^0+(?=\d)/, "").replace(/\B(?=(\d{3})+$)/g, ","),
  phone: (text) => {
    const number = digits(text.replace(/^\+82/, "0")).slice(0, 11);
    return number.startsWith("02") ? grouped(number, number.length > 9 ? [2, 4, 4] : [2, 3, 4]) : grouped(number, number.length > 10 ? [3, 4, 4] : [3, 3, 4]);
  },
  businessNumber: (text) => grouped(digits(text).slice(0, 10), [3, 2, 5]),
};
const kindOf = (input) => Object.keys(FORMATS).find((kind) => kind in (input.dataset ?? {}));
const write = (input) => {
  const kind = kindOf(input);
  if (!kind) return;
  const after = digits(input.value.slice(input.selectionStart ?? input.value.length)).length;
  input.value = FORMATS[kind](input.value);
  if (document.activeElement !== input) return;
  let at = input.value.length;
  for (let seen = 0; seen < after && at > 0; ) if (/\d/.test(input.value[--at])) seen++;
  input.setSelectionRange(at, at);
};

document.addEventListener("input", (event) => write(event.target));
document.querySelectorAll("[data-money], [data-phone], [data-business-number]").forEach(write);
document.addEventListener("htmx:afterSwap", (event) => {
  event.target.querySelectorAll("[data-money], [data-phone], [data-business-number]").forEach(write);
});
document.addEventListener("formdata", (event) => {
  for (const input of event.target.querySelectorAll("[data-money][name]")) {
    if (event.formData.has(input.name)) event.formData.set(input.name, digits(input.value));
  }
});

// [data-stepper]: − input + with buttons [data-step="-1"] and [data-step="1"]; min and max of the input are the limits.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-stepper] [data-step]");
  if (!button) return;
  const input = button.closest("[data-stepper]").querySelector("input");
  const next = Number(input.value) + Number(button.dataset.step);
  input.value = Math.min(Math.max(next, Number(input.min || 0)), Number(input.max || Infinity));
  input.dispatchEvent(new Event("input", { bubbles: true }));
  input.dispatchEvent(new Event("change", { bubbles: true }));
});
