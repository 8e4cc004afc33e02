"""The window in the hospital's own system: opened by a signed link, for one doctor and one visit.

Its views find their viewer by the window's own cookie, which the browser sends to this path only; nobody is signed in
by it, and whoever is signed in opens nothing here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yifang.apps.accounts.middleware import opens_itself
from yifang.apps.accounts.models import User
from yifang.apps.accounts.viewers import enter
from yifang.apps.accounts.words import message_language
from yifang.apps.reporting import policy, queries, services
from yifang.apps.reporting.models import SUSPICION_TRANSITIONS, DismissReason, Suspicion, SuspicionState
from yifang.apps.reporting.presenting import card_form, cards, steps, suspicions, words
from yifang.apps.reporting.presenting.guidance import guidance
from yifang.apps.reporting.queries import clinic
from yifang.apps.workstation import presenting, reminder_words, workplaces
from yifang.apps.workstation.limits import FOLLOWED, REFUSED
from yifang.apps.workstation.links import BadLink
from yifang.apps.workstation.outcomes import came_of
from yifang.apps.workstation.services import opening, reminding
from yifang.apps.workstation.visits import patient_keys, records_of, suspicions_of
from yifang.kernel.errors import NotFound, UserError, YifangError, http_status
from yifang.kernel.messages import render as words_of

COOKIE = f"{settings.SESSION_COOKIE_NAME}_window"
PATH = "/window/"
_STATUS = {"workstation.link_used": 409, "workstation.stranger": 403, "workstation.too_many": 429}
_UUID = re.compile(r"[0-9a-f-]{36}")
_REFERRED = re.compile(r"转诊|转院|转往|转至?上级|建议(?:到|去)[^，。；]{1,12}(?:医院|中心)就诊")
View = Callable[..., HttpResponse]


@opens_itself
@csrf_exempt  # the link is its own proof, and comes from another site
@require_http_methods(["GET", "POST"])
def follow(request: HttpRequest, link: str = "") -> HttpResponse:
    """A link is followed: its window opens at an address that says nothing."""
    address = request.META.get("REMOTE_ADDR", "")
    if REFUSED.spent(address) or FOLLOWED.spent(address):
        return _refused(request, "workstation.too_many", {})
    FOLLOWED.count(address)
    try:
        window = opening.open_window(link or request.POST.get("link", ""), address)
    except BadLink as bad:
        REFUSED.count(address)
        return _refused(request, bad.code, bad.params)
    response = HttpResponseRedirect(PATH)
    response.status_code = 303
    response.set_cookie(
        COOKIE, window.token, max_age=int(opening.OPEN.total_seconds()), path=PATH, httponly=True, samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )  # fmt: skip
    return _quiet(response)


def in_window(view: View) -> View:
    """Runs a view inside its window: `request.window`, and `request.viewer` who sees that one person only."""

    def run(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        window = opening.opened(request.COOKIES.get(COOKIE, ""))
        if window is None:
            return _refused(request, "workstation.window_over", {})
        request.window, request.viewer, request.seat = window, window.viewer, None
        try:
            with enter(window.viewer):
                return _quiet(view(request, *args, **kwargs), "same-origin")
        except YifangError as error:
            if http_status(error) >= 500:
                raise
            return _refused(request, error.code, error.params, http_status(error), again=True)

    return opens_itself(run)


@in_window
@require_safe
def window(request: HttpRequest) -> HttpResponse:
    """What is suspected in this visit; the first of several, or the one that was chosen."""
    return _shown(request, request.GET.get("s", ""))


@in_window
@require_safe
def fields(request: HttpRequest, suspicion_id: UUID) -> HttpResponse:
    """The fields of what is filled in, for who wants to change it: few do, and drawing them takes longest."""
    one, _found = _of(request, suspicion_id)
    known = services.preview(one, request.viewer)
    return render(request, "workstation/_fields.html", {"form": presenting.WindowForm(known, known.answers).form})


@in_window
@require_POST
def places(request: HttpRequest, suspicion_id: UUID) -> HttpResponse:
    """Schools or workplaces that what was typed so far may mean. Posted: what is typed stands in no address."""
    one, _found = _of(request, suspicion_id)
    text, population = request.POST.get("employer", "").strip()[:60], request.POST.get("population", "")
    area = one.person.area_code or one.organisation.area_code
    before, _form = workplaces.earlier(one.person_id)
    names = workplaces.offered(text, area, population, before)
    keyed = zip(presenting.KEYS, names, strict=False)
    choices = [presenting.Choice(key, name, name, name == before) for key, name in keyed]
    return render(request, "workstation/_places.html", {"choices": choices, "text": text})


@in_window
@require_POST
def report(request: HttpRequest, suspicion_id: UUID) -> HttpResponse:
    """Report: the card with what was answered. Errors change nothing and keep what was typed."""
    one, found = _of(request, suspicion_id)
    known = services.preview(one, request.viewer)
    given = card_form.posted(request.POST, known.answers)
    given["school_class"] = workplaces.class_in_words(given.get("school_class", ""), given.get("employer", ""))
    try:
        services.report_at_once(one.id, given, request.viewer)
    except services.CardErrors:
        return _page(request, one, found, preview=known, given=given, status=422)
    except UserError as error:
        return _page(request, one, found, preview=known, given=given, refusal=words.error(error), status=422)
    return _done(request, one)


@in_window
@require_POST
def dismiss(request: HttpRequest, suspicion_id: UUID) -> HttpResponse:
    """Not this disease, with a reason."""
    one, found = _of(request, suspicion_id)
    try:
        services.dismiss(one.id, request.viewer, code=request.POST.get("code", ""), note=request.POST.get("note", ""))
    except UserError as error:
        return _page(request, one, found, refusal=words.error(error), status=422)
    return _done(request, one)


@in_window
@require_POST
def consult(request: HttpRequest, suspicion_id: UUID) -> HttpResponse:
    """Ask a colleague."""
    one, found = _of(request, suspicion_id)
    wanted = request.POST.get("colleague", "")
    colleague = User.objects.filter(pk=int(wanted) if wanted.isdecimal() and len(wanted) < 18 else 0).first()
    try:
        services.consult(one.id, request.viewer, colleague=colleague)
    except UserError as error:
        return _page(request, one, found, refusal=words.error(error), status=422)
    return _done(request, one)


@in_window
@require_POST
def close_reminder(request: HttpRequest, reminder_id: UUID) -> HttpResponse:
    """A reminder of care is closed, for a reason."""
    given = request.POST
    wanted = given.get("s", "")
    try:
        reminding.close_reminder(reminder_id, request.viewer, code=given.get("code", ""), note=given.get("note", ""))
    except UserError as error:
        return _shown(request, wanted, refusal=words.error(error), status=422)
    return HttpResponseRedirect(f"{PATH}?s={wanted}" if _UUID.fullmatch(wanted) else PATH)


@in_window
@require_POST
def later(request: HttpRequest) -> HttpResponse:
    """Later: nothing is answered, the question stays in the doctor's list, the window is over."""
    opening.close(request.window)
    response = render(request, "workstation/closed.html")
    response.delete_cookie(COOKIE, path=PATH)
    return response


def _shown(request: HttpRequest, wanted: str, *, refusal: str = "", status: int = 200) -> HttpResponse:
    found = suspicions_of(request.window)
    one = next((each for each in found if str(each.id) == wanted), found[0] if found else None)
    if one is not None:
        return _page(request, one, found, refusal=refusal, status=status)
    context = {"tries": _tries(request), "reminders": _reminders(request), "refusal": refusal}
    return render(request, "workstation/nothing.html", context, status=status)


def _of(request: HttpRequest, suspicion_id: UUID) -> tuple[Suspicion, list[Suspicion]]:
    """A suspicion of this window's visit. Raises NotFound `reporting.no_suspicion` for any other."""
    found = suspicions_of(request.window)
    one = next((each for each in found if each.id == suspicion_id), None)
    if one is None:
        raise NotFound("reporting.no_suspicion")
    return one, found


def _done(request: HttpRequest, one: Suspicion) -> HttpResponse:
    return HttpResponseRedirect(f"{PATH}?s={one.id}")


def _page(
    request: HttpRequest,
    one: Suspicion,
    found: list[Suspicion],
    *,
    preview: services.Preview | None = None,
    given: dict[str, str] | None = None,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    viewer = request.viewer
    told = queries.suspicion(one.id, viewer)
    if one.interruption_id is not None and one.state in (SuspicionState.OPEN, SuspicionState.CONSULTING):
        services.interruptions.shown(one.interruption_id, viewer, where="window")
    one = told.suspicion
    follow = SUSPICION_TRANSITIONS[SuspicionState(one.state)] if one.organisation_id == viewer.organisation_id else ()
    asks = one.state in (SuspicionState.OPEN, SuspicionState.CONSULTING)
    card = told.card
    context: dict[str, Any] = {
        "opened": suspicions.row(one),
        "suspicion": one,
        "others": [suspicions.row(each) for each in found if each.id != one.id],
        "evidence": suspicions.evidence(told.evidence),
        "advice": steps.advice(viewer, one.disease),
        "card": cards.row(card) if card else None,
        "may_report": SuspicionState.REPORTED in follow and (card is None or policy.can(card, "report", viewer)),
        "may_dismiss": SuspicionState.DISMISSED in follow,
        "may_consult": asks,
        "reasons": [
            presenting.Choice(key, code, str(label))
            for key, (code, label) in zip(presenting.KEYS, DismissReason.choices, strict=False)
        ],
        "colleagues": clinic.colleagues(one, viewer)[:60] if asks else [],
        "refusal": refusal,
        "came_of": came_of(card, viewer) if card else [],
        "referred": _is_referred(one),
        "guidance": guidance(one.disease) if card or one.answered_at else [],
        "reminders": _reminders(request),
    }
    if context["may_report"]:
        preview = preview or services.preview(one, viewer)
        answers = dict(preview.answers) if given is None else given
        asked = presenting.WindowForm(preview, answers, workplaces.earlier(one.person_id))
        context |= {
            "form": asked.form,
            "given": given is not None,
            "questions": asked.questions,
            "missing": asked.missing,
            "known": presenting.known(answers, str(one.organisation)),
        }
    return render(request, "workstation/window.html", context, status=status)


def _reminders(request: HttpRequest) -> list[reminder_words.Reminder]:
    """What else might be done for this patient; none while nobody knows whose visit it is."""
    window, viewer = request.window, request.viewer
    if viewer.about == opening.NOBODY:
        return []
    about = sorted(patient_keys(viewer.about, viewer.organisation_id)) or window.keys
    visit, earlier = records_of(window)
    shown = reminding.remind(visit, earlier, about, viewer)
    return [reminder_words.shown_as(one) for one in shown]


def _is_referred(one: Suspicion) -> bool:
    """Whether the record says that the patient is sent on: the duty to report stays with who saw them first."""
    return any(_REFERRED.search(note.get("text", "")) for note in one.record.payload.get("notes", ()))


def _tries(request: HttpRequest) -> int:
    """How often the page asked by itself whether something came in; it stops after a minute."""
    said = request.GET.get("n", "0")
    return min(int(said), 99) + 1 if said.isdecimal() and len(said) < 4 else 1


def _refused(
    request: HttpRequest, code: str, params: Any, status: int | None = None, *, again: bool = False
) -> HttpResponse:
    status = status or _STATUS.get(code, 403)
    text = words_of(code, params, message_language())
    context = {"message": text, "code": code.partition(".")[2], "again": again, "title": _("窗口没有打开")}
    return _quiet(render(request, "workstation/refused.html", context, status=status))


def _quiet(response: HttpResponse, referrer: str = "no-referrer") -> HttpResponse:
    """Kept by no cache, and told to no other site.

    The window's own address tells nothing, and its forms need `same-origin`: without a referrer browsers send the
    origin `null`, which the guard against forged forms refuses.
    """
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = referrer
    return response
