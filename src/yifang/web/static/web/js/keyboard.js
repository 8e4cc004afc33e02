// j, k, Enter, x, e, /, ?, Esc: the keys of a list. Silent while one writes, while a dialog is open, or with Ctrl, Alt, ⌘.
import { cursor, moveTo, open, rows, togglePick } from "./lists.js";

function step(by) {
  const all = rows();
  if (!all.length) return;
  const at = all.indexOf(cursor());
  moveTo(all[Math.min(Math.max(at + by, 0), all.length - 1)]);
}

const KEYS = {
  j: () => step(1),
  k: () => step(-1),
  x: () => togglePick(cursor()),
  e: () => document.querySelector("#detail [data-key-edit], [data-key-edit]")?.click(),
  "/": () => document.querySelector("[data-key-search]")?.focus(),
  "?": () => document.getElementById("keys")?.showModal(),
  Escape: () => document.querySelector("[data-close-detail]")?.click(),
};

export function start() {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    if (document.querySelector("dialog[open]")) return;
    const target = event.target;
    if (target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]")) {
      if (event.key === "Escape") target.blur();
      return;
    }
    if (event.key === "Enter") {
      const row = cursor();
      if (row && (target === document.body || target.closest("tr") === row) && !target.closest("button, summary")) {
        event.preventDefault();
        open(row);
      }
      return;
    }
    const act = KEYS[event.key];
    if (!act || (event.key === "Escape" && target.closest("details[open]"))) return;
    if (event.key !== "Escape") event.preventDefault();
    act();
  });
}
