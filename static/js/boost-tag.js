// For advertisers' pages: keeps the click that a link brought, and tells us when the page with data-event was reached.
// <script src="…/boost-tag.js" data-key="live_…"> on the first page, with data-event="signup" on the last one.
(() => {
  const script = document.currentScript;
  const store = "boost_click";
  const brought = new URLSearchParams(location.search).get("click_id");
  try {
    if (brought) localStorage.setItem(store, brought);
  } catch {
    // a browser that keeps nothing: the click must be on this page's own address
  }
  const click = () => {
    try {
      return brought || localStorage.getItem(store) || "";
    } catch {
      return brought || "";
    }
  };
  const tell = (event, transaction = "") => {
    if (!click()) return;
    const facts = new URLSearchParams({ key: script.dataset.key, click_id: click(), event, transaction });
    new Image().src = `${new URL(script.src).origin}/postbacks/tag/?${facts}`;
  };
  window.boost = tell;
  if (script.dataset.event) tell(script.dataset.event);
})();
