"""How a card is told: its row in a list, its answers by section, its versions side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yifang.apps.reporting import clocks
from yifang.apps.reporting.models import Card, CardState, CardVersion
from yifang.apps.reporting.presenting import words
from yifang.apps.reporting.rules import Field, Finding, form_of
from yifang.kernel import clock
from yifang.knowledge import load
from yifang.web import tables
from yifang.web.components import Change, Tone

TONES: dict[str, Tone] = {
    CardState.DRAFT: "neutral",
    CardState.HOSPITAL_REVIEW: "info",
    CardState.RETURNED_BY_HOSPITAL: "warn",
    CardState.SUBMITTED: "info",
    CardState.RETURNED_BY_DISTRICT: "warn",
    CardState.AUDITED: "good",
    CardState.DELETED: "done",
    CardState.DISCARDED: "done",
}
SECTIONS = {
    "person": gettext_lazy("患者"),
    "residence": gettext_lazy("现住址"),
    "disease": gettext_lazy("疾病"),
    "clinical": gettext_lazy("发病与诊断"),
    "supplement": "",  # named by the supplement itself
    "report": gettext_lazy("报告"),
    "remark": gettext_lazy("备注"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One card in a list."""

    one: Card
    disease: str
    state: str
    tone: Tone
    late: bool

    @property
    def id(self) -> object:
        return self.one.id

    @property
    def is_merged(self) -> bool:
        return self.one.merged_into_id is not None


def row(one: Card) -> Row:
    """The row of a card."""
    late = clocks.is_late(one.report_due_at, one.entered_at, clock.now())
    name = words.disease(one.disease, one.subtype) if one.disease else _("病种未填")
    return Row(one, name, str(CardState(one.state).label), TONES[one.state], late)


def table(
    page: tables.Page[Card],
    id: str,
    caption: str,
    nothing: str,
    *,
    hint: str = "",
    opened: str = "",
    url: Callable[[Row], str] | None = None,
    bulk: Sequence[tables.BulkAction] = (),
) -> tables.Table[Row]:
    """A list of cards. Without `url` a row opens the card's own page."""
    return tables.Table(
        id=id,
        caption=caption,
        columns=[
            tables.Column(_("患者"), "identity"),
            tables.Column(_("病种")),
            tables.Column(_("报告时限"), "clock"),
            tables.Column(_("发病"), "date", minor=True),
            tables.Column(_("诊断"), "date", minor=True),
            tables.Column(_("卡片编号"), minor=True),
            tables.Column(_("科室 / 医生"), minor=True),
            tables.Column(_("状态"), "state"),
        ],
        page=tables.Page([row(one) for one in page.rows], page.before, page.after),
        row_template="reporting/_card_row.html",
        key=lambda line: line.id,
        empty=tables.Empty(nothing, hint, "report-medical"),
        url=url or (lambda line: reverse("reporting:card", args=[line.id])),
        changed=lambda line: line.one.audited_at or line.one.entered_at or line.one.reviewed_at or line.one.created_at,
        opens_in="detail" if url else "",
        opened=opened,
        bulk=bulk,
    )


@dataclass(frozen=True, slots=True)
class Section:
    """Answers of one section: (label, value)."""

    title: Any
    pairs: Sequence[tuple[str, str]]


def sections(answers: Mapping[str, Any], organisation: str) -> list[Section]:
    """The answers by section, required gaps shown, what does not apply to the disease left out.

    `organisation` is the name of the one that reports, of which the answers hold the code.
    """
    told = {"report_org": organisation}
    found = []
    for _key, title, fields in grouped(answers):
        pairs = [
            (words.word(one.label), told.get(one.id) or said(one, answers))
            for one in fields
            if answers.get(one.id) or one.required
        ]
        if pairs:
            found.append(Section(title, pairs))
    return found


def said(field: Field, answers: Mapping[str, Any]) -> str:
    """An answer in words, the subtype by its name."""
    value = answers.get(field.id)
    if field.type == "disease_subtype" and value:
        disease = load().diseases.get(str(answers.get("disease", "")))
        part = disease.subtype(str(value)) if disease else None
        return words.word(part.name) if part else str(value)
    return words.answer(field, value)


def grouped(answers: Mapping[str, Any]) -> list[tuple[str, Any, list[Field]]]:
    """The sections of the form with the fields that apply, the supplement of the disease among them."""
    form = form_of(load())
    supplement = form.supplement_of(str(answers.get("disease", "")))
    found: list[tuple[str, Any, list[Field]]] = []
    for key, title in SECTIONS.items():
        if key == "supplement":
            if supplement is not None:
                found.append((key, words.word(supplement.name), list(supplement.fields)))
            continue
        fields = [one for one in form.fields.values() if one.group == key and applies(one, answers)]
        found.append((key, title, fields))
    return found


def applies(field: Field, answers: Mapping[str, Any]) -> bool:
    """Whether the field has a place on a card with these answers."""
    if field.filled_by_system or field.id in ("return_reason", "card_no", "card_type"):
        return False
    disease = load().diseases.get(str(answers.get("disease", "")))
    if field.id == "acute_chronic":
        return disease is not None and disease.acute_chronic != "not_applicable"
    if field.id == "disease_subtype":
        return disease is not None and bool(disease.subtypes)
    if field.id == "other_disease_name":
        return answers.get("disease") == "other"
    if field.id == "revised_from_disease":
        return bool(answers.get("revised_from_disease"))
    if field.id == "clinical_severity":
        return disease is not None and disease.severity_field == "clinical_severity"
    return True


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """What differs between two versions, in words."""
    form = form_of(load())
    order = [*form.fields, *(one.id for supplement in form.supplements for one in supplement.fields)]
    found = []
    for name in order:
        field = form.field(name)
        if field is not None and (before.get(name) or "") != (after.get(name) or ""):
            found.append(Change(words.word(field.label), said(field, before), said(field, after)))
    return found


def remarks(version: CardVersion) -> list[tuple[str, str]]:
    """The warnings that stood when the version was saved: (field, what to look at)."""
    form = form_of(load())
    found = []
    for kept in version.remarks:
        if kept["severity"] != "warn":
            continue
        field = form.field(kept["field"])
        label = field.label if field else ""
        said_ = words.says(Finding(kept["field"], label, kept["rule"], "warn", kept["code"], kept["params"]))
        found.append((words.word(label), said_))
    return found
