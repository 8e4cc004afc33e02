"""Lines of the missed-report audit in words: what it says, why, on what evidence, by how much."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from yifang.apps.accounts.models import Seat
from yifang.apps.records.models import Record
from yifang.apps.reporting.models import AbnormalResult, AuditAnswer, AuditKind, AuditLine, DismissReason, ResultState
from yifang.apps.reporting.presenting import words
from yifang.audit import Interval
from yifang.web.components import Evidence

SOURCES = {
    "his": gettext_lazy("门诊住院"),
    "lis": gettext_lazy("检验"),
    "imaging": gettext_lazy("影像"),
    "pharmacy": gettext_lazy("处方"),
    "death": gettext_lazy("死亡登记"),
}
_REASONS = {
    "class_too_low": gettext_lazy("检验结果已达确诊，卡上分类偏低"),
    "class_since": gettext_lazy("报卡之后的结果已达确诊，须订正"),
    "class_without_result": gettext_lazy("卡上是确诊，本院没有任何检验结果"),
    "result_unread": gettext_lazy("检验结果还在隔离区，没有读进来"),
    "subtype": gettext_lazy("卡上分型与检验结果不符"),
    "disease": gettext_lazy("卡上病种与检验结果不符"),
    "kin": gettext_lazy("按同类病种报告"),
    "first_here": gettext_lazy("本院首诊，逾期未报"),
    "not_entered": gettext_lazy("卡未录入大疫情网"),
    "diagnosed_earlier": gettext_lazy("卡上诊断时间晚于病历"),
}
_TONES = {
    AuditKind.MISSED: "bad", AuditKind.LATE: "warn", AuditKind.WRONG_CLASS: "warn",
    AuditKind.REPORTED_ELSEWHERE: "info", AuditKind.REPORTED: "good", AuditKind.WAITING: "info",
}  # fmt: skip
_KINDS: dict[str, str] = {
    "lis": "lab", "imaging": "imaging", "pharmacy": "drug", "his": "diagnosis", "death": "diagnosis",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """A line on its way to the list; `record` None where the reader may not see whose it is."""

    one: AuditLine
    record: Record | None
    disease: str
    because: str
    reason: str
    late: str
    tone: str
    source: Any
    answer: Any


def row(line: AuditLine, records: Mapping[UUID, Record]) -> Row:
    """The row of a line."""
    record = records.get(line.record_id)
    quotes = dict.fromkeys(item.get("text", "") for item in line.evidence) if record else {}
    answered = AuditAnswer(line.answer).label if line.answer else ""
    return Row(
        line, record, words.disease(line.disease), "；".join(filter(None, list(quotes)[:2]))[:60], reason(line),
        late(line.minutes) if line.minutes else "", _TONES.get(AuditKind(line.kind), "neutral"),
        SOURCES.get(line.source, line.source), answered,
    )  # fmt: skip


def reason(line: AuditLine) -> str:
    """Why the verdict is what it is."""
    said = line.reason
    if said.startswith("doctor:"):
        code = said.removeprefix("doctor:")
        return _("医生已排除：{why}").format(why=DismissReason(code).label if code in DismissReason.values else code)
    if said.startswith("deleted:"):
        return _("报告卡已删除")
    if said in _REASONS:
        return str(_REASONS[said])
    if line.kind == AuditKind.NOT_A_CASE:
        return next((item["reason"] for item in line.evidence if item.get("reason")), said)
    return ""


def late(minutes: int) -> str:
    """How late, in the largest unit that says it."""
    if minutes < 60:
        return ngettext("迟 {n} 分钟", "迟 {n} 分钟", minutes).format(n=minutes)
    if minutes < 48 * 60:
        return ngettext("迟 {n} 小时", "迟 {n} 小时", minutes // 60).format(n=minutes // 60)
    return ngettext("迟 {n} 天", "迟 {n} 天", minutes // 1440).format(n=minutes // 1440)


def evidence(line: AuditLine, visible: Mapping[str, Record]) -> list[Evidence]:
    """The evidence as chips; the words of the record only to whoever sees the record."""
    found = []
    for item in line.evidence:
        record = visible.get(item["record"])
        found.append(
            Evidence(
                kind=_KINDS.get(item["source"], "other"),  # type: ignore[arg-type]
                quote=item.get("text", "") if record else "—",
                says=SOURCES.get(item["source"], ""),
                place=item["at"][:16].replace("T", " "),
                rule=item["rule"] + (f" · {item['withheld']}" if item.get("withheld") else ""),
                url=reverse("records:record", args=[record.id]) if record else "",
            )
        )
    return found


def doctor(record: Record | None) -> str:
    """The doctor of a record: as they are known here, else as the record writes them."""
    if record is None:
        return ""
    seat = Seat.objects.select_related("user").filter(
        organisation_id=record.organisation_id, staff_no=record.clinician_no, role="clinician"
    ).first() if record.clinician_no else None  # fmt: skip
    return str(seat.user) if seat else str((record.payload.get("encounter") or {}).get("clinician", ""))


def percent(share: float) -> str:
    """A share as people read it."""
    return f"{100 * share:.1f}%"


def interval(one: Interval) -> str:
    """A rate's interval: 2.1%–7.8%."""
    return f"{percent(one.low)}–{percent(one.high)}"


@dataclass(frozen=True, slots=True)
class ResultRow:
    """A line of the register of abnormal results."""

    one: AbnormalResult
    record: Record | None
    disease: str
    doctor: str
    reason: str
    tone: str
    source: Any
    confirms: bool  # a critical value that nobody asks about elsewhere


def result(line: AbnormalResult, records: Mapping[UUID, Record]) -> ResultRow:
    """The row of an abnormal result."""
    record = records.get(line.record_id)
    first, _space, rest = line.reason.partition(" ")
    why = f"{DismissReason(first).label} {rest}".strip() if first in DismissReason.values else rest or first
    tones = {ResultState.WAITING: "warn", ResultState.CARD: "good", ResultState.ROUTED: "info"}
    return ResultRow(
        line, record, words.disease(line.disease) if line.disease else "", doctor(record), why,
        tones.get(ResultState(line.state), "neutral"), SOURCES.get(line.source, line.source),
        line.critical and line.state == ResultState.WAITING and line.suspicion_id is None,
    )  # fmt: skip
