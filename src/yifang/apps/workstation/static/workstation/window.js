// The keys of the window: one key answers a question and leads to the next, Alt with a letter presses a button.
const questions = () => [...document.querySelectorAll("#window-card .w-question:not([hidden])")];

// What only some population groups are asked is there with the group, and is not sent without it.
function follow() {
  const group = document.querySelector("#window-card [name=population]:checked")?.value ?? "";
  for (const question of document.querySelectorAll("#window-card [data-when]")) {
    question.hidden = !question.dataset.when.split(" ").includes(group);
    for (const input of question.querySelectorAll("input, select, textarea")) input.disabled = question.hidden;
  }
}

function enter(question) {
  const first = question?.querySelector("input:checked") ?? question?.querySelector("input, select, textarea");
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
  if (event.key === "Enter" && event.target.matches("[data-suggests] input")) { // the first that is offered, else as typed
    event.preventDefault();
    const offered = event.target.value && question.querySelector("[data-fill]");
    if (offered) choose(question, offered); else next(question);
    return;
  }
  const choice = question?.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
  if (event.target.dataset.typed !== undefined && event.target.value) return; // a digit of what is typed
  if (!choice) return;
  event.preventDefault();
  event.stopPropagation();
  choose(question, choice);
}, true);

function choose(question, choice) {
  if (choice.dataset.fill === undefined) {
    choice.checked = true;
    choice.dispatchEvent(new Event("change", { bubbles: true }));
  } else question.querySelector("input").value = choice.dataset.fill;
  const typed = question.querySelector("[data-typed]");
  if (typed) { typed.value = ""; typed.removeAttribute("name"); }
  follow();
  next(question);
}

document.addEventListener("click", (event) => {
  const offered = event.target.closest("[data-fill]");
  if (offered) choose(offered.closest(".w-question"), offered);
});

// What is typed beside choices is the answer as long as it stands there.
document.addEventListener("input", (event) => {
  const name = event.target.dataset.typed;
  if (name !== undefined) {
    event.target.toggleAttribute("name", Boolean(event.target.value));
    if (event.target.value) {
      event.target.name = name;
      for (const one of event.target.closest(".w-question").querySelectorAll("[type=radio]")) one.checked = false;
    }
  }
  if (event.target.name === "population") follow();
});
follow();

document.querySelector("#window-card")?.addEventListener("submit", (event) => {
  if (event.target.dataset.sent) event.preventDefault(); // a second Enter is no second report
  event.target.dataset.sent = "yes";
});

enter(questions()[0]);
