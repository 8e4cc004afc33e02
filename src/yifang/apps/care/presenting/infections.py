"""Hospital infection, sentinel weeks and the set-up of clinics in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yifang.apps.care.presenting import matters
from yifang.apps.care.presenting.clinics import Figure, share
from yifang.apps.care.queries import sentinel
from yifang.apps.care.queries.infections import Overview
from yifang.apps.care.queries.matters import due_of
from yifang.apps.care.queries.setups import Setup
from yifang.apps.forms import presenting as forms
from yifang.knowledge import load
from yifang.web import tables

_NUMBERS: Mapping[str, Promise] = {
    "all": gettext_lazy("候选"),
    "review": gettext_lazy("待核查"),
    "hospital": gettext_lazy("医院感染"),
    "excluded": gettext_lazy("排除"),
}


def figures(found: Overview, query: QueryDict) -> list[Figure]:
    """The numbers of the candidates; each lists what it counts."""
    shown = query.get("show", "")
    return [
        Figure(label, found.numbers[name], tables.with_query(query, show=name), current=name == shown)
        for name, label in _NUMBERS.items()
    ]


def candidates(found: Overview) -> tables.Table[Any]:
    """The candidates that a number counts."""
    kind = load().matters.kind("infection")
    columns = [
        tables.Column(_("患者"), "identity"), tables.Column(_("病区")), tables.Column(_("病原")),
        tables.Column(_("采样"), "date"), tables.Column(_("状态"), "state"),
    ]  # fmt: skip
    lines = [
        {"matter": one, "about": matters.about(one), "state": matters.state(one, kind),
         "url": reverse("care:matter", args=[one.id])}
        for one in found.shown
    ]  # fmt: skip
    return tables.Table(
        id="infections", caption=matters.word(kind), columns=columns, page=tables.Page(lines),
        row_template="care/_infection_row.html", key=lambda line: line["matter"].id, url=lambda line: line["url"],
        empty=tables.Empty(
            _("没有候选"), _("入院48小时后培养出病原的住院患者会自己出现，由院感科核查。"), "microscope"
        ),
    )  # fmt: skip


def wards(found: Overview) -> tables.Table[Any]:
    """Wards in which one pathogen comes together."""
    columns = [
        tables.Column(_("病区"), "identity"), tables.Column(_("病原")), tables.Column(_("患者数"), "number"),
        tables.Column(_("最近"), "date"), tables.Column(_("达到"), "state"),
    ]  # fmt: skip
    words = {0: ("", "neutral")} | dict(
        zip(
            found.limits,
            [(_("排查"), "warn"), (_("5例疑似：12小时报告"), "bad"), (_("10例：2小时报告"), "bad")],
            strict=False,
        )
    )
    here = reverse("care:infections")
    lines = [
        {"ward": one, "reaches": words.get(one.reaches, ("", "neutral")),
         "url": f"{here}?{urlencode({'ward': one.department, 'pathogen': one.pathogen})}#cases"}
        for one in found.wards
    ]  # fmt: skip
    return tables.Table(
        id="wards", caption=_("同病区同病原"), columns=columns, page=tables.Page(lines),
        row_template="care/_ward_row.html", key=lambda line: f"{line['ward'].department}|{line['ward'].pathogen}",
        empty=tables.Empty(_("没有同病区同病原的聚集"), icon="circle-check"),
    )  # fmt: skip


def clusters(found: Overview) -> tables.Table[Any]:
    """Clusters that were or are worked up."""
    kind = load().matters.kind("infection_cluster")
    table = matters.table(tables.Page(list(found.clusters)), kind, due_of(found.clusters))
    for line in table.page.rows:
        line["title"] = f"{line['matter'].department} · {line['matter'].topic}"
    return table


def ages() -> list[str]:
    """The age groups as headings."""
    lower = sentinel.ages()
    return [
        _("{a}–{b}岁").format(a=age, b=above - 1) if above else _("{a}岁及以上").format(a=age)
        for age, above in zip(lower, [*lower[1:], None], strict=True)
    ]


def week_figures(found: Mapping[str, Sequence[sentinel.Report]], query: QueryDict) -> list[Figure]:
    """What the weeks come to; each number opens to its reports, the samples to the weeks' tasks."""
    shown, task = query.get("show", ""), load().matters.sentinel.samples_a_week
    taken = sum(one.samples for one in found["tasks"])
    values = {
        "all": (_("应报周报"), len(found["all"]), False),
        "missing": (_("缺报"), len(found["missing"]), True),
        "late": (_("逾期"), len(found["late"]), True),
        "tasks": (_("采样/任务"), f"{taken}/{task * len(found['tasks'])}" if found["tasks"] else "—", False),
        "short": (_("采样不足的周"), len(found["short"]), True),
    }
    return [
        Figure(label, value, tables.with_query(query, show=name), bad and bool(found[name]), name == shown)
        for name, (label, value, bad) in values.items()
    ]


def setup_figures(every: Sequence[Setup], found: Mapping[str, Sequence[Setup]], query: QueryDict) -> list[Figure]:
    """The rate of departments of infectious diseases and what it is made of."""
    shown = query.get("show", "")
    having, counted = len(found["having"]), len(found["counted"])
    values = {
        "": (_("填报医院"), len(every), False),
        "counted": (_("二级及以上综合医院"), counted, False),
        "having": (_("感染性疾病科设置率"), share(having, counted), False),
        "lacking": (_("未设置"), counted - having, True),
    }
    return [
        Figure(label, value, tables.with_query(query, show=name), bad and bool(value), name == shown)
        for name, (label, value, bad) in values.items()
    ]


def reports(found: Sequence[sentinel.Report]) -> tables.Table[Any]:
    """One row a hospital and week: ILI % in all and by age, samples against the task."""
    columns = [
        tables.Column(_("哨点"), "identity"), tables.Column(_("周"), "date"), tables.Column(_("状态"), "state"),
        tables.Column("ILI%", "number"), *(tables.Column(age, "number", minor=True) for age in ages()),
        tables.Column("SARI", "number"), tables.Column(_("腹泻"), "number"), tables.Column(_("采样"), "number"),
    ]  # fmt: skip
    task = load().matters.sentinel.samples_a_week
    lines = []
    for one in found:
        said = (_("缺报，已催报"), "bad") if not one.answers and one.late else (_("待报"), "info")
        if one.answers:
            said = (_("迟报"), "warn") if one.late else (_("已报"), "good")
        lines.append(
            {
                "matter": one.matter,
                "report": one,
                "state": said,
                "url": reverse("care:matter", args=[one.matter.id]),
                "rate": share(one.ili, one.visits) if one.answers else "",
                "ages": [share(ili, visits) for _age, ili, visits in one.by_age()]
                if one.answers
                else [""] * len(ages()),
                "sari": one.answers.get("sari", "—"),
                "diarrhoea": one.answers.get("diarrhoea", "—"),
                "samples": f"{one.answers['samples']}/{task}" if one.answers else "",
            }
        )
    return tables.Table(
        id="sentinel", caption=_("哨点周报"), columns=columns, page=tables.Page(lines),
        row_template="care/_sentinel_row.html", key=lambda line: line["matter"].id, url=lambda line: line["url"],
        empty=tables.Empty(
            _("没有哨点周报"), _("医院在“科室设置”里填为哨点医院后，每周一自动生成上周的周报，逾期自动催报。"),
            "chart-bar", reverse("care:setups"), _("科室设置"),
        ),
    )  # fmt: skip


def setups(found: Sequence[Setup]) -> tables.Table[Any]:
    """One row a hospital, as it last said."""
    questions = load().forms.form("clinic_setup").questions
    asked = [questions[name] for name in ("grade", "infectious", "fever", "enteric", "sentinel")]
    columns = [tables.Column(_("医院"), "identity"), *(tables.Column(matters.word(one)) for one in asked)]
    lines = [
        {"matter": one.matter, "url": reverse("care:matter", args=[one.matter.id]),
         "cells": [forms.in_words(question, one.answers.get(question.id, "")) for question in asked]}
        for one in found
    ]  # fmt: skip
    return tables.Table(
        id="setups", caption=_("科室设置"), columns=columns, page=tables.Page(lines),
        row_template="care/_setup_row.html", key=lambda line: line["matter"].id, url=lambda line: line["url"],
        empty=tables.Empty(_("还没有医院填报"), _("由各医院公卫科填报，填新的一份即为更新。"), "building-hospital"),
    )  # fmt: skip
