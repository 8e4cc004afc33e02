// Sets light or dark before the first paint, hence a classic script in the head. The choice stays in this browser.
(() => {
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const root = document.documentElement;
  let choice = "auto";
  try { choice = localStorage.getItem("yifang.theme") || "auto"; } catch { /* storage refused: follow the system */ }
  const show = () => {
    root.dataset.themeChoice = choice;
    root.dataset.bsTheme = choice === "auto" ? (system.matches ? "dark" : "light") : choice;
  };
  window.yifangTheme = (wanted) => {
    choice = wanted;
    try { localStorage.setItem("yifang.theme", wanted); } catch { /* holds for this page */ }
    show();
  };
  system.addEventListener("change", show);
  show();
})();
