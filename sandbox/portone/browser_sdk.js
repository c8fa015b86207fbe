// A stand-in for PortOne's browser script: defines window.PortOne with its three windows: paying, identity, keeping a card.
// On the host page it needs `script-src` and `frame-src` for the sandbox, nothing else: looks are set through CSSOM only.
(() => {
  const script = document.currentScript ?? document.querySelector('script[src*="/portone/browser-sdk.js"]');
  const base = script.src.replace(/\/browser-sdk\.js.*$/, "/browser");
  const origin = new URL(base).origin;
  const SOURCE = "portone-sandbox";
  const BRIDGE_TIMEOUT_MS = 15000;

  class PortOneError extends Error {
    constructor(failure) {
      super(failure.message);
      this.name = "PortOneError";
      Object.assign(this, failure);
    }
  }

  const isMobile = () => /Mobi|Android|iPhone|iPad/i.test(navigator.userAgent) || matchMedia("(max-width: 480px)").matches;

  function hiddenFrame() {
    const frame = document.createElement("iframe");
    frame.title = "결제와 본인확인";
    frame.dataset.testid = "portone-frame";
    Object.assign(frame.style, { position: "fixed", inset: "0", width: "100%", height: "100%", border: "0", zIndex: "2147483647",
      visibility: "hidden", background: "transparent", colorScheme: "light" });
    document.body.append(frame);
    return frame;
  }

  // Resolves with the next message of that type which this frame sends.
  function heard(frame, type, timeout) {
    return new Promise((resolve, reject) => {
      const done = (settle, value) => { window.removeEventListener("message", listen); clearTimeout(timer); settle(value); };
      const listen = (event) => {
        if (event.source === frame.contentWindow && event.origin === origin && event.data?.source === SOURCE && event.data.type === type) {
          done(resolve, event.data);
        }
      };
      const timer = timeout && setTimeout(() => done(reject, new PortOneError({ code: "Unavailable", message: "PortOne does not answer" })), timeout);
      window.addEventListener("message", listen);
    });
  }

  async function checkout(frame, request, page) {
    const ready = heard(frame, "ready", BRIDGE_TIMEOUT_MS);
    frame.src = `${base}/bridge`;
    await ready;
    const answered = heard(frame, "checkout", BRIDGE_TIMEOUT_MS);
    frame.contentWindow.postMessage({ source: SOURCE, type: "checkout", request, page }, origin);
    const answer = await answered;
    if (answer.failure) throw new PortOneError(answer.failure);
    return answer.windowUrl;
  }

  async function openWindow(given) {
    const request = JSON.parse(JSON.stringify(given ?? {}));
    const mobile = isMobile();
    const redirects = Boolean(request.redirectUrl) && (Boolean(request.forceRedirect) || mobile);
    const frame = hiddenFrame();
    let windowUrl;
    try {
      windowUrl = await checkout(frame, request, { url: location.href, isMobile: mobile, redirects });
    } catch (error) {
      frame.remove();
      throw error;
    }
    if (redirects) {
      location.assign(windowUrl);
      return new Promise(() => {});
    }
    const overflow = document.documentElement.style.overflow;
    document.documentElement.style.overflow = "hidden";
    try {
      const answered = heard(frame, "result");
      frame.src = windowUrl;
      frame.style.visibility = "visible";
      frame.focus();
      return (await answered).result;
    } finally {
      document.documentElement.style.overflow = overflow;
      frame.remove();
    }
  }

  window.PortOne = {
    requestPayment: openWindow,
    requestIdentityVerification: openWindow,
    requestIssueBillingKey: openWindow,
  };
})();
