"""A card beside its source, for the person who audits it: section by section what the card says and where it is from.

The district holds no records of the hospital; what it may compare is the evidence that came with the card and what is
on file of the person. A difference is marked, never judged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yifang.apps.accounts.viewers import Viewer
from yifang.apps.records import presenting as people
from yifang.apps.records.models import Person
from yifang.apps.reporting import queries
from yifang.apps.reporting.models import Card, CardVersion, Duplicate, DuplicateState
from yifang.apps.reporting.presenting import cards, words
from yifang.apps.reporting.presenting.district import CLASSES
from yifang.apps.reporting.rules import Field, Finding, form_of
from yifang.knowledge import load
from yifang.web.components import Change, Tone

SCORES = {
    "id_no": gettext_lazy("证件号码"),
    "name+birth_date": gettext_lazy("姓名和出生日期"),
    "name+phone": gettext_lazy("姓名和电话"),
    "name+residence_township": gettext_lazy("姓名和现住乡镇"),
}
# Facts that two sources should tell alike; of a disease the evidence speaks, and a person weighs it.
_COMPARED = frozenset({"name", "id_no", "phone", "sex", "birth_date", "residence_area", "diagnosis_datetime"})
_ABOUT_DISEASE = ("diagnosis_code", "diagnosis_text", "laboratory", "imaging")


@dataclass(frozen=True, slots=True)
class Line:
    """One field: the card's answer, the source's word for it, whether they differ, what the rules say of it."""

    label: str
    value: str
    source: str
    differs: bool = False
    derived: bool = False
    missing: bool = False
    says: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Section:
    title: Any
    lines: Sequence[Line]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two cards that may be one illness: how alike field by field, and what each says."""

    duplicate: Duplicate
    other: Card
    url: str
    scores: Sequence[tuple[Any, int]]
    fields: Sequence[tuple[str, str, str, bool]]
    tone: Tone


_PAIR_TONES: dict[str, Tone] = {
    DuplicateState.OPEN: "warn",
    DuplicateState.MERGED: "done",
    DuplicateState.KEPT: "neutral",
}


def findings(version: CardVersion) -> list[Finding]:
    """What the rules said of the version when it was saved."""
    form = form_of(load())
    return [
        Finding(
            one["field"], field.label if (field := form.field(one["field"])) else one["field"],
            one["rule"], one["severity"], one["code"], one.get("params", {}),
        )
        for one in version.remarks
    ]  # fmt: skip


def sections(
    card: Card, version: CardVersion, answers: Mapping[str, Any], person: Person | None, found: Sequence[Finding]
) -> list[Section]:
    """The answers (masked as handed over) by section; fields that are empty, free and unremarked are left out."""
    source = _source(card, version, person)
    derived = set(version.source.get("derived", ()))
    says: dict[str, list[str]] = {}
    for one in found:
        says.setdefault(one.field, []).append(words.says(one))

    def line(field: Field) -> Line:
        value = card.organisation.name if field.id == "report_org" else cards.said(field, answers)
        given = source.get(field.id, "")
        return Line(
            words.word(field.label), value, given,
            differs=field.id in _COMPARED and bool(value and given) and not _agree(value, given),
            derived=field.id in derived, missing=field.required and not value, says=says.get(field.id, ()),
        )  # fmt: skip

    made = []
    for _key, title, fields in cards.grouped(answers):
        lines = [line(one) for one in fields if one.required or answers.get(one.id) or one.id in says]
        if lines:
            made.append(Section(title, lines))
    return made


def pair(duplicate: Duplicate, card: Card) -> Pair:
    """One pair as seen from `card`."""
    other = duplicate.later if duplicate.earlier_id == card.id else duplicate.earlier
    compared = [
        (_("卡片编号"), card.card_no, other.card_no),
        (_("患者"), card.masked_name, other.masked_name),
        (_("报告单位"), card.organisation.name, other.organisation.name),
        (_("病例分类"), str(CLASSES.get(card.case_class, "")), str(CLASSES.get(other.case_class, ""))),
        (_("发病日期"), _day(card.onset_date), _day(other.onset_date)),
        (_("诊断时间"), _minute(card.diagnosed_at), _minute(other.diagnosed_at)),
        (_("现住址"), words.place(card.residence_area), words.place(other.residence_area)),
        (_("状态"), card.get_state_display(), other.get_state_display()),
    ]
    return Pair(
        duplicate, other, reverse("reporting:audit_card", args=[other.id]),
        [(SCORES.get(name, name), round(100 * share)) for name, share in duplicate.scores.items()],
        [(label, mine, theirs, mine == theirs) for label, mine, theirs in compared],
        _PAIR_TONES[duplicate.state],
    )  # fmt: skip


def dates(card: Card, version: CardVersion) -> list[tuple[Any, str]]:
    """Illness and report apart: when it began, when it was diagnosed, filled in, entered, and within which limits."""
    filled = str(version.values.get("fill_date") or "").replace("T", " ")[:16]
    return [
        (_("发病日期"), _day(card.onset_date)),
        (_("诊断时间"), _minute(card.diagnosed_at)),
        (_("填卡时间"), filled),
        (_("录入时间"), _minute(card.entered_at)),
        (_("报告时限"), _minute(card.report_due_at)),
        (_("审核时限"), _minute(card.audit_due_at)),
        (_("死亡日期"), _day(card.died_on) or _("无")),
        (_("网报卡号"), card.national_card_id),
    ]


def last_change(history: Sequence[CardVersion], viewer: Viewer) -> list[Change]:
    """What the last version changed, identity masked; nothing for a first one."""
    if len(history) < 2:
        return []
    before, after = (queries.answers(one, viewer, identity=False) for one in history[-2:])
    return cards.changes(before, after)


def _source(card: Card, version: CardVersion, person: Person | None) -> dict[str, str]:
    """What the source says, by field of the card."""
    evidence = version.source.get("evidence", ())
    found: dict[str, str] = {}
    if evidence:
        quotes = dict.fromkeys(one["text"] for one in evidence if one.get("kind") in _ABOUT_DISEASE and one.get("text"))
        found["disease"] = "；".join(list(quotes)[:3])
        classes = [one["case_class"] for one in evidence if one.get("case_class") in CLASSES]
        found["case_class"] = str(CLASSES[classes[0]]) if classes else ""
        days = sorted({one["at"] for one in evidence if one.get("at")})
        found["diagnosis_datetime"] = days[0] if days else ""
    if person is not None and card.suspicion_id is not None:
        found |= {
            "name": person.masked_name, "id_no": person.masked_id_no, "phone": person.masked_phone,
            "sex": people.sex(person), "birth_date": _day(person.birth_date),
            "residence_area": words.place(person.area_code) if person.area_code else "",
        }  # fmt: skip
    return found


def _agree(value: str, source: str) -> bool:
    """Whether one says the other: the day of a time, the county of a township."""
    mine, theirs = ("".join(text.split()) for text in (value, source))
    return mine in theirs or theirs in mine


def _day(day: Any) -> str:
    return day.isoformat() if day else ""


def _minute(at: datetime | None) -> str:
    return timezone.localtime(at).strftime("%Y-%m-%d %H:%M") if at else ""
