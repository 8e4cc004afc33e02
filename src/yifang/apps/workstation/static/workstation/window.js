// The keys of the window: one key answers a question and leads to the next, Alt with a letter presses a button.
const questions = () => [...document.querySelectorAll("#window-card .w-question")];

function enter(question) {
  const first = question?.querySelector("input:checked, input, select, textarea");
  (first ?? document.querySelector("[data-report]"))?.focus();
}

function next(question) {
  const all = questions();
  const at = all.indexOf(question);
  if (at >= 0) enter(all[at + 1]);
  else question.closest("form")?.querySelector("[data-done]")?.focus();
}

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.ctrlKey || event.metaKey) return;
  if (event.altKey) {
    const wanted = document.querySelector(`[data-alt="${event.key.toLowerCase()}"]`);
    if (wanted && !document.querySelector("dialog[open]")) {
      event.preventDefault();
      wanted.click();
    }
    return;
  }
  const question = event.target.closest?.("[data-choices]");
  const choice = question?.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
  if (!choice) return;
  event.preventDefault();
  event.stopPropagation();
  choice.checked = true;
  next(question);
}, true);

document.querySelector("#window-card")?.addEventListener("submit", (event) => {
  if (event.target.dataset.sent) event.preventDefault(); // a second Enter is no second report
  event.target.dataset.sent = "yes";
});

enter(questions()[0]);
