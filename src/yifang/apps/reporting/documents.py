"""Official papers of reporting: the card on paper and as a Word document, and the columns of what goes to Excel.

How a paper looks is its template (`card.docx`, made by `papers.card_template`), which a region may replace.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _

from yifang.apps.accounts.models import User
from yifang.apps.accounts.viewers import Viewer
from yifang.apps.ledger.services import looked
from yifang.apps.places.models import Organisation
from yifang.apps.reporting import versions
from yifang.apps.reporting.models import Card
from yifang.apps.reporting.national.outgoing import headers, row_of
from yifang.apps.reporting.papers.layout import Paper, paper_of
from yifang.apps.reporting.queries import version_for
from yifang.apps.reporting.rules import Situation, form_of
from yifang.kernel import clock
from yifang.kernel.errors import UserError
from yifang.knowledge import load
from yifang.web.documents import render
from yifang.web.exports import Field, Provenance

TEMPLATE = Path(__file__).parent / "papers" / "card.docx"
# In the words of the paper card, whatever language the reader's screen has.
SECTIONS = {
    "header": "报告卡",
    "person": "病人",
    "residence": "现住址",
    "clinical": "发病与诊断",
    "disease": "疾病",
    "report": "报告",
    "remark": "备注",
}

LINE_LIST = (
    Field("name", _("姓名")),
    Field("sex", _("性别"), width=8),
    Field("age", _("年龄"), "number", 8),
    Field("disease", _("疾病"), width=20),
    Field("case_class", _("病例分类"), width=12),
    Field("onset_date", _("发病日期"), "date"),
    Field("diagnosed_at", _("诊断时间"), "instant", 17),
    Field("entered_on", _("录入日期"), "date"),
    Field("audited_on", _("终审日期"), "date"),
    Field("died_on", _("死亡日期"), "date"),
    Field("residence", _("现住址"), width=30),
    Field("report_org", _("报告单位"), width=24),
    Field("school", _("学校"), width=20),
    Field("population", _("人群分类"), width=10),
)


def export_card_docx(card: Card, viewer: Viewer) -> bytes:
    """The version of the card that the viewer goes by as a Word document, identity open; leaves an access entry.

    Raises NotAllowed, and UserError `records.purpose_needed` without a purpose.
    """
    viewer.check("card.export")
    if not viewer.purpose:
        raise UserError("records.purpose_needed")
    version = version_for(card, viewer)
    looked("card.exported", "card", card.id, viewer, version=version.number)
    user = User.objects.filter(id=viewer.user_id).first()
    source = Provenance(
        "传染病报告卡", who=str(user or ""), seat=viewer.role, at=clock.now(), conditions=card.card_no,
        packs=card.pack_digest, purpose=viewer.purpose,
    )  # fmt: skip
    context = {
        "card_no": card.card_no, "state": card.get_state_display(), "version": version.number,
        "national_card_id": card.national_card_id or "—", "entered_at": _local(card.entered_at),
        "audited_at": _local(card.audited_at), "sections": _sections(versions.answers_of(version)),
    }  # fmt: skip
    return render(TEMPLATE, context, source)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A card to print, and the line at its foot in the words of the paper: version, number, printed by whom, when."""

    paper: Paper
    foot: Sequence[str]


def sheet(card: Card, viewer: Viewer) -> Sheet:
    """The card as it lies on paper, by the version that the viewer goes by, identity open; leaves an access entry.

    Raises UserError `records.purpose_needed` without a purpose.
    """
    if not viewer.purpose:
        raise UserError("records.purpose_needed")
    version = version_for(card, viewer)
    looked("card.printed", "card", card.id, viewer, version=version.number)
    paper = paper_of(versions.answers_of(version), load(), card.reporter.name)
    number = [f"网报卡号 {card.national_card_id}"] if card.national_card_id else []
    return Sheet(paper, [f"版本 {version.number}", *number, f"打印 {viewer.name} {_local(clock.now())}"])


def national_rows(
    cards: Sequence[Card], viewer: Viewer, user: object, seat: str
) -> tuple[list[Field], list[dict[str, Any]], Provenance]:
    """The cards in the national system's columns, for Excel: fields, rows, provenance; leaves access entries."""
    fields = [Field(header, header, width=max(12, 2 * len(header) + 2)) for header in headers(load())]
    source = Provenance(
        "待录入大疫情网的报告卡", who=str(user), seat=seat, at=clock.now(), conditions=_("所选报告卡"),
        packs=load().digest, purpose=viewer.purpose,
    )  # fmt: skip
    return fields, list(_national(cards, viewer)), source


def national_csv(cards: Sequence[Card], viewer: Viewer) -> bytes:
    """The same as text in GB 18030, which is what the export itself is written in."""
    out = io.StringIO()
    writer = csv.DictWriter(out, headers(load()), lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(_national(cards, viewer))
    return out.getvalue().encode("gb18030")


def _national(cards: Sequence[Card], viewer: Viewer) -> Iterator[dict[str, str]]:
    if not viewer.purpose:
        raise UserError("records.purpose_needed")
    for card in cards:
        version = version_for(card, viewer)
        looked("card.exported", "card", card.id, viewer, version=version.number)
        answers = versions.answers_of(version)
        situation = Situation(load(), clock.now(), card.report_area)
        revised = str(answers.get("card_type", "")) == "2"
        yield row_of(answers, situation, organisation=card.reporter.name, revised=revised)


def _sections(answers: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Each section of the form with its labels and the answers in words."""
    form = form_of(load())
    supplement = form.supplement_of(str(answers.get("disease", "")))
    found = []
    for section, title in SECTIONS.items():
        shown = [one for one in form.fields.values() if one.group == section and _shown(one)]
        found.append({"title": title, "rows": [_row(one, answers) for one in shown]})
    if supplement is not None:
        found.append({"title": supplement.name, "rows": [_row(one, answers) for one in supplement.fields]})
    return found


def _shown(field: Any) -> bool:
    return not field.filled_by_system and field.id != "return_reason"


def _row(field: Any, answers: Mapping[str, Any]) -> dict[str, str]:
    return {"label": field.label, "value": in_words(field, answers)}


def in_words(field: Any, answers: Mapping[str, Any]) -> str:
    """An answer as a person reads it: the label of a code, the name of a disease, area or organisation."""
    text = str(answers.get(field.id) or "")
    if not text:
        return ""
    if field.codes is not None:
        return field.codes.get(text, text)
    disease = load().diseases.get(str(answers.get("disease", "")))
    if field.type == "disease_code":
        return disease.name if disease else text
    if field.type == "disease_subtype":
        subtype = disease.subtype(text) if disease else None
        return subtype.name if subtype else text
    if field.type == "area_code":
        return load().regions.full_name(text) or text
    if field.type == "org_code":
        organisation = Organisation.objects.filter(code=text).first()
        return organisation.name if organisation else text
    return text.replace("T", " ") if field.type == "datetime" else text


def _local(at: Any) -> str:
    return at.astimezone(clock.CHINA).strftime("%Y-%m-%d %H:%M") if at else "—"
