"""The bulletin in words: one set of texts, tables and charts that page, Word, Excel, Markdown and HTML all show."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from yifang.apps.accounts.viewers import Viewer
from yifang.apps.accounts.visibility import list_name
from yifang.apps.accounts.words import message_language
from yifang.apps.surveillance.models import DayKind, SignalState
from yifang.apps.surveillance.presenting import choosing, words
from yifang.apps.surveillance.presenting.choosing import Chosen
from yifang.apps.surveillance.presenting.pictures import behind
from yifang.apps.surveillance.queries import bulletin as reads
from yifang.apps.surveillance.queries.situation import DiseaseRow
from yifang.kernel import clock
from yifang.kernel.errors import UserError
from yifang.knowledge import load
from yifang.web.charts import Cell
from yifang.web.native_charts import NativeChart

_WEEK = re.compile(r"(\d{4})-W(\d{1,2})")
_TOP = 5


@dataclass(frozen=True, slots=True)
class Paper:
    """Everything that stands in the bulletin, as text; `rows` begin with the name, `levels` say how each is set."""

    title: str
    subtitle: str
    labels: Sequence[tuple[str, str]]
    summary: Sequence[str]
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    cells: Sequence[Sequence[Cell]]  # the rows with the addresses behind their numbers, for the page
    levels: Sequence[int]
    areas: Sequence[tuple[str, str]]
    signals: Sequence[Sequence[str]]
    notes: Sequence[str]
    words: dict[str, str]
    charts: dict[str, NativeChart]

    def context(self) -> dict[str, Any]:
        """For a template: docs/bulletin.md lists the names."""
        return {
            "title": self.title, "subtitle": self.subtitle, "labels": self.labels, "summary": self.summary,
            "heads": self.heads, "rows": self.rows, "levels": self.levels, "areas": self.areas,
            "signals": self.signals, "notes": self.notes,
            "signal_heads": signal_heads(), "words": self.words,
            "charts": {name: f"[[chart:{name}]]" for name in self.charts},
        }  # fmt: skip


def week_of(query: QueryDict, viewer: Viewer) -> Chosen:
    """The official figures of the statutory diseases over the week asked for, else the last that is over.

    Raises UserError `surveillance.bulletin_week`.
    """
    base = choosing.read(QueryDict(f"area={query.get('area', '')}" if query.get("area", "").isdigit() else ""), viewer)
    text = query.get("week", "")
    today = clock.today()
    monday = today - timedelta(days=today.weekday() + 7)
    if text:
        found = _WEEK.fullmatch(text)
        try:
            monday = date.fromisocalendar(int(found[1]), int(found[2]), 1) if found else date.min
        except ValueError:
            monday = date.min
        if not date(1990, 1, 1) <= monday <= date(2100, 1, 1):
            raise UserError("surveillance.bulletin_week", week=text[:20])
    selection = replace(base.selection, since=monday, until=monday + timedelta(days=6))
    return replace(base, selection=selection, period="free", step="day")


def week_name(monday: date) -> str:
    """2026-W46, as addresses and file names have it."""
    iso = monday.isocalendar()
    return f"{iso.year}-W{iso.week:02}"


def paper(chosen: Chosen, found: reads.Bulletin, viewer: Viewer) -> Paper:
    """The bulletin."""
    one = chosen.selection
    iso, area = one.since.isocalendar(), words.area_words(one.area)
    law = {row.name: _law(row.name) for row in found.rows}
    of_law = [row for row in found.rows if law[row.name] != "O"]
    cells, levels = _table(chosen, found, law)
    notes = [_("甲乙丙类合计不含其他（非法定）病种；上周、去年同期与本周为同一口径。")]
    if found.hid:
        notes.append(_("* 敏感病种少于 5 例的数和能推出它的数不显示，也不计入合计。"))
    if found.placed_without:
        notes.append(_("敏感病种不分到县区以下，地区表未计入。"))
    return Paper(
        title=_("{area}传染病疫情周报").format(area=area),
        subtitle=_("{year} 年第 {week} 周（{since} 至 {until}）").format(
            year=iso.year, week=iso.week, since=f"{one.since:%Y-%m-%d}", until=f"{one.until:%Y-%m-%d}"
        ),
        labels=choosing.labels(chosen, viewer),
        summary=_summary(area, chosen, found, of_law, law),
        heads=[_("病种"), _("本周"), _("上周"), _("环比"), _("去年同期"), _("同比"), _("死亡")],
        rows=[[str(cell.text) for cell in row] for row in cells],
        cells=cells,
        levels=levels,
        areas=[
            (words.below_words(code, one.area), words.number_words(number))
            for (code,), number in sorted(found.by_area.items(), key=lambda each: (-(each[1] or 0), each[0]))
        ],
        signals=[_signal(signal) for signal in found.signals],
        notes=notes,
        words={
            "summary": _("概况"), "diseases": _("分病种"), "trend": _("近 {n} 周趋势").format(n=reads.WEEKS),
            "areas": _("分地区"), "signals": _("本周预警信号"), "counted": _("统计口径"),
            "area": _("地区"), "cases": _("病例数"),
            "no_signals": _("本周没有预警信号。"), "source": _("来源"), "notes": _("说明"), "none": _("本周没有病例。"),
        },
        charts=_charts(found, one.area),
    )  # fmt: skip


def signal_heads() -> list[str]:
    """The headings of the table of signals."""
    return [_("信号"), _("地区"), _("产生"), _("观察 / 预期 / 限值"), _("状态"), _("结论")]


def _law(name: str) -> str:
    disease = load().diseases.get(name)
    return disease.statutory_class if disease else "O"


def _sum(rows: Sequence[DiseaseRow], label: str) -> int:
    return sum(getattr(row, label) or 0 for row in rows)


def _table(chosen: Chosen, found: reads.Bulletin, law: dict[str, str]) -> tuple[list[list[Cell]], list[int]]:
    """The rows with the addresses behind their numbers, and the level of each: 0 sum, 1 class, 2 disease."""
    rows: list[list[Cell]] = []
    levels: list[int] = []
    everything = replace(chosen, everything=True, selection=replace(chosen.selection, names=()))
    periods = {"now": everything.selection, **reads.periods(everything.selection)}

    def add(level: int, name: str, of: DiseaseRow, opens: Chosen | None) -> None:
        def cell(label: str) -> Cell:
            number, one = getattr(of, label), periods[label]
            death = "1" if one.day == DayKind.DEATH else ""
            link = (
                behind(opens, since=one.since, until=one.until, name=of.name, deaths=death) if opens and number else ""
            )
            return Cell(words.number_words(number), link)

        changes = [Cell(words.change_words(of.now, other)) for other in (of.before, of.year_before)]
        rows.append(
            [Cell(name), cell("now"), cell("before"), changes[0], cell("year_before"), changes[1], cell("deaths")]
        )
        levels.append(level)

    def summed(of: list[DiseaseRow]) -> DiseaseRow:
        labels = ("now", "before", "year_before", "deaths", "deaths_before", "deaths_year_before")
        return DiseaseRow("", *(_sum(of, label) for label in labels))

    add(0, _("甲乙丙类合计"), summed([row for row in found.rows if law[row.name] != "O"]), chosen)
    for one in "ABCO":
        of = [row for row in found.rows if law[row.name] == one]
        if one == "O" and not of:
            continue
        add(1, _("其他（不计入合计）") if one == "O" else str(words.CLASSES_OF_LAW[one]), summed(of), None)
        for row in sorted(of, key=lambda row: -(row.now or 0)):
            add(2, words.subject_name(row.name), row, everything)
    return rows, levels


def _summary(
    area: str, chosen: Chosen, found: reads.Bulletin, of_law: Sequence[DiseaseRow], law: dict[str, str]
) -> list[str]:
    now, before, year, deaths = (_sum(of_law, label) for label in ("now", "before", "year_before", "deaths"))
    by_class = {one: _sum([row for row in of_law if law[row.name] == one], "now") for one in "ABC"}
    paragraphs = [
        _(
            "本周{area}报告甲乙丙类法定传染病 {now} 例，死亡 {deaths} 例；"
            "上周 {before} 例（环比 {change}），去年同期 {year} 例（同比 {year_change}）。"
        ).format(
            area=area, now=f"{now:,}", deaths=f"{deaths:,}", before=f"{before:,}", year=f"{year:,}",
            change=words.change_words(now, before), year_change=words.change_words(now, year),
        ),
        _("其中甲类 {a} 例，乙类 {b} 例，丙类 {c} 例。").format(a=by_class["A"], b=by_class["B"], c=by_class["C"]),
    ]  # fmt: skip
    top = sorted((row for row in of_law if row.now), key=lambda row: -(row.now or 0))[:_TOP]
    if top:
        listed = _("、").join(f"{words.subject_name(row.name)} {row.now:,}" for row in top)
        paragraphs.append(_("报告数居前的病种：{listed}。").format(listed=listed))
    number, closed = len(found.signals), sum(one.state == SignalState.CLOSED for one in found.signals)
    paragraphs.append(
        _("本周产生预警信号 {n} 个，已有结论 {closed} 个。").format(n=number, closed=closed)
        if number
        else _("本周没有预警信号。")
    )
    return paragraphs


def _signal(one: Any) -> list[str]:
    at = one.raised_at.astimezone(clock.CHINA)
    name = list_name(one.disease, one.group, message_language()) or words.subject_name(one.disease)
    return [
        name, words.area_words(one.area_code), f"{at:%m-%d %H:%M}",
        f"{one.observed} / {one.expected:g} / {one.limit:g}", str(one.get_state_display()),
        str(one.get_conclusion_display() or "—"),
    ]  # fmt: skip


def _charts(found: reads.Bulletin, area: str) -> dict[str, NativeChart]:
    weeks = [f"{monday.isocalendar().week}" for monday in found.trend]
    charts = {
        "trend": NativeChart(
            "lines", _("近 {n} 周法定传染病每周病例数，与去年同期").format(n=reads.WEEKS), weeks,
            [(_("本年度"), list(found.trend.values())), (_("去年同期"), list(found.trend_year_before.values()))],
        )
    }  # fmt: skip
    top = sorted((row for row in found.rows if row.now and _law(row.name) != "O"), key=lambda row: -(row.now or 0))[:10]
    if top:
        names = [words.subject_name(row.name) for row in top]
        charts["diseases"] = NativeChart(
            "bars", _("报告数居前的病种，本周与上周"), names,
            [(_("本周"), [row.now for row in top]), (_("上周"), [row.before for row in top])],
            height=2.2 + 0.8 * len(top),
        )  # fmt: skip
    if found.by_area:
        ranked = sorted(found.by_area.items(), key=lambda each: -(each[1] or 0))[:20]
        charts["areas"] = NativeChart(
            "columns", _("各地区病例数"), [words.below_words(code, area) for (code,), _number in ranked],
            [(_("病例数"), [number for _key, number in ranked])],
        )  # fmt: skip
    return charts
