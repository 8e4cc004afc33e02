"""The match queue: texts that name no known school or worksite, and the answer for one of them beside the list."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from yifang.apps.places import naming, queries, services
from yifang.apps.places.models import MatchState
from yifang.kernel.errors import UserError
from yifang.knowledge import load
from yifang.web import components, htmx, tables

SIZE = 50
NO_SUCH_PLACE = "none"


@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    """The texts in one state, the longest waiting first."""
    return render(request, "places/queue.html", _list(request, _state(request)))


@require_safe
def match(request: HttpRequest, match_id: UUID) -> HttpResponse:
    """One text beside the list: who bears it, what it may mean, what was answered."""
    viewer = request.viewer
    found = queries.match(match_id, viewer)
    words = request.GET.get("q", "")[:60].strip()
    context = _list(request, found.state, str(found.id)) | {
        "opened": True,
        "match": found,
        "area": _area(found.area_code),
        "bearers": queries.bearers(found.id, viewer),
        "closed_url": f"{reverse('places:queue')}?state={found.state}",
        "words": words,
        "may_answer": services.may_answer(found, viewer),
        "answered_by": queries.who_answered(found),
    }
    if found.state == MatchState.OPEN:
        likely = naming.candidates(found.text, found.area_code)
        context |= {
            "candidates": [(one, _area(one.organisation.area_code)) for one in likely],
            "may_create": services.may_create(found, viewer),
            "new_name": naming.without_class(found.text),
            "new_kinds": [(kind.value, kind.label) for kind in naming.KINDS],
            "found": [(one, _area(one.area_code)) for one in naming.search(words)] if words else None,
        }
    return render(request, "places/queue.html", context)


@require_POST
def answer(request: HttpRequest, match_id: UUID) -> HttpResponse:
    """An organisation was chosen, or that there is no such place."""
    queries.match(match_id, request.viewer)  # who may not see it is told so, not what is missing
    chosen = request.POST.get("organisation", "")
    if not chosen:
        raise UserError("places.choose")
    found = services.answer(match_id, None if chosen == NO_SUCH_PLACE else _uuid(chosen), request.viewer)
    words = _("已确认。同样的写法以后自动对上，先前的记录正在更新。")
    messages.success(request, words if found.organisation_id else _("已记为没有对应单位。"))
    return redirect("places:queue")


@require_POST
def create(request: HttpRequest, match_id: UUID) -> HttpResponse:
    """The text names a school or employer that is not on the list: put it there."""
    queries.match(match_id, request.viewer)
    name, kind, code = (request.POST.get(each, "") for each in ("name", "kind", "code"))
    services.create(match_id, name, kind, code, request.viewer)
    messages.success(request, _("已登记并确认。同样的写法以后自动对上，先前的记录正在更新。"))
    return redirect("places:queue")


@require_POST
def reopen(request: HttpRequest, match_id: UUID) -> HttpResponse:
    """Take the answer back."""
    services.reopen(match_id, request.viewer)
    messages.success(request, _("已退回待匹配。"))
    return redirect("places:match", match_id)


def _list(request: HttpRequest, state: str, opened: str = "") -> dict[str, object]:
    viewer = request.viewer
    if opened and htmx.is_htmx(request, "detail"):
        return {}
    cursor = tables.read_place(request.GET.get("at", ""), instants=True)
    after, backwards = (cursor.values, cursor.backwards) if cursor else (None, False)
    rows = queries.matches(viewer, state, after=after, backwards=backwards, limit=SIZE)
    here = reverse("places:queue")
    counted = queries.counts(viewer, tables.MOST_COUNTED)
    tabs = [
        components.Tab(label, f"{here}?state={one}", one == state, counted[one], one == MatchState.OPEN)
        for one, label in MatchState.choices
    ]
    table = tables.Table(
        id="places",
        caption=_("地点匹配"),
        columns=[
            tables.Column(_("原文"), "identity"),
            tables.Column(_("记录数"), "number"),
            tables.Column(_("县区"), minor=True),
            tables.Column(_("对应单位")) if state != MatchState.OPEN else tables.Column(_("出现"), "date"),
        ],
        page=tables.page(
            [(line, _area(line.match.area_code)) for line in rows], SIZE,
            lambda row: (row[0].match.first_seen, row[0].match.id), cursor,
        ),
        row_template="places/_row.html",
        key=lambda row: row[0].match.id,
        url=lambda row: reverse("places:match", args=[row[0].match.id]),
        opens_in="detail",
        opened=opened,
        changed=lambda row: row[0].match.answered_at or row[0].match.first_seen,
        empty=_empty(state),
    )  # fmt: skip
    return {"table": table, "tabs": tabs, "state": state}


def _empty(state: str) -> tables.Empty:
    if state == MatchState.OPEN:
        return tables.Empty(
            _("没有待匹配的地点"), _("报告卡上写的学校或单位对不上名单时，会列在这里等人确认。"), "circle-check"
        )
    return tables.Empty(_("这里还没有记录"), icon="building")


def _state(request: HttpRequest) -> str:
    wanted = request.GET.get("state", "")
    return wanted if wanted in MatchState.values else MatchState.OPEN


def _area(code: str) -> str:
    return load().regions.full_name(code) or code if code else ""


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise UserError("places.no_organisation") from None
