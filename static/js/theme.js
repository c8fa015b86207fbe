// [data-theme-toggle]: light or dark. The choice lives in a cookie, so that the server draws the next page right.
document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-theme-toggle]")) return;
  const root = document.documentElement;
  const isDark = !root.dataset.theme.endsWith("-dark");
  root.dataset.theme = root.dataset.theme.startsWith("luckffle") ? (isDark ? "luckffle-dark" : "luckffle") : isDark ? "boost-dark" : "boost-light";
  const secure = location.protocol === "https:" ? ";secure" : "";
  document.cookie = `theme=${isDark ? "boost-dark" : "boost-light"};path=/;max-age=31536000;samesite=lax${secure}`;
  document.dispatchEvent(new CustomEvent("themechange"));
});
