// Groups of the side menu stay as they were opened or closed when the menu's numbers are fetched anew.
const chosen = new Map();

function restore() {
  for (const group of document.querySelectorAll(".y-side-group")) {
    const open = chosen.get(group.dataset.group);
    if (open !== undefined) group.open = open;
  }
}

export function start() {
  document.addEventListener("click", (event) => {
    const group = event.target.closest?.(".y-side-group > summary")?.parentElement;
    if (group) chosen.set(group.dataset.group, !group.open);
  });
  document.addEventListener("htmx:oobAfterSwap", restore);
}
