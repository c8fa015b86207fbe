// What a page must be, whatever it is about, as the browser has laid it out. window.looks.<name>() lists what is wrong in words.
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const isShown = (e) => e.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && e.getClientRects().length > 0;
  const isForVoicesOnly = (e) => e.closest(".sr-only, .skip") !== null || e.getBoundingClientRect().width <= 1 || (e.closest("thead") && getComputedStyle(e.closest("thead")).clipPath === "inset(50%)");
  const named = (e) => `<${e.localName}> ${(e.getAttribute("aria-label") || e.innerText || e.name || e.className || "").trim().slice(0, 40)}`;

  // ---- built rightly
  const built = () => {
    const headings = all("h1");
    return [
      ...(headings.length === 1 ? [] : [`${headings.length} first headings`]),
      ...(/\S · (부스트|럭플)|^(부스트|럭플)/.test(document.title) ? [] : [`the title is “${document.title}”`]),
      ...(document.documentElement.lang === "ko" ? [] : ["the language is not said"]),
      ...(new Set(all(".nav-item[aria-current]").map((a) => a.pathname)).size > 1 ? ["the menu says that we are in two places"] : []),
    ];
  };

  // ---- laid out without a loss
  const sideways = () => all("html, .scroller").filter((e) => e.scrollWidth > e.clientWidth + 1).map((e) => `sideways: ${e.getAttribute("aria-label") || "the page"}`);
  const beyond = () => all("body *").filter((e) => isShown(e) && !isForVoicesOnly(e) && e.getBoundingClientRect().right > innerWidth + 1 && !e.closest(".scroller, .scroll-x, .seg, .utab, pre, svg, .phone"))
    .map((e) => `beyond the edge: ${named(e)}`).slice(0, 3);
  const isInTwoLines = (e) => {  // a piece of text begins below where another one ends
    const walker = document.createTreeWalker(e, NodeFilter.SHOW_TEXT), boxes = [];
    for (let text = walker.nextNode(); text; text = walker.nextNode()) {
      const range = document.createRange();
      range.selectNodeContents(text);
      if (!text.parentElement.closest(".sr-only, .count")) boxes.push(...range.getClientRects());
    }
    return boxes.some((one) => boxes.some((other) => one.top >= other.bottom - 2));
  };
  const broken = () => all("td, th, dt, dd, h1, h2, h3, p, li, .btn, .st, .chip").filter((e) => {
    const text = e.innerText.trim(), size = parseFloat(getComputedStyle(e).fontSize);
    return text.length > 2 && isShown(e) && !isForVoicesOnly(e) && e.clientWidth > 0 && e.clientWidth < size * 2.2 && e.clientHeight > size * 3;
  }).map((e) => `a letter a line: ${named(e)}`);
  const folded = () => all(".btn, .st, .chip, .money").filter((e) => isShown(e) && isInTwoLines(e)).map((e) => `in two lines: ${named(e)}`);
  const cut = () => all("main *, header *").filter((e) => {
    const style = getComputedStyle(e);
    const hasText = [...e.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
    return hasText && isShown(e) && !isForVoicesOnly(e) && style.overflowX !== "visible" && !["auto", "scroll"].includes(style.overflowX)
      && !e.matches("input, select, textarea, .truncate, .hash, .phone *, pre *") && (e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 2);
  }).map((e) => `cut: ${named(e)}`);

  // ---- wide enough for a thumb: what a page is for, and whatever one types into
  const MAIN_ACTIONS = ".btn-primary, .btn-accent, .btn-error, main form .btn-line:not(.btn-row), .nav-item, .tabbar a, .utab a, input:not([type=checkbox], [type=radio], [type=hidden]), select";
  const small = () => all(MAIN_ACTIONS).filter((e) => isShown(e) && !isForVoicesOnly(e) && !e.closest(".phone"))
    .map((e) => [e, (e.closest(".input, [data-stepper]") ?? e).getBoundingClientRect()]).filter(([, box]) => box.height < 43.5 || box.width < 24).map(([e, box]) => `${Math.round(box.height)} px: ${named(e)}`);

  // ---- every control by the tab key
  const isFirstOfItsGroup = (e) => {
    if (e.type !== "radio") return true;
    const group = all("input[type=radio]").filter((one) => one.name === e.name && one.form === e.form && !one.disabled);
    return e === (group.find((one) => one.checked) ?? group[0]);
  };
  const controls = () => all("a[href], button, input, select, textarea, summary, [tabindex]")
    .filter((e) => e.tabIndex >= 0 && !e.disabled && !e.closest("[inert]") && e.checkVisibility({ visibilityProperty: true }) && isFirstOfItsGroup(e));
  const isMarked = (e) => {
    for (let one = e; one && one !== document.body; one = one.parentElement) {
      const style = getComputedStyle(one);
      if (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2) return true;
      if (one !== e && one.matches("main, form, section, article")) return false;
    }
    return false;
  };
  let reached = [], unmarked = [];
  document.addEventListener("focusin", ({ target }) => {
    reached.push(target);
    if (!isMarked(target)) unmarked.push(target);
  });
  const toStart = () => {  // back to the top, as if the page had just come
    const skip = document.querySelector(".skip");
    skip?.focus();
    skip?.blur();
    [reached, unmarked] = [[], []];
    const inner = { date: 4, "datetime-local": 8, time: 4, file: 1, number: 1 };  // stops inside one control
    return controls().reduce((stops, e) => stops + 1 + (inner[e.type] ?? 0), 0);
  };
  const missed = () => {
    const known = new Set(controls().filter((e) => !e.matches(".skip"))), order = [...new Set(reached)].filter((e) => known.has(e));
    const wanted = controls().filter((e) => order.includes(e));
    const late = order.findIndex((e, i) => e !== wanted[i]);
    return [
      ...[...known].filter((e) => !order.includes(e)).map((e) => `not reached by the tab key: ${named(e)}`),
      ...(late >= 0 ? [`out of order: ${named(order[late])}`] : []),
      ...[...new Set(unmarked)].filter((e) => e.isConnected && isShown(e)).map((e) => `nobody sees the focus: ${named(e)}`),
    ];
  };

  window.looks = {
    built, small, toStart, missed,
    laid: () => [...sideways(), ...beyond(), ...broken(), ...folded(), ...cut()],
  };
})();
