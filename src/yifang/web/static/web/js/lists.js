// Lists: open a row beside the list or as a page, pick rows for a common step, labels for the narrow form.
import { say } from "./texts.js";

const CURSOR = "is-cursor";

export function rows() {
  const list = document.querySelector("[data-list]:has(tr.is-cursor)") || document.querySelector("[data-list]");
  return list ? [...list.querySelectorAll("tr[data-row]")] : [];
}

export function cursor() {
  return document.querySelector(`tr.${CURSOR}`) || document.querySelector("tr[data-row][aria-current]");
}

export function moveTo(row) {
  document.querySelector(`tr.${CURSOR}`)?.classList.remove(CURSOR);
  row.classList.add(CURSOR);
  row.scrollIntoView({ block: "nearest" });
  row.querySelector(".y-rowlink[href]")?.focus({ preventScroll: true });
}

export function open(row) {
  const link = row?.querySelector("a.y-rowlink[href]");
  if (!link) return;
  moveTo(row);
  const place = document.getElementById(link.dataset.open);
  if (!place || !window.htmx) { window.location.assign(link.href); return; }
  for (const other of row.parentElement.children) other.removeAttribute("aria-current");
  row.setAttribute("aria-current", "true");
  window.htmx.ajax("GET", link.href, { target: place, select: `#${place.id}`, swap: "outerHTML show:none" })
    .then(() => history.replaceState(null, "", link.href));
}

function afterOpening(event) {
  const place = document.getElementById("detail");
  const split = place?.closest(".is-split");
  if (!split) return;
  split.classList.toggle("has-open", "opened" in place.dataset);
  if (event.detail.target?.id === "detail" && window.matchMedia("(max-width: 991px)").matches) {
    window.scrollTo(0, 0);
    place.focus({ preventScroll: true });
  }
}

function countPicked(list) {
  const bar = list.querySelector("[data-bulk]");
  if (!bar) return;
  const boxes = [...list.querySelectorAll("[data-pick]")];
  const picked = boxes.filter((box) => box.checked).length;
  bar.hidden = picked === 0;
  bar.querySelector("[data-bulk-count]").textContent = say("picked", { n: picked });
  const all = list.querySelector("[data-pick-all]");
  all.checked = picked > 0 && picked === boxes.length;
  all.indeterminate = picked > 0 && picked < boxes.length;
}

function pickAll(list, on) {
  for (const box of list.querySelectorAll("[data-pick]")) box.checked = on;
  countPicked(list);
}

export function togglePick(row) {
  row?.querySelector("[data-pick]")?.click();
}

// A list that fetches itself again keeps the place of who walks it by keyboard and the mark of what is open beside it;
// where the row is gone (it was dealt with) the one that took its place is next.
let place = null;

function remember() {
  const at = document.querySelector(`tr.${CURSOR}`);
  place = {
    row: at?.dataset.row, index: at ? rows().indexOf(at) : -1, focused: Boolean(at?.contains(document.activeElement)),
    opened: document.querySelector("tr[data-row][aria-current]")?.dataset.row,
  };
}

function restore() {
  if (!place) return;
  const all = rows();
  const opened = place.opened && all.find((row) => row.dataset.row === place.opened);
  if (opened && document.querySelector("#detail[data-opened]")) opened.setAttribute("aria-current", "true");
  if (place.index >= 0 && all.length && !document.querySelector(`tr.${CURSOR}`)) {
    const row = all.find((each) => each.dataset.row === place.row) || all[Math.min(place.index, all.length - 1)];
    if (place.focused) moveTo(row);
    else row.classList.add(CURSOR);
  }
  place = null;
}

function prepare() {
  for (const list of document.querySelectorAll("[data-list]")) {
    const heads = [...list.querySelectorAll("thead th")];
    for (const row of list.querySelectorAll("tr[data-row]:not([data-ready])")) {
      row.dataset.ready = "";
      [...row.cells].forEach((cell, index) => {
        const head = heads[index];
        if (!head) return;
        cell.dataset.label = head.textContent.trim();
        for (const name of head.classList) cell.classList.add(name);
      });
    }
    countPicked(list);
  }
}

export function start() {
  prepare();
  document.addEventListener("htmx:beforeSwap", (event) => { if (event.target.matches?.("[data-live-part]")) remember(); });
  document.addEventListener("htmx:afterSettle", (event) => { restore(); prepare(); afterOpening(event); });
  document.addEventListener("change", (event) => {
    const list = event.target.closest?.("[data-list]");
    if (!list) return;
    if (event.target.matches("[data-pick-all]")) pickAll(list, event.target.checked);
    else if (event.target.matches("[data-pick]")) countPicked(list);
  });
  let last = null;
  document.addEventListener("click", (event) => {
    const target = event.target;
    const list = target.closest?.("[data-list]");
    if (target.closest?.("[data-bulk-clear]")) { pickAll(list, false); return; }
    const box = target.closest?.("[data-pick]");
    if (box) { // with Shift, everything between the last box and this one
      const boxes = [...list.querySelectorAll("[data-pick]")];
      if (event.shiftKey && last && boxes.includes(last)) {
        const [from, to] = [boxes.indexOf(last), boxes.indexOf(box)].sort((a, b) => a - b);
        for (const each of boxes.slice(from, to + 1)) each.checked = box.checked;
        countPicked(list);
      }
      last = box;
      return;
    }
    const row = target.closest?.("tr[data-row]");
    if (!row) return;
    const link = target.closest("a, button, input, label, select, summary, details");
    if (link && !link.matches(".y-rowlink")) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0 || String(window.getSelection())) return;
    event.preventDefault();
    open(row);
  });
}
