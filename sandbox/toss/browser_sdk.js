// A stand-in for the Toss Payments v2 script: defines window.TossPayments. Redirects only, as on phones.
// On the host page it needs `script-src` and `connect-src` for the sandbox.
(() => {
  const script = document.currentScript ?? document.querySelector('script[src*="/toss/v2/standard"]');
  const base = script.src.replace(/\/v2\/standard.*$/, "/browser");

  class TossPaymentsError extends Error {
    constructor(failure) {
      super(failure.message);
      this.name = "TossPaymentsError";
      this.code = failure.code;
    }
  }

  async function open(window, clientKey, customerKey, request) {
    let answer;
    try {
      const options = { method: "POST", headers: { "content-type": "text/plain" }, body: JSON.stringify({ clientKey, customerKey, request }) };
      answer = await (await fetch(`${base}/${window}`, options)).json();
    } catch {
      throw new TossPaymentsError({ code: "NETWORK_ERROR", message: "Toss Payments does not answer" });
    }
    if (answer.failure) throw new TossPaymentsError(answer.failure);
    location.assign(answer.windowUrl);
    return new Promise(() => {});
  }

  window.TossPayments = (clientKey) => ({
    payment: ({ customerKey }) => ({
      requestPayment: (request) => open("checkout", clientKey, customerKey, request),
      requestBillingAuth: (request) => open("cards", clientKey, customerKey, request),
    }),
  });
  window.TossPayments.ANONYMOUS = "ANONYMOUS";
})();
