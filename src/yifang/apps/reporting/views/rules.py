"""The rules in plain words: by disease, one by one, and the suspicions behind their numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from yifang.apps.reporting import rulebook
from yifang.apps.reporting.models import DismissReason, SuspicionState
from yifang.apps.reporting.presenting import suspicions, words
from yifang.apps.reporting.queries import clinic
from yifang.apps.reporting.queries import rulebook as queries
from yifang.apps.reporting.rulebook import plain
from yifang.apps.reporting.views import reading
from yifang.kernel.errors import NotFound
from yifang.web import components, packs, tables

SIZE = 50


@dataclass(frozen=True, slots=True)
class DiseaseLine:
    """A disease in the index: its class, how many rules point to it, what they did."""

    id: str
    name: str
    statutory: str
    classes: str
    rules: int
    fired: queries.Fired


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Every disease with its rules and their numbers, and the rules that hold others back."""
    viewer = request.viewer
    viewer.check("rules.view")
    known = rulebook.in_force()
    numbers = queries.fired_by_disease(viewer)
    word = request.GET.get("q", "").strip().lower()
    lines = [
        DiseaseLine(
            one.id, words.disease(one.id), one.statutory_class, _classes(known, one.case_classes),
            len(plain.rules_of(known, one.id)), numbers.get(one.id, queries.Fired()),
        )
        for one in known.diseases.values()
        if word in f"{one.id} {one.name} {one.en}".lower()
    ]  # fmt: skip
    active = next((one for one in queries.rulesets(viewer) if one.state == "active"), None)
    context = {
        "lines": lines, "negatives": plain.negatives(known), "active": active, "word": word, "days": queries.DAYS,
        "numbers": viewer.can("suspicion.list"),
    }  # fmt: skip
    return render(request, "reporting/rules/index.html", context)


@require_safe
def disease(request: HttpRequest, disease_id: str) -> HttpResponse:
    """The rules of one disease, by case class, with what holds them back."""
    viewer = request.viewer
    viewer.check("rules.view")
    known = rulebook.in_force()
    one = known.disease(disease_id)
    numbers = queries.fired(viewer, disease_id)
    told = [
        (rule, numbers.get(rule.id, queries.Fired()), packs.tone(rule.confidence))
        for rule in plain.rules_of(known, disease_id)
    ]
    context = {
        "disease": one, "name": words.disease(disease_id), "rules": told, "days": queries.DAYS,
        "held": plain.holding(known, disease_id), "class_rules": plain.classes_of(known, disease_id),
        "numbers": viewer.can("suspicion.list"),
        "classes": _classes(known, one.case_classes),
    }  # fmt: skip
    return render(request, "reporting/rules/disease.html", context)


@require_safe
def rule(request: HttpRequest, rule_id: str) -> HttpResponse:
    """One rule: what it looks for, examples, for which class, source, what holds it back, how it did."""
    viewer = request.viewer
    viewer.check("rules.view")
    known = rulebook.in_force()
    told = plain.rule(known, rule_id)
    if told is None:
        raise NotFound("reporting.no_rule", id=rule_id)
    number = queries.fired(viewer).get(rule_id, queries.Fired())
    labels = dict(DismissReason.choices)
    context = {
        "rule": told, "name": words.disease(told.disease) if told.disease else "", "fired": number,
        "tone": packs.tone(told.confidence), "confidence": packs.confidence_name(told.confidence),
        "days": queries.DAYS, "numbers": viewer.can("suspicion.list"),
        "reasons": [(code, labels.get(code, code), count) for code, count in sorted(number.reasons.items())],
        "klass": words.word(known.diseases_pack.case_classes.get(told.case_class, "")),
    }  # fmt: skip
    return render(request, "reporting/rules/rule.html", context)


@require_safe
def fired(request: HttpRequest) -> HttpResponse:
    """The suspicions behind a number of a rule or a disease."""
    viewer = request.viewer
    asked = {name: request.GET.get(name, "") for name in ("rule", "disease", "state", "reason")}
    cursor = reading.cursor(request)
    found = queries.fired_rows(viewer, **asked, **reading.walk(cursor), limit=SIZE)
    page = tables.page(found, SIZE, lambda one: (one.found_at, one.id), cursor)
    table = suspicions.table(
        page, "rule-fired", tables.Empty(_("这段时间没有这样的线索"), icon="filter"), clinic.drafted(page.rows), "",
        lambda row: reverse("reporting:suspicion", args=[row.id]),
    )  # fmt: skip
    chips = [components.Chip(_("规则"), asked["rule"])] if asked["rule"] else []
    if asked["disease"]:
        chips.append(components.Chip(_("病种"), words.disease(asked["disease"])))
    if asked["state"] in SuspicionState.values:
        chips.append(components.Chip(_("状态"), SuspicionState(asked["state"]).label))
    if asked["reason"] in DismissReason.values:
        chips.append(components.Chip(_("排除原因"), DismissReason(asked["reason"]).label))
    back = reverse("reporting:rule", args=[asked["rule"]]) if asked["rule"] else reverse("reporting:rules")
    return render(
        request, "reporting/rules/fired.html", {"table": table, "chips": chips, "days": queries.DAYS, "back": back}
    )


def _classes(known: Any, ids: tuple[str, ...]) -> str:
    return "、".join(words.word(known.diseases_pack.case_classes[one]) for one in ids)
