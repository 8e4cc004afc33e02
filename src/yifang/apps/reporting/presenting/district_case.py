"""How a case is told: its facts, its course, what a grid worker was asked to do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yifang.apps.accounts import purposes
from yifang.apps.accounts.words import message_language
from yifang.apps.ledger.models import Entry
from yifang.apps.records import presenting as people
from yifang.apps.reporting.models import Card, Case
from yifang.apps.reporting.presenting import district, words
from yifang.apps.reporting.presenting.district import CLASSES
from yifang.apps.reporting.rules import form_of
from yifang.apps.work.models import WorkItem
from yifang.apps.work.queries import kind_name
from yifang.kernel import clock, messages
from yifang.knowledge import load
from yifang.web.components import Moment

OUTCOMES = {
    "done": gettext_lazy("已联系到"),
    "not_at_home": gettext_lazy("无人在家"),
    "refused": gettext_lazy("拒绝"),
    "wrong_address": gettext_lazy("地址不对"),
}


def facts(case: Case) -> list[tuple[Any, Any]]:
    """Labels and values."""
    population = form_of(load()).fields["population"]
    return [
        (_("病种"), words.disease(case.disease, case.subtype)),
        (_("病例分类"), CLASSES.get(case.case_class, case.case_class)),
        (_("发病日期"), case.onset_date.isoformat()),
        (_("诊断时间"), case.diagnosed_at.astimezone(clock.CHINA).strftime("%Y-%m-%d %H:%M")),
        (_("报告日期"), case.entered_on.isoformat()),
        (_("终审日期"), case.audited_on.isoformat() if case.audited_on else _("未终审")),
        (_("现住址"), words.place(case.residence_area)),
        (_("报告单位"), case.report_org.name),
        (_("学校"), case.school.name if case.school else _("无")),
        (_("人群分类"), words.answer(population, case.population)),
        (_("死亡日期"), case.died_on.isoformat() if case.died_on else _("无")),
    ]


def moments(case: Case, cards: Sequence[Card], visited: Entry | None) -> list[Moment]:
    """The course of the case, the latest first."""
    found = [
        Moment(_midnight(case.onset_date), _("发病"), icon="mood-sick"),
        Moment(case.diagnosed_at, _("诊断"), CLASSES.get(case.case_class, ""), "stethoscope"),
        Moment(case.created_at, _("建立病例"), "", "virus", "info"),
    ]
    for card in cards:
        if card.entered_at:
            told = f"{card.card_no} · {card.organisation}"
            found.append(Moment(card.entered_at, _("录入大疫情网"), told, "database"))
        if card.audited_at:
            found.append(Moment(card.audited_at, _("终审"), card.card_no, "circle-check", "good"))
    if case.died_on:
        found.append(Moment(_midnight(case.died_on), _("死亡"), icon="alert-circle", tone="bad"))
    if visited is not None:
        found.append(Moment(visited.at, _visit(visited), "", "map-pin"))
    return sorted(found, key=lambda one: one.at, reverse=True)


def export_row(row: dict[str, Any]) -> dict[str, Any]:
    """A row of the line list with its codes in words, and a code for a name where the name policy wants one."""
    population = form_of(load()).fields["population"]
    return {
        **row,
        "name": district.who(row["group"], row["id"], row["name"]),
        "sex": people.SEXES.get(row["sex"], ""),
        "disease": words.disease(row["disease"]),
        "case_class": CLASSES.get(row["case_class"], row["case_class"]),
        "population": words.answer(population, row["population"]),
    }


def purpose(given: str) -> str:
    """A purpose as people read it: the choice and the words of one that was asked, else the kind of work."""
    kind, _colon, said = given.partition(":")
    if kind == "asked":
        choice, _colon, note = said.partition(": ")
        return f"{purposes.CHOICES.get(choice, choice)} {note}".strip()
    if kind == "work":
        return kind_name(said.partition(":")[0])
    return given


def _visit(entry: Entry) -> str:
    """What the ledger last said of a visit."""
    if entry.kind == "reporting.grid_sent":
        return _("已派网格上门：{task}").format(task=task(entry.facts.get("task", "")))
    outcome = entry.facts.get("outcome", "")
    return _("网格上门结果：{outcome}").format(outcome=OUTCOMES.get(outcome, outcome))


def task(code: str) -> str:
    """What the worker is asked to do."""
    return messages.render(f"reporting.task_{code}", {}, message_language())


def title(item: WorkItem) -> str:
    """The task of a visit in the reader's language."""
    return (item.title_en if message_language() == "en" else "") or item.title


def _midnight(day: Any) -> datetime:
    return datetime.combine(day, time(), tzinfo=clock.CHINA)
