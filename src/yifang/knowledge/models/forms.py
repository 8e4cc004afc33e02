"""Forms: questions, their types and lists, when each is asked, what must hold between answers, what is advised.

A form is filled on screen or telephone and its answers are kept with the version they were given to. How conditions are
evaluated is `yifang.apps.forms.logic`; this is only their shape.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal

from pydantic import model_validator

from yifang.knowledge.models.base import Entry, Model, Pack, resolves

FormId = Annotated[str, resolves("form")]
QuestionType = Literal["text", "long", "integer", "decimal", "one", "many", "date", "datetime", "file", "disease"]
OUTSIDE = "done."
"""Beginning of what is no question: `done.sample` is answered when that step of the matter was taken."""


class Condition(Model):
    """One test of an answer, or several joined by `all`, `any` or `none`; exactly one of these is given."""

    all: tuple[Condition, ...] = ()
    any: tuple[Condition, ...] = ()
    none: tuple[Condition, ...] = ()
    q: str = ""
    has: tuple[str, ...] = ()
    """True where the answer, or one of several, is among these."""
    min: float | None = None
    below: float | None = None
    above: str = ""
    """True where the number is larger than the answer to this question."""
    answered: bool | None = None
    advised: bool | None = None
    """True where the answer is, or is not, the one that the form advises."""

    @model_validator(mode="after")
    def _one_thing(self) -> Condition:
        tests = [
            bool(self.has), self.min is not None or self.below is not None, bool(self.above),
            self.answered is not None, self.advised is not None,
        ]  # fmt: skip
        if bool(self.q) is (len([part for part in (self.all, self.any, self.none) if part]) == 1):
            raise ValueError("give either q with a test, or one of all, any, none")
        if self.q and sum(tests) != 1:
            raise ValueError("a question is tested by one of has, min and below, above, answered, advised")
        return self

    def questions(self) -> Iterator[Condition]:
        """The tests of single questions, all the way down."""
        if self.q:
            yield self
        for part in (*self.all, *self.any, *self.none):
            yield from part.questions()


class Option(Model):
    """One answer of a list; `alone` goes with no other (none of these)."""

    id: str
    zh: str
    en: str
    alone: bool = False


class Question(Entry):
    """One question. `sealed` answers say who somebody is; free text that may name somebody is `sealed` too."""

    id: str
    zh: str
    en: str
    type: QuestionType
    options: tuple[Option, ...] = ()
    list: str = ""
    """The name of a list of the pack that holds the options."""
    required: bool = False
    when: Condition | None = None
    unit: str = ""
    range: tuple[float, float] | None = None
    max: int | None = None
    sealed: bool = False
    hint_zh: str = ""
    hint_en: str = ""

    @model_validator(mode="after")
    def _lists_have_options(self) -> Question:
        if (self.type in ("one", "many")) is not (bool(self.options) is not bool(self.list)):
            raise ValueError("questions of type one or many, and no others, have options or a list")
        return self


class Section(Model):
    """Questions under one heading."""

    id: str
    zh: str
    en: str
    questions: tuple[Question, ...]


class Check(Entry):
    """What is wrong when `when` holds; said beside `question`. An error must be mended, a warning is looked at."""

    id: str
    when: Condition
    severity: Literal["error", "warning"]
    question: str
    zh: str
    en: str


class Advice(Entry):
    """What is recommended as the answer to `question` when `when` holds, and why; the first that holds counts."""

    id: str
    question: str
    answer: str
    when: Condition | None = None
    zh: str
    en: str


class Form(Entry):
    """One form. A changed form is a new `version`; answers keep the one they were given to."""

    id: str
    zh: str
    en: str
    version: int
    sections: tuple[Section, ...]
    checks: tuple[Check, ...] = ()
    advice: tuple[Advice, ...] = ()

    @property
    def questions(self) -> dict[str, Question]:
        """The questions by id, in order."""
        return {one.id: one for section in self.sections for one in section.questions}

    def tests(self, *, checks: bool = True) -> Iterator[Condition]:
        """Every test of an answer that decides what is asked or advised, and with `checks` what is refused."""
        asked = [*(one.when for one in self.questions.values()), *(one.when for one in self.advice)]
        for condition in (*asked, *(one.when for one in self.checks if checks)):
            if condition is not None:
                yield from condition.questions()

    @model_validator(mode="after")
    def _conditions_name_questions(self) -> Form:
        known = self.questions
        if len(known) != sum(len(section.questions) for section in self.sections):
            raise ValueError("two questions have one id")
        for test in self.tests():
            if not test.q.startswith(OUTSIDE):
                _fits(known, test.q, test.has)
                if test.above:
                    _fits(known, test.above, ())
        for check in self.checks:
            _fits(known, check.question, ())
        for advice in self.advice:
            _fits(known, advice.question, (advice.answer,))
        return self


def _fits(known: dict[str, Question], question: str, answers: tuple[str, ...]) -> None:
    if question not in known:
        raise ValueError(f"there is no question {question}")
    options = {option.id for option in known[question].options}
    if missing := [one for one in answers if options and one not in options]:
        raise ValueError(f"question {question} has no answer {', '.join(missing)}")


class FormsPack(Pack):
    """`forms.yaml`."""

    NAME: ClassVar[str] = "forms"
    lists: dict[str, tuple[Option, ...]]
    forms: tuple[Form, ...]

    @model_validator(mode="before")
    @classmethod
    def _fill_lists(cls, raw: Any) -> Any:
        """Give each question that names a list the options of it, so that conditions can be checked against them."""
        lists = raw.get("lists") if isinstance(raw, dict) else None
        if not isinstance(lists, dict):
            return raw

        def filled(value: Any) -> Any:
            if isinstance(value, dict):
                if isinstance(value.get("list"), str) and value["list"] in lists:
                    value = {**value, "options": lists[value["list"]]}
                    del value["list"]
                return {key: filled(one) for key, one in value.items()}
            return [filled(one) for one in value] if isinstance(value, list) else value

        return {**raw, "forms": filled(raw.get("forms"))}

    def form(self, id: str) -> Form:
        """The form of that id. Raises KeyError: a form is named by code or by a checked pack."""
        for form in self.forms:
            if form.id == id:
                return form
        raise KeyError(id)
