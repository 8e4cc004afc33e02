"""The card in a window: what is missing as questions that one key answers, what is known as a list to look over."""

from __future__ import annotations

import string
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from yifang.apps.reporting.presenting import cards
from yifang.apps.reporting.presenting.card_form import AreaPicker, CardForm
from yifang.apps.reporting.rules import Answers, check
from yifang.apps.reporting.services import Preview
from yifang.apps.workstation import workplaces
from yifang.kernel import clock

KEYS = "123456789" + string.ascii_lowercase  # one for each choice; a question with more of them is a list
_DAYS = 8  # of quick answers to “since when”


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer to a question: the key that gives it, what is sent, what is read."""

    key: str
    value: str
    label: str
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """A field of the card that is missing or wrong. Without choices it is typed.

    `when` are the population groups with which it is asked, "" for always; `suggests`: names are offered as one types.
    """

    field: forms.BoundField
    choices: Sequence[Choice] = ()
    typed: bool = False  # may be typed as well as chosen
    when: str = ""
    suggests: bool = False


class WindowForm:
    """The card's form of a suspicion, asked shortly. `before`: workplace and class of an earlier card, "" for none."""

    def __init__(self, preview: Preview, answers: Mapping[str, Any], before: tuple[str, str] = ("", "")) -> None:
        self.form = CardForm(answers, preview.situation, derived=preview.derived)
        self.form.show(check(Answers(answers, preview.situation)))
        self.form.focus("-")  # the script puts the cursor where the first question is
        for field in self.form.fields.values():
            field.widget.attrs.pop("autofocus", None)
        self.questions = list(self._asked(preview, answers, before))
        asked = {one.field.name for one in self.questions}
        sections = ((title, [one for one in fields if one.name not in asked]) for title, fields in self.form.sections)
        self.form.sections = [(title, rest) for title, rest in sections if rest]

    def _asked(self, preview: Preview, answers: Mapping[str, Any], before: tuple[str, str]) -> Iterator[Question]:
        """What is wanted; behind the population group what only some groups are asked, each with its groups."""
        wanted = [bound.name for bound in self.form.wanted]
        for bound in self.form.wanted:
            if bound.name in workplaces.FIELDS:
                yield from _workplace(bound, "", str(answers.get("population", "")), before)
                continue
            yield question(bound)
            if bound.name == "population":
                for name in workplaces.FIELDS:
                    if name not in wanted and not answers.get(name):
                        for code in _grouped(name, preview):
                            yield from _workplace(self.form[name], code, code, before)

    @property
    def missing(self) -> int:
        """How many questions are asked whatever the answers."""
        return sum(not one.when for one in self.questions)

    @property
    def keystrokes(self) -> int:
        """How many keys it takes to answer and report: one a choice, what is typed and a Tab, one to report.

        Without what only some population groups are asked; `./dev bench window` counts that too, group by group.
        """
        return sum(1 if one.choices else _typed(one) + 1 for one in self.questions if not one.when) + 1


def question(bound: forms.BoundField) -> Question:
    """A field as it is asked: by choices where it has few, by days for a date that lies shortly behind."""
    widget = bound.field.widget
    if isinstance(widget, forms.Select) and not isinstance(widget, AreaPicker):
        options = list(_flat(widget.choices))
        if 0 < len(options) <= len(KEYS):
            chosen = str(bound.value() or "")
            return Question(
                bound,
                [
                    Choice(key, str(value), str(label), str(value) == chosen)
                    for key, (value, label) in zip(KEYS, options, strict=False)
                ],
            )
    if bound.name == "onset_date":
        return Question(bound, _days(clock.today()), typed=True)
    return Question(bound, typed=True)


def _grouped(name: str, preview: Preview) -> list[str]:
    """The groups that are asked for a field, by how they are asked: a nursery's class is chosen, a pupil's typed."""
    codes = workplaces.populations(name, preview.situation)
    if name == "employer":
        return [" ".join(codes)]
    return codes


def _workplace(bound: forms.BoundField, when: str, population: str, before: tuple[str, str]) -> Iterator[Question]:
    if bound.name == "employer":
        yield Question(bound, typed=True, when=when, suggests=True)
        return
    offered = [*filter(None, [before[1]]), *(workplaces.NURSERY_CLASSES if population == workplaces.NURSERY else ())]
    words = workplaces.NURSERY_CLASSES
    keyed = zip(KEYS, dict.fromkeys(offered), strict=False)
    choices = [Choice(key, name, str(words.get(name, name))) for key, name in keyed]
    yield Question(bound, choices, typed=True, when=when)


def known(answers: Mapping[str, Any], organisation: str) -> list[tuple[str, str]]:
    """What the card says already: (label, value), without the gaps."""
    pairs = [pair for section in cards.sections(answers, organisation) for pair in section.pairs]
    return [(str(label), str(value)) for label, value in pairs if value and str(value) not in ("—", "")]


def _days(today: date) -> list[Choice]:
    names = [_("今天"), _("昨天"), _("前天")]
    for n in range(3, _DAYS):
        names.append(ngettext("{n} 天前", "{n} 天前", n).format(n=n))
    return [Choice(str(n), (today - timedelta(days=n)).isoformat(), name) for n, name in enumerate(names)]


def _typed(one: Question) -> int:
    """How many characters an answer has at least: a telephone eleven, a date eight, a word of Chinese some six keys."""
    kind = getattr(one.field.field.widget, "input_type", "text")
    return {"date": 8, "datetime-local": 12, "tel": 11, "number": 2}.get(kind, 6)


def _flat(choices: Iterable[Any]) -> Iterable[tuple[Any, Any]]:
    for value, label in choices:
        if isinstance(label, list | tuple):
            yield from _flat(label)
        elif value not in (None, ""):
            yield value, label
