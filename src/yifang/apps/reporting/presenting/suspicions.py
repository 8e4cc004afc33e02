"""How a suspicion is told: its row, its evidence as chips, what did not count and why, its course."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yifang import identify
from yifang.apps.accounts.words import message_language
from yifang.apps.records.models import Record
from yifang.apps.records.presenting import SECTIONS, anchor
from yifang.apps.reporting.identifying import canonical_of, evidence_from_json
from yifang.apps.reporting.models import Suspicion, SuspicionState
from yifang.apps.reporting.presenting import words
from yifang.apps.reporting.queries.suspicions import Shown
from yifang.apps.reporting.rulebook import in_force
from yifang.identify.model import Withheld
from yifang.web import tables
from yifang.web.components import Evidence, Tone

TONES: dict[str, Tone] = {
    SuspicionState.OPEN: "warn",
    SuspicionState.CONSULTING: "info",
    SuspicionState.REPORTED: "done",
    SuspicionState.DISMISSED: "neutral",
    SuspicionState.WITHDRAWN: "neutral",
    SuspicionState.TRACKED: "info",
    SuspicionState.TRIAL: "neutral",
}
CONFIDENCES = {
    "strong": gettext_lazy("证据强"),
    "moderate": gettext_lazy("证据中等"),
    "weak": gettext_lazy("证据弱"),
}
_KINDS = {
    "diagnosis_code": "diagnosis",
    "diagnosis_text": "diagnosis",
    "note_text": "text",
    "laboratory": "lab",
    "drug": "drug",
    "imaging": "imaging",
    "told": "text",
}
_FINDINGS = {"laboratory": "lab", "drug": "drug", "imaging": "imaging", "exposure": "exposure", "disease": "diagnosis"}


@dataclass(frozen=True, slots=True)
class Row:
    """One suspicion in a list; `because` is its evidence in a few words."""

    one: Suspicion
    disease: str
    because: str
    tone: Tone
    draft: str = ""  # the state of its card, where it has one

    @property
    def id(self) -> object:
        return self.one.id

    @property
    def confidence(self) -> str:
        return str(CONFIDENCES.get(self.one.confidence, ""))


def row(one: Suspicion) -> Row:
    """The row of a suspicion."""
    quotes = dict.fromkeys(item["text"] for item in one.evidence if item.get("text"))
    return Row(one, words.disease(one.disease), "；".join(list(quotes)[:2])[:60], TONES[one.state])


def evidence(shown: Sequence[Shown]) -> list[Evidence]:
    """The evidence as chips that open to their place in the source."""
    return [chip(item.evidence, item.record) for item in shown]


def kept_evidence(items: Iterable[dict[str, object]], records: dict[str, Record]) -> list[Evidence]:
    """The same from what a card keeps of the suspicion it was drafted from."""
    return [chip(evidence_from_json(item), records.get(str(item["record"]))) for item in items]


def chip(item: identify.Evidence, record: Record | None) -> Evidence:
    """One piece of evidence."""
    url = f"{reverse('records:record', args=[record.id])}#{anchor(item.path)}" if record else ""
    where = [item.at or "", item.path]
    if item.start is not None and item.end is not None:
        where.append(_("第 {start}–{end} 字").format(start=item.start + 1, end=item.end))
    return Evidence(
        _KINDS.get(item.kind, "other"),  # type: ignore[arg-type]
        item.text,
        item.says(message_language()),
        place=" · ".join(part for part in where if part),
        rule=item.rule,
        url=url,
    )


@dataclass(frozen=True, slots=True)
class SetAside:
    """What the record also says and did not count: evidence with the reason, findings that deny or belong elsewhere."""

    withheld: Sequence[tuple[Evidence, str]]
    others: Sequence[Evidence]


def set_aside(one: Suspicion) -> SetAside:
    """Read the record once more to explain what was left out; the record decides nothing here."""
    (outcome,) = identify.compiled(in_force()).identify([canonical_of(one.record)])
    unlike = [found for found in outcome.findings if found.assertion != "present"]
    url = reverse("records:record", args=[one.record_id])
    return SetAside(
        [(chip(item.evidence, one.record), _why(item)) for item in outcome.withheld],
        [
            Evidence(
                _FINDINGS.get(found.kind, "text"),  # type: ignore[arg-type]
                found.text,
                _("原文如此，不作为依据。"),
                place=str(SECTIONS.get(found.section, found.path)),
                assertion=found.assertion,
                url=f"{url}#{anchor(found.path)}",
            )
            for found in unlike
        ],
    )


def _why(item: Withheld) -> str:
    name = words.disease(item.disease)
    return f"{name}: {item.says(message_language())}"


def table(
    page: tables.Page[Suspicion],
    id: str,
    empty: tables.Empty,
    drafted: Mapping[UUID, str],
    opened: str,
    url: Callable[[Row], str],
) -> tables.Table[Row]:
    """A list of suspicions; `drafted` are those with a card, by its state."""
    rows = [replace(row(one), draft=drafted.get(one.id, "")) for one in page.rows]
    return tables.Table(
        id=id,
        caption=_("待排查线索"),
        columns=[
            tables.Column(_("患者"), "identity"),
            tables.Column(_("可能的病种")),
            tables.Column(_("期限"), "clock"),
            tables.Column(_("提示依据"), minor=True),
            tables.Column(_("状态"), "state"),
        ],
        page=tables.Page(rows, page.before, page.after),
        row_template="reporting/_suspicion_row.html",
        key=lambda line: line.id,
        empty=empty,
        url=url,
        changed=lambda line: line.one.answered_at or line.one.found_at,
        opens_in="detail",
        opened=opened,
    )
