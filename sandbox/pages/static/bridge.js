// Runs in a hidden frame of the merchant's page and speaks for it, so that the page needs no `connect-src` for us.
const SOURCE = "portone-sandbox";

window.addEventListener("message", async (event) => {
  if (event.source !== window.parent || event.data?.source !== SOURCE || event.data.type !== "checkout") return;
  let answer;
  try {
    const response = await fetch("checkout", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ request: event.data.request, page: { ...event.data.page, origin: event.origin } }),
    });
    answer = await response.json();
  } catch {
    answer = { failure: { code: "Unavailable", message: "PortOne does not answer" } };
  }
  window.parent.postMessage({ source: SOURCE, type: "checkout", ...answer }, event.origin);
});

window.parent.postMessage({ source: SOURCE, type: "ready" }, "*");
