"""Words and rows of the district's lists: diseases, classes, states, who. Words only; no reads, no changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from yifang.apps.accounts.words import message_language
from yifang.apps.records import presenting as people
from yifang.apps.records.models import Person
from yifang.apps.reporting.models import Card, CardState, Case
from yifang.apps.reporting.presenting import cards, words
from yifang.kernel import clock
from yifang.knowledge import load
from yifang.web import tables
from yifang.web.components import Tone

CLASSES = {
    "suspected": _("疑似病例"),
    "clinical": _("临床诊断病例"),
    "confirmed": _("确诊病例"),
    "carrier": _("病原携带者"),
    "positive_test": _("阳性检测"),
}
_TAGS = {"1": _("幼托儿童"), "3": _("学生"), "9": _("医务人员")}


@dataclass(frozen=True, slots=True)
class Row:
    """A card or a case in a list: who, what, where, and what a person should look at first."""

    id: UUID
    name: str
    sex: str
    age: str
    tag: Any
    disease: str
    case_class: Any
    about: Card | Case
    state: Any
    tone: Tone
    area: str = ""
    pairs: int = 0

    @property
    def changed(self) -> datetime | None:
        """When the thing last moved, for the mark of what is new."""
        one = self.about
        if isinstance(one, Case):
            return one.created_at
        return one.audited_at or one.entered_at or one.reviewed_at or one.created_at


def card_row(card: Card, person: Person | None, pairs: Mapping[UUID, int]) -> Row:
    """The row of a card; `pairs` says how many unjudged duplicates it has."""
    at = card.onset_date or clock.today()
    return Row(
        card.id, who(card.group, card.id, card.masked_name),
        people.sex(person) if person else "", people.age(person.birth_date, at) if person else "",
        _TAGS.get(card.population, ""), words.disease(card.disease, card.subtype),
        CLASSES.get(card.case_class, card.case_class), card, CardState(card.state).label, cards.TONES[card.state],
        place(card.residence_area),
        pairs.get(card.id, 0),
    )  # fmt: skip


def case_columns() -> list[tables.Column]:
    """The columns of a list of cases, as `reporting/case_row.html` fills them from `case_row`."""
    return [
        tables.Column(gettext("患者"), "identity"),
        tables.Column(gettext("病种")),
        tables.Column(gettext("发病日期"), "date"),
        tables.Column(gettext("报告日期"), "date"),
        tables.Column(gettext("现住址"), minor=True),
        tables.Column(gettext("报告单位"), minor=True),
        tables.Column(gettext("终审"), "state"),
    ]


def case_row(case: Case) -> Row:
    """The row of a case."""
    person = case.person
    return Row(
        case.id, who(case.group, case.id, person.masked_name), people.sex(person),
        people.age(person.birth_date, case.onset_date), _TAGS.get(case.population, ""),
        words.disease(case.disease, case.subtype), CLASSES.get(case.case_class, case.case_class), case,
        *_finality(case), place(case.residence_area),
    )  # fmt: skip


def _finality(case: Case) -> tuple[Any, Tone]:
    if case.excluded:
        return _("已排除"), "neutral"
    return (_("已终审"), "good") if case.audited_on else (_("未终审"), "info")


def who(group: str, id: UUID, masked_name: str) -> str:
    """The masked name; a code for HIV, as the name policy of the visibility pack says for lists."""
    return f"HIV-{id.hex[-8:].upper()}" if group == "hiv" else masked_name


def disease_options(chosen: str) -> SafeString:
    """The options of a filter: every disease in the order of the pack. Kept, for there are many on every page."""
    return _options(load().digest, message_language() == "en", chosen)


@lru_cache(maxsize=512)
def _options(digest: str, english: bool, chosen: str) -> SafeString:
    return format_html_join(
        "",
        '<option value="{}"{}>{}</option>',
        (
            (one.id, mark_safe(" selected") if one.id == chosen else "", one.en if english else one.name)
            for one in load().diseases.values()
        ),
    )


def place(area: str) -> str:
    """The last two levels of an area's name: 闵行区莘庄镇."""
    return _place(load().digest, area) if area else ""


@lru_cache(maxsize=4096)
def _place(digest: str, area: str) -> str:
    return "".join(region.name for region in load().regions.path(area)[-2:])
