// [data-theme-toggle]: light or dark. The choice lives in a cookie, so that the server draws the next page right.
document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-theme-toggle]")) return;
  const root = document.documentElement;
  root.dataset.theme = root.dataset.theme === "boost-dark" ? "boost-light" : "boost-dark";
  const secure = location.protocol === "https:" ? ";secure" : "";
  document.cookie = `theme=${root.dataset.theme};path=/;max-age=31536000;samesite=lax${secure}`;
  document.dispatchEvent(new CustomEvent("themechange"));
});
