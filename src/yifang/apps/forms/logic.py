"""What a form asks, reads, refuses and advises. Pure: a form and what was typed in, answers and problems out.

A question that is not asked has no answer, whatever was sent for it. All problems are found at once.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from yifang.kernel import clock
from yifang.knowledge.models.forms import OUTSIDE, Advice, Condition, Form, Question

Given = Mapping[str, Sequence[str]]
Answers = dict[str, Any]
_EARLIEST = date(1900, 1, 1)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with an answer: a message code with its parameters, or a check of the pack in both languages."""

    question: str
    code: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    zh: str = ""
    en: str = ""


@dataclass(frozen=True, slots=True)
class Read:
    """What was read: the answers by question, the questions that were asked, and what is wrong or odd."""

    answers: Answers
    asked: Sequence[Question]
    problems: Sequence[Problem]
    warnings: Sequence[Problem]


def read(form: Form, given: Given, done: Collection[str] = (), diseases: Collection[str] = ()) -> Read:
    """Read what was typed. `done` are the steps taken already, `diseases` the ids a disease may be."""
    answers: Answers = {}
    asked: list[Question] = []
    problems: list[Problem] = []
    for question in form.questions.values():
        if question.when and not holds(question.when, form, answers, done):
            continue
        asked.append(question)
        texts = [text.strip() for text in given.get(question.id, ()) if text.strip()]
        if question.type == "file":
            continue
        if not texts:
            if question.required:
                problems.append(Problem(question.id, "forms.required"))
            continue
        value, problem = _value(question, texts, diseases)
        if problem:
            problems.append(problem)
        else:
            answers[question.id] = value
    found = [(one, holds(one.when, form, answers, done)) for one in form.checks]
    wrong = {problem.question for problem in problems}
    for check, is_so in found:
        if is_so and check.question not in wrong:
            said = Problem(check.question, zh=check.zh, en=check.en)
            if check.severity == "error":
                problems.append(said)
    warnings = [Problem(one.question, zh=one.zh, en=one.en) for one, so in found if so and one.severity == "warning"]
    return Read(answers, asked, problems, warnings)


def advised(form: Form, answers: Mapping[str, Any], done: Collection[str] = ()) -> dict[str, Advice]:
    """What the form recommends, by question; the first rule that holds counts."""
    found: dict[str, Advice] = {}
    for one in form.advice:
        if one.question not in found and (one.when is None or holds(one.when, form, answers, done)):
            found[one.question] = one
    return found


def holds(condition: Condition, form: Form, answers: Mapping[str, Any], done: Collection[str] = ()) -> bool:
    """Whether a condition holds for these answers."""
    if condition.all:
        return all(holds(one, form, answers, done) for one in condition.all)
    if condition.any:
        return any(holds(one, form, answers, done) for one in condition.any)
    if condition.none:
        return not any(holds(one, form, answers, done) for one in condition.none)
    if condition.q.startswith(OUTSIDE):
        return (condition.q.removeprefix(OUTSIDE) in done) is condition.answered
    value = answers.get(condition.q)
    if condition.answered is not None:
        return (value not in (None, "", [])) is condition.answered
    if value is None:
        return False
    if condition.advised is not None:
        said = advised(form, {key: one for key, one in answers.items() if key != condition.q}, done).get(condition.q)
        return said is not None and (value == said.answer) is condition.advised
    if condition.has:
        return bool(set(value if isinstance(value, list) else [str(value)]) & set(condition.has))
    if condition.above:
        other = answers.get(condition.above)
        return other is not None and float(value) > float(other)
    number = float(value)
    return (condition.min is None or number >= condition.min) and (condition.below is None or number < condition.below)


def deciding(form: Form) -> set[str]:
    """The questions whose answers decide what else is asked or advised: the page asks anew when one changes."""
    tests = list(form.tests(checks=False))
    return {test.q for test in tests} | {test.above for test in tests if test.above}


def _value(question: Question, texts: Sequence[str], diseases: Collection[str]) -> tuple[Any, Problem | None]:
    text = texts[0]

    def wrong(code: str, **params: Any) -> tuple[None, Problem]:
        return None, Problem(question.id, code, params)

    match question.type:
        case "one" | "many":
            options = {option.id: option for option in question.options}
            chosen = [one for one in dict.fromkeys(texts) if one in options]
            if len(chosen) != len(set(texts)) or (question.type == "one" and len(chosen) != 1):
                return wrong("forms.option")
            if len(chosen) > 1 and any(options[one].alone for one in chosen):
                return wrong("forms.alone")
            return (chosen[0] if question.type == "one" else chosen), None
        case "integer" | "decimal":
            return _number(question, text)
        case "date":
            try:
                day = date.fromisoformat(text)
            except ValueError:
                return wrong("forms.date")
            return wrong("forms.future") if day > clock.today() or day < _EARLIEST else (day.isoformat(), None)
        case "datetime":
            try:
                at = datetime.fromisoformat(text)
            except ValueError:
                return wrong("forms.datetime")
            at = at.replace(tzinfo=clock.CHINA) if at.tzinfo is None else at.astimezone(clock.CHINA)
            if at.replace(second=0, microsecond=0) > clock.now() or at.date() < _EARLIEST:
                return wrong("forms.future")
            return at.strftime("%Y-%m-%dT%H:%M"), None
        case "disease":
            return (text, None) if text in diseases else wrong("forms.option")
        case _:
            if question.max and len(text) > question.max:
                return wrong("forms.too_long", most=question.max, length=len(text))
            return text, None


def _number(question: Question, text: str) -> tuple[Any, Problem | None]:
    plain = text.translate(str.maketrans("０１２３４５６７８９．。", "0123456789.."))
    try:
        number: float = float(plain) if question.type == "decimal" else int(plain)
    except ValueError:
        return None, Problem(question.id, "forms.number" if question.type == "decimal" else "forms.integer")
    least, most = question.range or (float("-inf"), float("inf"))
    if not least <= number <= most:  # NaN is in no range either
        return None, Problem(question.id, "forms.range", {"least": f"{least:g}", "most": f"{most:g}"})
    return number, None
