"""Matters: their lists, one matter, beginning one, taking a step."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yifang.apps.accounts.viewers import Viewer
from yifang.apps.care import documents, services, suspected
from yifang.apps.care.calendar import SENTINEL
from yifang.apps.care.models import Matter, MatterState
from yifang.apps.care.presenting import criteria
from yifang.apps.care.presenting import matters as presenting
from yifang.apps.care.queries import matters as queries
from yifang.apps.care.queries import progress
from yifang.apps.care.queries import sentinel as weeks
from yifang.apps.care.services import matters as walking
from yifang.apps.care.services import whistling
from yifang.apps.care.views import filling
from yifang.apps.forms.services import Unfilled
from yifang.apps.ledger.services import looked
from yifang.apps.reporting.models import Suspicion
from yifang.kernel.errors import NotAllowed
from yifang.web import components, tables
from yifang.web.documents import DOCX

SIZE = 50
OWN_PAGES = {"whistle": "care:whistle", "triage": "care:triage"}  # begun on a page of their own


@require_safe
def matters(request: HttpRequest) -> HttpResponse:
    """The matters of one kind; the kinds that are the viewer's stand as tabs."""
    viewer = request.viewer
    viewer.check("matter.list")
    kinds = queries.kinds(viewer)
    counts = queries.open_counts(viewer)
    wanted = request.GET.get("kind", "")
    first = next((one for one in kinds if counts[one.id]), kinds[0] if kinds else None)
    kind = next((one for one in kinds if one.id == wanted), first)
    if kind is None:
        raise NotAllowed("accounts.not_allowed", role=viewer.role, permission="matter.list")
    state = MatterState.CLOSED if request.GET.get("state") == MatterState.CLOSED else MatterState.OPEN
    cursor = tables.read_place(request.GET.get("at", ""), instants=False)
    rows = queries.matter_list(
        viewer, kind.id, state=state, after=cursor.values if cursor else None,
        backwards=bool(cursor and cursor.backwards), limit=SIZE,
    )  # fmt: skip
    page = tables.page(rows, SIZE, lambda one: (one.day, one.id), cursor)
    here = reverse("care:matters")
    context = {
        "kind": kind, "title": presenting.word(kind), "state": state,
        "kinds": [
            components.Tab(presenting.word(one), f"{here}?kind={one.id}", one is kind, counts[one.id]) for one in kinds
        ],
        "states": [
            components.Tab(label, f"{here}?kind={kind.id}&state={value}", value == state)
            for value, label in MatterState.choices
        ],
        "table": presenting.table(page, kind, queries.due_of(page.rows)),
        "may_open": viewer.can("matter.open") and viewer.role in kind.step(kind.starts).by and _has_form(kind),
        "new_url": reverse(OWN_PAGES[kind.id]) if kind.id in OWN_PAGES else reverse("care:new", args=[kind.id]),
    }  # fmt: skip
    return render(request, "care/matters.html", context)


@require_safe
def matter(request: HttpRequest, matter_id: UUID) -> HttpResponse:
    """One matter: what was done, what waits, what it led to."""
    return _page(request, matter_id)


@require_POST
def identity(request: HttpRequest, matter_id: UUID) -> HttpResponse:
    """The matter with whom it is about. Without a purpose it is asked first."""
    viewer = request.viewer
    viewer.check("matter.list")
    opened = queries.matter(matter_id, viewer)
    if not viewer.purpose:
        onward = urlencode({"next": reverse("care:matter", args=[matter_id])})
        return redirect(f"{reverse('accounts:purpose', args=[matter_id])}?{onward}")
    looked("care.identity_opened", "matter", opened.matter.id, viewer)
    return _page(request, matter_id, whole=True)


@require_POST
def minutes(request: HttpRequest, matter_id: UUID) -> HttpResponse:
    """The minutes as a Word document. Without a purpose it is asked first."""
    viewer = request.viewer
    viewer.check("matter.list")
    opened = queries.matter(matter_id, viewer)
    if not viewer.purpose:
        onward = urlencode({"next": reverse("care:matter", args=[matter_id])})
        return redirect(f"{reverse('accounts:purpose', args=[matter_id])}?{onward}")
    name = f"{walking.kind_of(opened.matter.kind).zh}-{opened.matter.day}"
    headers = {"Content-Disposition": content_disposition_header(True, f"{name}.docx") or "attachment"}
    return HttpResponse(documents.minutes(opened, viewer), content_type=DOCX, headers=headers)


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest, kind: str) -> HttpResponse:
    """Begin a matter with its first form."""
    viewer = request.viewer
    viewer.check("matter.open")
    found = walking.kind_of(kind)
    step = found.step(found.starts)
    if viewer.role not in step.by or step.form is None:
        raise NotAllowed("care.not_your_step", step={"zh": step.zh, "en": step.en})
    refused = None
    about = _suspicion(request.GET.get("suspicion", ""))
    if request.method == "POST" and not filling.is_refresh(request):
        try:
            made = services.open_matter(
                kind, filling.filled(request, step.form), viewer, person=about.person if about else None,
                about=(suspected.KIND, about.id) if about else None, disease=about.disease if about else "",
            )  # fmt: skip
        except Unfilled as error:
            refused = error
        else:
            messages.success(request, _("已登记。"))
            return redirect("care:matter", made.id)
    here = reverse("care:new", args=[kind]) + (f"?suspicion={about.id}" if about else "")
    known = {"disease": about.disease, "tests": "\n".join(suspected.tests_for(about.disease))} if about else {}
    context = {"title": presenting.word(found), "back": _list(kind)}
    return _form(request, step.form, here, {walking.PERSON} if about else set(), refused, context, known)


@require_http_methods(["GET", "POST"])
def take(request: HttpRequest, matter_id: UUID, step: str) -> HttpResponse:
    """Take a step; one without a form is taken by sending it."""
    viewer = request.viewer
    viewer.check("matter.open")
    opened = queries.matter(matter_id, viewer)
    found = walking.kind_of(opened.matter.kind)
    definition = walking.step_of(found, step)
    if not walking.may_take(opened.matter, definition, viewer):
        # says why: not the role's, or it does not wait
        services.take(matter_id, step, walking.Filled(), viewer)
    refused = None
    if request.method == "POST" and not filling.is_refresh(request):
        given = filling.filled(request, definition.form) if definition.form else walking.Filled()
        try:
            services.take(matter_id, step, given, viewer)
        except Unfilled as error:
            refused = error
        else:
            messages.success(request, _("“{step}”已记录。").format(step=presenting.word(definition)))
            return redirect("care:matter", matter_id)
    here = reverse("care:take", args=[matter_id, step])
    context = {
        "title": presenting.word(definition), "matter": opened.matter, "kind": presenting.word(found),
        "about": presenting.about(opened.matter), "back": reverse("care:matter", args=[matter_id]),
        "due": opened.due.get(step),
    }  # fmt: skip
    if definition.form is None:
        return render(request, "care/fill.html", {**context, "form": None, "here": here})
    known = _known(opened.matter, viewer) if request.method == "GET" else {}
    return _form(request, definition.form, here, walking.done_of(opened.matter), refused, context, known)


def _page(request: HttpRequest, matter_id: UUID, *, whole: bool = False) -> HttpResponse:
    opened = queries.matter(matter_id, request.viewer)
    work = request.GET.get("work", "")
    page = presenting.page_of(opened, request.viewer, whole=whole, purpose=work)
    kind = page.kind
    matter = opened.matter
    context = {
        "progress": progress.progress(matter) if matter.kind == "rule_out" else (),
        "may_record": request.viewer.can("record.view"),
        "criteria": criteria.criteria(opened) if matter.kind == "pneumonia" else (),
        "criteria_source": criteria.source(),
        "minutes_url": reverse("care:minutes", args=[matter_id]) if kind.minutes else "",
        "page": page, "reporter": _may_unseal(opened.matter, request), "matter": opened.matter,
        "title": presenting.word(kind), "about": presenting.about(opened.matter),
        "state": presenting.state(opened.matter, kind), "list_url": _list(kind.id), "work": work,
        "children": [
            (presenting.word(walking.kind_of(one.kind)), presenting.state(one, walking.kind_of(one.kind)), one)
            for one in opened.children
        ],
        "parent": opened.matter.parent,
        "parent_kind": presenting.word(walking.kind_of(opened.matter.parent.kind)) if opened.matter.parent else "",
    }  # fmt: skip
    return render(request, "care/matter.html", context)


def _form(
    request: HttpRequest,
    form_id: str,
    here: str,
    done: set[str],
    refused: Unfilled | None,
    context: dict[str, Any],
    known: Mapping[str, Any],
) -> HttpResponse:
    form = filling.drawn(request, form_id, here, known, done, refused)
    context |= {"form": form, "here": here, "started": request.POST.get("started") or filling.started()}
    return render(request, "care/fill.html", context, status=422 if refused else 200)


def _suspicion(text: str) -> Suspicion | None:
    try:
        return suspected.of_viewer(UUID(text)) if text else None
    except ValueError:
        return None


def _known(matter: Matter, viewer: Viewer) -> dict[str, Any]:
    """What the records say of a form already: the counts of a sentinel's week; whom triage sent to a clinic."""
    if matter.kind == SENTINEL and matter.topic:
        return dict(weeks.counted(viewer, date.fromisoformat(matter.topic)))
    return {"sex": matter.sex, "age": matter.age} if matter.age is not None or matter.sex else {}


def _may_unseal(matter: Matter, request: HttpRequest) -> bool:
    anonymous = matter.kind == whistling.KIND and matter.opened_by_id is None
    return anonymous and request.viewer.can("whistle.unseal")


def _list(kind: str) -> str:
    return f"{reverse('care:matters')}?kind={kind}"


def _has_form(kind: Any) -> bool:
    return kind.step(kind.starts).form is not None
