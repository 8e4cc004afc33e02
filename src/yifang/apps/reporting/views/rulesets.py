"""Changing the rules: versions and drafts, one draft with its problems and trials, the list of a trial."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yifang.apps.accounts.words import message_language
from yifang.apps.reporting import rulebook
from yifang.apps.reporting.models import (
    RULESET_TRANSITIONS,
    ChangeKind,
    RuleSet,
    RuleSetState,
    Trial,
    TrialChange,
    TrialState,
)
from yifang.apps.reporting.presenting import words
from yifang.apps.reporting.queries import rulebook as queries
from yifang.apps.reporting.rulebook import plain
from yifang.apps.reporting.services import rulebook as services
from yifang.apps.reporting.views import reading
from yifang.kernel.errors import UserError
from yifang.knowledge import PackError
from yifang.web import components, htmx, tables

SIZE = 50
TONES: dict[str, components.Tone] = {
    "draft": "neutral", "proposed": "warn", "active": "good", "retired": "neutral", "discarded": "neutral",
}  # fmt: skip
_STEPS = {
    "try": None, "propose": services.propose, "activate": services.activate, "discard": services.discard,
}  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
def rulesets(request: HttpRequest) -> HttpResponse:
    """Versions and drafts; a title begins a new draft."""
    viewer = request.viewer
    if request.method == "POST":
        made = services.draft(viewer, title=request.POST.get("title", ""))
        return htmx.redirect(request, reverse("reporting:ruleset", args=[made.id]))
    lines = [(one, TONES[one.state]) for one in queries.rulesets(viewer)]
    return render(request, "reporting/rules/rulesets.html", {"lines": lines, "may_draft": viewer.can("rules.draft")})


@require_http_methods(["GET", "HEAD", "POST"])
def ruleset(request: HttpRequest, ruleset_id: UUID) -> HttpResponse:
    """One: its words with every problem, its trials, what may be done with it. Posting saves the words."""
    viewer = request.viewer
    if request.method == "POST":
        posted = request.POST
        text = posted.get("text", "").replace("\r\n", "\n")
        one = services.change(ruleset_id, viewer, title=posted.get("title", ""), text=text)
        if one.digest:
            messages.success(request, _("已保存，内容有效。"))
        else:
            messages.warning(request, _("已保存，但还有问题，改好才能试运行。"))
        return htmx.redirect(request, reverse("reporting:ruleset", args=[ruleset_id]))
    one = queries.ruleset(ruleset_id, viewer)
    return render(request, "reporting/rules/ruleset.html", _shown(one, request))


@require_POST
def step(request: HttpRequest, ruleset_id: UUID, verb: str) -> HttpResponse:
    """Try, propose, activate or discard it."""
    viewer = request.viewer
    if verb not in _STEPS:
        raise UserError("reporting.rules_step", verb=verb)
    if verb == "try":
        days = request.POST.get("days", "")
        services.try_on_history(ruleset_id, viewer, days=int(days) if days.isdecimal() and len(days) < 5 else 0)
        messages.success(request, _("已开始试运行，可以离开这一页。"))
    else:
        _STEPS[verb](ruleset_id, viewer)
        messages.success(request, _told()[verb])
    return htmx.redirect(request, reverse("reporting:ruleset", args=[ruleset_id]))


@require_safe
def trial(request: HttpRequest, trial_id: UUID) -> HttpResponse:
    """The list of a trial: who would be asked about and who no longer, each opening to its record."""
    viewer = request.viewer
    one = queries.trial(trial_id, viewer)
    kind = request.GET.get("kind", "")
    kind = kind if kind in ChangeKind.values else ChangeKind.NEWLY
    rule = request.GET.get("rule", "")
    here = reverse("reporting:trial", args=[one.id])
    tabs = [
        components.Tab(label, f"{here}?kind={value}", value == kind, getattr(one, value))
        for value, label in ChangeKind.choices
    ]
    table = None
    if viewer.can("record.view"):
        cursor = reading.cursor(request)
        found = queries.trial_changes(one, viewer, kind, rule=rule, **reading.walk(cursor), limit=SIZE)
        table = _changes(tables.page(found, SIZE, lambda change: (change.at, change.id), cursor), kind)
    chips = [components.Chip(_("规则"), rule, f"{here}?kind={kind}")] if rule else []
    context = {"trial": one, "tabs": tabs, "table": table, "chips": chips, "rules": _by_rule(one, here), "kind": kind}
    return render(request, "reporting/rules/trial.html", context)


@dataclass(frozen=True, slots=True)
class Line:
    """A changed record with its disease in words."""

    one: TrialChange
    disease: str

    @property
    def id(self) -> UUID:
        return self.one.id


def _changes(found: tables.Page[TrialChange], kind: str) -> tables.Table[Line]:
    rows = [Line(one, words.disease(one.disease)) for one in found.rows]
    page = tables.Page(rows, found.before, found.after)
    return tables.Table(
        id=f"trial-{kind}", caption=_("试运行名单"),
        columns=[
            tables.Column(_("患者"), "identity"), tables.Column(_("病种")), tables.Column(_("就诊时间"), "date"),
            tables.Column(_("原文")), tables.Column(_("规则"), minor=True),
        ],
        page=page, row_template="reporting/rules/_change_row.html", key=lambda line: line.id,
        empty=tables.Empty(_("没有这样的记录，或者不在您可见的范围内"), icon="filter"),
        url=lambda line: reverse("records:record", args=[line.one.record_id]),
    )  # fmt: skip


def _by_rule(one: Trial, here: str) -> list[tuple[str, bool, list[tuple[str, int, str]]]]:
    labels, known = dict(ChangeKind.choices), rulebook.in_force()
    return [
        (
            rule,
            plain.rule(known, rule) is not None,
            [(labels[kind], count, f"{here}?kind={kind}&rule={rule}") for kind, count in counts.items()],
        )
        for rule, counts in sorted(one.rules.items())
    ]


def _shown(one: RuleSet, request: HttpRequest) -> dict[str, Any]:
    viewer = request.viewer
    problems: list[str] = []
    try:
        rulebook.read(one.text)
    except PackError as wrong:
        problems = [problem.render(message_language()) for problem in wrong.problems]
    own = viewer.can("rules.draft") and viewer.organisation_id == one.organisation_id
    following = RULESET_TRANSITIONS[RuleSetState(one.state)]
    trials = queries.trials(one.id, viewer)
    wrote = viewer.user_id in (one.made_by_id, one.changed_by_id, one.proposed_by_id)
    tried = any(trial.state == TrialState.DONE and trial.digest == one.digest for trial in trials)
    return {
        "one": one,
        "tone": TONES[one.state],
        "problems": problems,
        "trials": trials,
        "running": any(trial.state in (TrialState.WAITING, TrialState.RUNNING) for trial in trials),
        "may_edit": own and one.state in (RuleSetState.DRAFT, RuleSetState.PROPOSED),
        "may_try": own and not problems and one.state in (RuleSetState.DRAFT, RuleSetState.PROPOSED),
        "may_propose": own and tried and RuleSetState.PROPOSED in following,
        "may_discard": own and RuleSetState.DISCARDED in following,
        "may_activate": viewer.can("rules.activate")
        and RuleSetState.ACTIVE in following
        and services.may_decide(one, viewer)
        and (one.number is not None or not wrote),
        "four_eyes": one.state == RuleSetState.PROPOSED and wrote,
    }


def _told() -> dict[str, str]:
    return {
        "propose": _("已提交，等另一位有权限的人启用。"),
        "activate": _("已启用，从下一条记录起按它识别。"),
        "discard": _("已弃置。"),
    }
