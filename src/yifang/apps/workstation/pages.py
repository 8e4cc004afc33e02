"""The desk's page of the hospital's own systems: which may open windows, and whose staff numbers nobody has here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from yifang.apps.accounts.viewers import Viewer
from yifang.apps.ledger.services import Change, append
from yifang.apps.reporting.presenting import card_form, words
from yifang.apps.workstation import queries, reminder_words
from yifang.apps.workstation.models import Stranger
from yifang.apps.workstation.services import front_end
from yifang.kernel import clock, protocols
from yifang.kernel.errors import NotFound, UserError
from yifang.kernel.protocols import WorkLine
from yifang.knowledge import load
from yifang.web import htmx

PERIODS = ("7", "30", "90")  # days
_DESK = frozenset({"hospital_desk"})


def register() -> None:
    """Called once, when the app is ready."""
    protocols.work_sources.add(protocols.Named("workstation.strangers", work_lines))
    protocols.menu.add(
        protocols.MenuItem(
            "workstation",
            gettext_lazy("医生工作站"),
            "workstation:systems",
            _DESK,
            order=62,
            icon="device-desktop",
            about=gettext_lazy("看本院哪些系统能打开提醒窗口，哪些工号还没有登记。"),
            group="data",
        )
    )
    labels = {
        "workstation_client": gettext_lazy("工作站接入"), "window": gettext_lazy("工作站窗口"),
        "reminder": gettext_lazy("诊疗提醒"),
    }  # fmt: skip
    protocols.name_words("subject", labels)


def work_lines(viewer: Viewer) -> Iterator[WorkLine]:
    """A line while staff numbers wait."""
    if count := queries.strangers(viewer):
        label = ngettext("{n} 个医生工号没有登记", "{n} 个医生工号没有登记", count).format(n=count)
        yield WorkLine(label, reverse("workstation:systems"), count)


@require_safe
def systems(request: HttpRequest) -> HttpResponse:
    """The page."""
    found = queries.systems(request.viewer)
    return render(
        request,
        "workstation/systems.html",
        {
            "clients": found.clients,
            "strangers": found.strangers,
            "now": clock.now(),
            "diseases": card_form.diseases(""),
            "told": queries.front_end_told(request.viewer),
        },
    )


@require_safe
def reminders(request: HttpRequest) -> HttpResponse:
    """How the reminders of care fare: shown, closed and why, and how tiring each is; with the lines behind a number."""
    viewer, given = request.viewer, request.GET
    said = given.get("days", "")
    days = int(said) if said in PERIODS else int(PERIODS[1])
    rule, answer = given.get("rule", ""), given.get("answer", "")
    context: dict[str, Any] = {
        "days": days,
        "periods": [(int(one), int(one) == days) for one in PERIODS],
        "table": reminder_words.table(queries.reminder_rates(viewer, days)),
        "quiet": load().reminders.quiet,
        "tiresome": f"{load().reminders.quiet.tiresome:.0%}",
        "answers": reminder_words.answers(),
    }
    if rule:
        context |= {
            "rows": [(one, reminder_words.answer_of(one)) for one in queries.reminder_rows(viewer, days, rule, answer)],
            "shown": reminder_words.title(rule),
        }
    return render(request, "workstation/reminders.html", context)


@require_POST
def front_end_state(request: HttpRequest) -> HttpResponse:
    """The desk types what the national front-end software says of a card."""
    given = request.POST
    try:
        silent, waiting = front_end.say(
            request.viewer, visit=given.get("visit", ""), disease=given.get("disease", ""),
            stands=given.get("stands") == "yes",
        )  # fmt: skip
    except UserError as error:
        messages.error(request, words.error(error))
    else:
        told = _("已记下：{silent} 条线索改为只跟踪，{waiting} 条重新等待答复。")
        messages.success(request, told.format(silent=silent, waiting=waiting))
    return htmx.redirect(request, reverse("workstation:systems"))


@require_POST
def settle(request: HttpRequest, stranger_id: UUID) -> HttpResponse:
    """The staff number was given a seat, or is nobody's: it waits no longer, until it is named again."""
    viewer = request.viewer
    viewer.check("card.review")
    one = Stranger.objects.filter(id=stranger_id).first()
    if one is None:
        raise NotFound("workstation.no_stranger")
    one.delete()
    scopes = [f"org:{viewer.organisation_id}"]
    append(Change("workstation.stranger_settled", "workstation_client", None, scopes=scopes), viewer)
    messages.success(request, _("已处理，下次再出现会重新列出。"))
    return htmx.redirect(request, reverse("workstation:systems"))
