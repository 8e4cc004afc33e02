"""The report of a span of the missed-report audit as a Word document: rates with their intervals, what was missed.

Without a person or a doctor in it, so that a district may ask for the same paper. In Chinese whatever the screen has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import translation

from yifang.apps.accounts.viewers import Viewer
from yifang.apps.places.models import Organisation
from yifang.apps.reporting.models import AuditLine
from yifang.apps.reporting.presenting import missed as told
from yifang.apps.reporting.presenting import words
from yifang.apps.reporting.queries import missed as reads
from yifang.apps.reporting.queries.choosing import Chosen
from yifang.kernel import clock
from yifang.knowledge import load
from yifang.web.exports import Provenance

TEMPLATE = Path(__file__).with_name("missed.docx")
MOST = 300
_RATES = ("应报", "漏报", "其中已核实", "漏报率", "95% 区间", "迟报")
_NAMED: dict[reads.By, str] = {"organisation": "报告单位", "department": "科室", "disease": "病种"}
_NOTES = (
    "漏报率（机器比对）= 漏报 ÷ 应报，一个病程计一次，区间为 Wilson 95% 区间；区间重叠的科室不宜排名。",
    "机器只能找到病历、检验、影像、处方、死亡登记里看得出的病例；抽样复核由人逐份看，其区间按分层比估计。",
)


@dataclass(frozen=True, slots=True)
class Part:
    """A table of the paper, or what is said where it has no rows."""

    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    none: str = "无。"


def template() -> Path:
    """The installation's own template where it brought one, else ours."""
    own = Path(settings.YIFANG_PAPERS) / TEMPLATE.name
    return own if own.is_file() else TEMPLATE


def contents(viewer: Viewer, chosen: Chosen, seat: str) -> tuple[dict[str, Any], Provenance]:
    """What the template shows of the days chosen, as far as the viewer sees it, and where it comes from."""
    viewer.check("missed.view")
    with translation.override("zh-hans"):
        title = "传染病漏报核查报告"
        source = Provenance(
            title, who=viewer.name, seat=seat, at=clock.now(), conditions=f"{chosen.since} – {chosen.until}",
            packs=load().digest, node=settings.YIFANG_NODE_NAME, purpose="漏报核查",
        )  # fmt: skip
        context = {
            "title": title, "who": _whose(viewer, chosen), "span": f"{chosen.since} 至 {chosen.until}",
            "summary": _summary(viewer, chosen), "parts": _parts(viewer, chosen), "notes": _NOTES,
        }  # fmt: skip
        return context, source


def _whose(viewer: Viewer, chosen: Chosen) -> str:
    wanted = chosen.organisation or (viewer.organisation_id if viewer.can("missed.answer") else None)
    found = Organisation.objects.filter(id=wanted).first() if wanted else None
    return str(found) if found else "辖区各单位"


def _summary(viewer: Viewer, chosen: Chosen) -> list[str]:
    total, last = reads.audit_total(viewer, chosen), reads.last_audit(viewer, chosen)
    counts = reads.audit_counts(viewer, chosen)
    found = [
        f"应报 {total.due} 例，漏报 {total.missed} 例（已核实 {total.confirmed} 例），漏报率"
        f" {told.percent(total.interval.rate)}（95% 区间 {told.interval(total.interval)}）。"
        if total.due else "这段时间没有应报的病例。",
        f"迟报 {total.late} 例，分类有误 {counts['wrong_class']} 例，外院已报 {counts['elsewhere']} 例，"
        f"经核对不符合 {counts['not_a_case']} 例，待核查 {counts['to_check']} 例。",
    ]  # fmt: skip
    if last is not None and last.ended_at is not None:
        at = last.ended_at.astimezone(clock.CHINA)
        found.append(
            f"最近一次核查 {at:%Y-%m-%d %H:%M}，{last.first_day} 至 {last.last_day} 的 {last.records} 条记录。"
        )
    return found


def _parts(viewer: Viewer, chosen: Chosen) -> list[Part]:
    bys: list[reads.By] = ["department", "disease"] if viewer.can("missed.answer") else list(reads.BYS)
    parts = [
        Part(
            f"按{_NAMED[by]}", (_NAMED[by], *_RATES),
            [(_name(by, one.key), *_rate(one)) for one in reads.audit_rates(viewer, by, chosen)],
        )
        for by in bys
    ]  # fmt: skip
    reviews = [
        (
            f"{one.sample.first_day} – {one.sample.last_day}", str(one.sample.organisation), one.sample.seed,
            f"{one.looked_at}/{one.sample.size}", str(one.of_due.looked_at),
            f"{told.percent(one.of_due.rate)}（{told.interval(one.of_due)}）" if one.of_due.looked_at else "—",
        )
        for one in reads.audit_samples(viewer, chosen)
    ]  # fmt: skip
    parts.append(
        Part(
            "抽样复核",
            ("就诊日期", "报告单位", "随机种子", "已看", "应报", "漏报率（95% 区间）"),
            reviews,
            "没有抽样。",
        )
    )
    for title, tab in (("漏报", "missed"), ("迟报", "late"), ("分类有误", "wrong_class")):
        lines = list(reads.audit_lines(viewer, tab, chosen, limit=MOST))
        rows = [_line(one) for one in lines[:MOST]]
        more = f"（前 {MOST} 例）" if len(lines) > MOST else ""
        parts.append(
            Part(f"{title}清单{more}", ("就诊日期", "报告单位", "科室", "病种", "来源", "说明", "核查结果"), rows)
        )
    return parts


def _name(by: reads.By, key: Any) -> str:
    if by == "disease":
        return words.disease(key)
    if by == "department":
        return key or "—"
    return str(Organisation.objects.filter(id=key).first() or key)


def _rate(one: reads.Rate) -> tuple[str, ...]:
    return (
        str(one.due), str(one.missed), str(one.confirmed), told.percent(one.interval.rate),
        told.interval(one.interval), str(one.late),
    )  # fmt: skip


def _line(one: AuditLine) -> tuple[str, ...]:
    row = told.row(one, {})
    return (
        str(one.day), str(one.organisation), one.department or "—", row.disease, str(row.source),
        "；".join(filter(None, (row.late, row.reason))) or "—", str(row.answer) or "未核查",
    )  # fmt: skip
