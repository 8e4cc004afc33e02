// Dialogs, menus that close when one looks elsewhere, the drawer of the side menu, and “are you sure” by data-confirm.
const confirmed = new WeakSet();

function ask(text, danger) {
  const dialog = document.getElementById("confirm");
  dialog.querySelector("[data-confirm-text]").textContent = text;
  const yes = dialog.querySelector("[data-confirm-yes]");
  yes.classList.toggle("btn-danger", danger);
  yes.classList.toggle("btn-primary", !danger);
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((done) => dialog.addEventListener("close", () => done(dialog.returnValue === "yes"), { once: true }));
}

async function guard(event) {
  const button = event.target.closest?.("[data-confirm]");
  if (!button || confirmed.delete(button)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (await ask(button.dataset.confirm, "danger" in button.dataset)) {
    confirmed.add(button);
    button.click();
  }
}

function drawer(open) {
  document.body.classList.toggle("y-nav-open", open);
  document.querySelector(".y-menu-button")?.setAttribute("aria-expanded", String(open));
  if (open) document.querySelector(".y-side a")?.focus();
}

export function start() {
  document.addEventListener("click", guard, true); // before htmx hears the click
  document.addEventListener("click", (event) => {
    const target = event.target;
    const opener = target.closest?.("[data-dialog-open]");
    if (opener) document.getElementById(opener.dataset.dialogOpen)?.showModal();
    if (target.closest?.("[data-dialog-close]")) target.closest("dialog")?.close();
    if (target.closest?.("[data-menu-toggle]")) drawer(!document.body.classList.contains("y-nav-open"));
    if (target.closest?.("[data-back]")) history.back();
    const theme = target.closest?.("[data-theme-set]");
    if (theme) window.yifangTheme(theme.dataset.themeSet);
    for (const menu of document.querySelectorAll("details[data-menu][open]")) {
      if (!menu.contains(target) || theme || opener) menu.open = false;
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    drawer(false);
    const menu = event.target.closest?.("details[data-menu][open]");
    if (menu) { menu.open = false; menu.querySelector("summary").focus(); }
  });
  // an answer that htmx puts into a dialog opens it
  document.addEventListener("htmx:afterSwap", (event) => {
    const dialog = event.target.closest?.("dialog");
    if (dialog && !dialog.open && dialog.childElementCount) dialog.showModal();
  });
  if (history.length > 1) for (const back of document.querySelectorAll("[data-back]")) back.hidden = false;
  document.querySelector("[data-focus]")?.focus();
}
