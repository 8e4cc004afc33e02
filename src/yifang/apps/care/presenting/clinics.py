"""The boards of the clinics in words: figures that open, and one row a patient."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yifang.apps.accounts.viewers import Viewer
from yifang.apps.care.models import Matter, Visit
from yifang.apps.care.presenting import matters
from yifang.apps.care.queries.clinics import Board, EntericBoard, Line
from yifang.apps.care.services import matters as services
from yifang.knowledge import load
from yifang.web import tables

_FEVER: Mapping[str, tuple[Promise, bool]] = {  # what the number counts → its words, whether more than none is bad
    "all": (gettext_lazy("在诊与今日"), False),
    "waiting": (gettext_lazy("等结果"), False),
    "overdue": (gettext_lazy("超时"), True),
    "results": (gettext_lazy("已出结果"), False),
    "good": (gettext_lazy("4小时内"), False),
    "within": (gettext_lazy("6小时内"), False),
    "early": (gettext_lazy("结果未出离开"), True),
}
_PROMPT: Mapping[str, Promise] = {
    "samples": gettext_lazy("采样"),
    "results": gettext_lazy("已出结果"),
    "prompt_good": gettext_lazy("4小时内"),
    "prompt_within": gettext_lazy("6小时内"),
}
_MEASURES: Mapping[str, Promise] = {
    "triages": gettext_lazy("分诊人次"),
    "matched": gettext_lazy("其中对上就诊"),
    "visits": gettext_lazy("门急诊就诊"),
    "triaged": gettext_lazy("其中有分诊"),
    "sent": gettext_lazy("分诊到发热门诊"),
    "arrived": gettext_lazy("其中已到诊"),
    "fever": gettext_lazy("发热门诊就诊"),
    "fever_triaged": gettext_lazy("其中有分诊"),
}
OF_TRIAGES = frozenset({"triages", "matched", "sent", "arrived"})


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its words; `url` lists what it counts, `share` is it as a part of another."""

    label: Any
    value: Any
    url: str = ""
    bad: bool = False
    current: bool = False


def fever_figures(board: Board, query: QueryDict) -> list[Figure]:
    """The numbers of a day of the fever clinic."""
    shown = query.get("show", "")
    return [
        Figure(
            label, board.numbers[name], tables.with_query(query, show=name), bad and bool(board.numbers[name]),
            name == shown,
        )
        for name, (label, bad) in _FEVER.items()
    ]  # fmt: skip


def prompt_figures(board: Board, query: QueryDict) -> list[Figure]:
    """How promptly results came back in thirty days; each number opens to its patients."""
    shown = query.get("show", "")
    return [
        Figure(label, board.numbers[name], tables.with_query(query, show=name), current=name == shown)
        for name, label in _PROMPT.items()
    ]


def enteric_figures(board: EntericBoard, query: QueryDict, viewer: Viewer) -> list[Figure]:
    """登记率 and 检索率 with their numerators and denominators; visits only to those who see the records."""
    shown = query.get("show", "")

    def figure(label: str, value: object, show: str, bad: bool = False) -> Figure:
        return Figure(label, value, tables.with_query(query, show=show), bad, show == shown)

    tested, suspects = len(board.tested), len(board.suspects)
    found = [
        figure(_("登记"), len(board.lines), ""),
        figure(_("疑似霍乱"), suspects, "suspects"),
        figure(_("检索率"), share(tested, suspects), "tested", tested < suspects),
    ]
    if viewer.can("clinic.reconcile"):
        missing = board.visits - board.registered_visits
        found += [
            figure(_("病历中腹泻就诊"), board.visits, "visits"),
            figure(_("登记率"), share(board.registered_visits, board.visits), "registered", missing > 0),
            figure(_("未登记"), missing, "missing", missing > 0),
        ]
    return found


def share(part: int, whole: int) -> str:
    """A part in percent with both numbers; a dash where there is nothing to divide by."""
    return f"{100 * part / whole:.0f}% ({part}/{whole})" if whole else "—"


def measures() -> list[tuple[str, Any]]:
    return list(_MEASURES.items())


def measure(name: str) -> Any:
    return _MEASURES[name]


def fever_table(board: Board, viewer: Viewer) -> tables.Table[Any]:
    """One row a patient: a cell for each step."""
    kind = load().matters.kind("fever_visit")
    steps = ("register", "sample", "observe", "result", "leave", "disinfect")
    columns = [tables.Column(_("患者"), "identity")]
    columns += [tables.Column(matters.word(kind.step(step)), "date") for step in steps]
    columns += [tables.Column(_("采样到结果"), "number"), tables.Column(_("下一步"), "actions")]
    lines = [_line(one, steps, viewer) for one in board.shown]
    return _table("fever", kind, columns, lines, "care/_fever_row.html", _("今天还没有发热患者"))


def enteric_table(board: EntericBoard, show: str) -> tables.Table[Any]:
    """What the chosen number counts: the register, part of it, or visits of the records."""
    if show in ("visits", "registered", "missing"):
        return visit_table(board.listed, None, _("没有漏登的腹泻就诊") if show == "missing" else "")
    kind = load().matters.kind("enteric_visit")
    columns = [
        tables.Column(_("患者"), "identity"), tables.Column(_("登记"), "date"), tables.Column(_("采样"), "date"),
        tables.Column(_("结果"), "date"), tables.Column(_("状态"), "state"),
    ]  # fmt: skip
    wanted = {"suspects": board.suspects, "tested": board.tested}.get(show, board.lines)
    lines = [_line(one, ("register", "sample", "result")) for one in wanted]
    return _table("enteric", kind, columns, lines, "care/_enteric_row.html", _("这几天没有登记"))


def triage_table(rows: Sequence[Matter]) -> tables.Table[Any]:
    """Triages that a number counts."""
    kind = load().matters.kind("triage")
    columns = [tables.Column(_("患者"), "identity"), tables.Column(_("分诊时间"), "date"), tables.Column(_("去向"))]
    lines = [
        {"matter": one, "about": matters.about(one), "url": reverse("care:matter", args=[one.id]),
         "where": matters.outcome(one, kind)}
        for one in rows
    ]  # fmt: skip
    return _table("triages", kind, columns, lines, "care/_triage_row.html", _("没有符合的分诊"))


def visit_table(rows: Sequence[Visit], viewer: Viewer | None, nothing: str = "") -> tables.Table[Any]:
    """Visits that a number counts; each opens to its record."""
    columns = [
        tables.Column(_("患者"), "identity"), tables.Column(_("就诊时间"), "date"), tables.Column(_("科室")),
        tables.Column(_("分诊"), "state"),
    ]  # fmt: skip
    lines = [{"visit": one, "url": reverse("records:record", args=[one.record_id])} for one in rows]
    return tables.Table(
        id="visits", caption=_("就诊"), columns=columns, page=tables.Page(lines), row_template="care/_visit_row.html",
        key=lambda line: line["visit"].id,
        url=lambda line: line["url"] if viewer is None or viewer.can("record.view") else "",
        empty=tables.Empty(nothing or _("没有符合的就诊"), icon="circle-check"),
    )  # fmt: skip


def _line(one: Line, steps: Sequence[str], viewer: Viewer | None = None) -> dict[str, Any]:
    kind = load().matters.kind(one.matter.kind)
    cells = [(one.steps.get(step), step in one.matter.waiting, one.due.get(step)) for step in steps]
    actions = []
    if viewer is not None:
        actions = [
            (matters.word(kind.step(step)), reverse("care:take", args=[one.matter.id, step]))
            for step in one.matter.waiting
            if services.may_take(one.matter, kind.step(step), viewer)
        ]
    return {
        "matter": one.matter, "about": matters.about(one.matter), "cells": cells, "hours": one.hours,
        "early": one.left_early, "actions": actions, "url": reverse("care:matter", args=[one.matter.id]),
        "state": matters.state(one.matter, kind),
    }  # fmt: skip


def _table(
    name: str, kind: Any, columns: list[tables.Column], lines: list[dict[str, Any]], template: str, nothing: str
) -> tables.Table[Any]:
    return tables.Table(
        id=name, caption=matters.word(kind), columns=columns, page=tables.Page(lines), row_template=template,
        key=lambda line: line["matter"].id, url=lambda line: line["url"],
        empty=tables.Empty(nothing, _("分诊送来的、病历里到诊的会自己出现；也可以手工登记。"), "temperature"),
    )  # fmt: skip
