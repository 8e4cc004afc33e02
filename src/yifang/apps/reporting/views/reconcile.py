"""The desk's page for a file from the national system: drop it, look at what would be recorded, agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yifang.apps.accounts.words import message_language
from yifang.apps.reporting import queries, services
from yifang.apps.reporting.models import Reconciliation
from yifang.apps.reporting.presenting import cards, words
from yifang.apps.reporting.reconciling import Verdict
from yifang.apps.reporting.services.reconcile import LARGEST
from yifang.kernel import messages as texts
from yifang.kernel.errors import UserError
from yifang.web import htmx

# What a person must do first; what needs nothing stands last.
_TITLES = {
    Verdict.MATCHED: gettext_lazy("对上了，确认后登记"),
    Verdict.AMBIGUOUS: gettext_lazy("说不准，请选是哪一张卡"),
    Verdict.DIFFERS: gettext_lazy("卡号已登记，录入时间不同"),
    Verdict.NOT_FOUND: gettext_lazy("没有对应的卡"),
    Verdict.UNREADABLE: gettext_lazy("不能登记"),
    Verdict.DELETED: gettext_lazy("大疫情网中已删除"),
    Verdict.KNOWN: gettext_lazy("已经登记"),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A line of the file with the cards that it may be."""

    row: int
    number: str
    card_no: str
    entered_at: datetime | None
    cards: Sequence[cards.Row]
    why: str


@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """The place to drop a file, and the files dropped before; a file leads to its preview."""
    viewer = request.viewer
    viewer.check("card.enter")
    if request.method == "POST":
        file = request.FILES.get("file")
        if file is None:
            raise UserError("reporting.export_unreadable", name="—")
        if (file.size or 0) > LARGEST:  # before it is read
            raise UserError("reporting.export_too_large", name=file.name or "", most=LARGEST // 1_000_000)
        made = services.reconcile.preview(file.name or "", file.read(), viewer)
        return htmx.redirect(request, reverse("reporting:reconciliation", args=[made.id]))
    return render(request, "reporting/reconcile.html", {"earlier": queries.reconciliations(viewer)})


@require_safe
def preview(request: HttpRequest, reconciliation_id: UUID) -> HttpResponse:
    """What each line is, most urgent first."""
    made = queries.reconciliation(reconciliation_id, request.viewer)
    groups = _groups(made)
    context = {
        "made": made,
        "groups": groups,
        "to_confirm": any(group["picks"] and group["lines"] for group in groups) and made.confirmed_at is None,
    }
    return render(request, "reporting/reconciliation.html", context)


@require_POST
def confirm(request: HttpRequest, reconciliation_id: UUID) -> HttpResponse:
    """Record what was ticked and chosen."""
    queries.reconciliation(reconciliation_id, request.viewer)  # whose it is, before what was typed
    outcome = services.reconcile.confirm(reconciliation_id, _chosen(request.POST), request.viewer)
    messages.success(request, _("已登记 {n} 张卡的网报卡号和录入时间。").format(n=len(outcome.done)))
    for row, error in outcome.refused[:10]:
        messages.warning(request, _("第 {row} 行没有登记：{why}").format(row=row, why=words.error(error)))
    return htmx.redirect(request, reverse("reporting:reconciliation", args=[reconciliation_id]))


def _groups(made: Reconciliation) -> list[dict[str, Any]]:
    """The lines by verdict, in the order of `_TITLES`."""
    known = queries.cards_by_id({UUID(id) for line in made.lines for id in line["cards"]})
    groups = []
    for verdict, title in _TITLES.items():
        lines = [_shown(line, known) for line in made.lines if line["verdict"] == verdict]
        if lines:
            picks = verdict in (Verdict.MATCHED, Verdict.AMBIGUOUS)
            groups.append({"verdict": str(verdict), "title": title, "lines": lines, "picks": picks})
    return groups


def _shown(line: Mapping[str, Any], known: Mapping[UUID, Any]) -> Shown:
    at = datetime.fromisoformat(line["entered_at"]) if line["entered_at"] else None
    found = [cards.row(known[UUID(id)]) for id in line["cards"] if UUID(id) in known]
    why = texts.render(line["code"], line["params"], message_language()) if "code" in line else ""
    return Shown(line["row"], line["number"], line["card_no"], at, found, why)


def _chosen(posted: Mapping[str, Any]) -> dict[int, UUID]:
    """`card-<row>` → card; a row left alone is not in it. Raises UserError `reporting.reconcile_choice`."""
    try:
        return {
            int(name.removeprefix("card-")): UUID(value)
            for name, value in posted.items()
            if name.startswith("card-") and value
        }
    except ValueError:
        raise UserError("reporting.reconcile_choice", rows=[]) from None
