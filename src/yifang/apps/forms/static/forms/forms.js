// A form that is drawn again while somebody types on keeps what was typed since it was asked for.
const FORM = "filled-form";
const asked = new WeakMap(); // request → what the form held when it was sent
let typed = null;

function values(form) {
  const found = new Map();
  for (const [name, value] of new FormData(form)) {
    if (typeof value === "string") found.set(name, [...(found.get(name) || []), value]);
  }
  return found;
}

const same = (one, other) => JSON.stringify(one || []) === JSON.stringify(other || []);

document.addEventListener("htmx:beforeSend", (event) => {
  const form = event.target.closest?.(`#${FORM}`);
  if (form) asked.set(event.detail.xhr, values(form));
});

document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target?.id === FORM) typed = values(event.detail.target);
});

document.addEventListener("htmx:afterSwap", (event) => {
  const form = document.getElementById(FORM);
  const sent = asked.get(event.detail.xhr);
  if (!form || !typed || !sent) return;
  for (const control of form.elements) {
    if (!control.name || control.type === "hidden" || control.type === "file") continue;
    const now = typed.get(control.name);
    if (same(sent.get(control.name), now)) continue;
    if (control.type === "radio" || control.type === "checkbox") control.checked = (now || []).includes(control.value);
    else control.value = now?.[0] ?? "";
  }
  typed = null;
});
