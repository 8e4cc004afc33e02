// Marks the rows that changed since this browser last showed the list. Only the time of the look is kept, no content.
import { say } from "./texts.js";

const KEY = "yifang.seen.";
const started = new Date().toISOString();
const looks = new Map(); // the look before this page, kept while the page lives so that a refresh does not unmark

function lastLook(name) {
  if (!looks.has(name)) {
    let before = null;
    try {
      before = localStorage.getItem(KEY + name);
      localStorage.setItem(KEY + name, started);
    } catch { /* storage refused: nothing is marked */ }
    looks.set(name, before);
  }
  return looks.get(name);
}

function mark() {
  for (const list of document.querySelectorAll("[data-seen]")) {
    const before = lastLook(`${window.location.pathname}#${list.dataset.seen}`);
    let fresh = 0;
    for (const row of list.querySelectorAll("tr[data-changed]")) {
      if (!before || new Date(row.dataset.changed) <= new Date(before)) continue;
      fresh += 1;
      row.dataset.fresh = "";
      row.title = say("changedMark");
    }
    const note = list.querySelector("[data-seen-note]");
    if (note) {
      note.hidden = fresh === 0;
      note.textContent = fresh ? say("changed", { n: fresh }) : "";
    }
  }
}

export function start() {
  mark();
  document.addEventListener("htmx:afterSettle", mark);
}
