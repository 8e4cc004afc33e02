"""The hospital's own names that the packs do not know: the most frequent first, with what each is likeliest to mean."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from yifang.apps.intake import queries
from yifang.apps.intake.models import LocalName, NameKind, NameState
from yifang.apps.intake.services.names import answer as keep
from yifang.apps.intake.services.names import label, target_of, targets
from yifang.knowledge import load
from yifang.web import components, htmx, tables

SIZE = 50


@dataclass(frozen=True, slots=True)
class Shown:
    """A name with its proposals in words, and what it was said to mean."""

    one: LocalName
    proposals: list[tuple[str, str, int]]  # target, words, percent
    meaning: str


@require_safe
def names(request: HttpRequest) -> HttpResponse:
    """The names of one kind, in one state."""
    viewer = request.viewer
    kind = _one_of(request.GET.get("kind", ""), NameKind.values, NameKind.TEST)
    state = _one_of(request.GET.get("state", ""), NameState.values, NameState.OPEN)
    cursor = tables.read_cursor(request.GET.get("at", ""))
    after = _place(cursor)
    rows = queries.names(viewer, kind, state, after=after, limit=SIZE)
    page = tables.page(rows, SIZE, lambda one: (one.seen, one.id), None)
    counts = queries.name_counts(viewer)
    context = {
        "rows": [_shown(one) for one in page.rows], "after": page.after, "kind": kind, "state": state,
        "first": after is None,
        "tabs": [
            components.Tab(one.label, tables.with_query(request.GET, kind=one.value, at=""), one == kind,
                           counts.get((one.value, NameState.OPEN.value), 0))
            for one in NameKind
        ],
        "states": [
            components.Tab(one.label, tables.with_query(request.GET, state=one.value, at=""), one == state,
                           counts.get((kind, one.value), 0))
            for one in NameState
        ],
        "choices": [
            (name, label(kind, target)) for target, names in targets(load().digest)[kind].items() for name in names
        ],
        "more": tables.with_query(request.GET, at=page.after) if page.after else "",
    }  # fmt: skip
    return render(request, "intake/names.html", context)


@require_POST
def answer(request: HttpRequest, name_id: UUID) -> HttpResponse:
    """Say what a name means: `target` of the pack, `none` for nothing of ours, empty to open it again."""
    request.viewer.check("feed.connect")
    back = request.POST.get("back", "")
    to = reverse("intake:names") + (back if back.startswith("?") else "")
    target, said = request.POST.get("target", ""), request.POST.get("other", "").strip()
    if not target and said and not (target := target_of(queries.name(name_id, request.viewer).kind, said)):
        messages.error(request, _("“{said}”对不上唯一的一项，请从提示里选一个。").format(said=said[:40]))
        return htmx.redirect(request, to)
    state = (
        NameState.OPEN if request.POST.get("reopen") else NameState.IGNORED if target == "none" else NameState.CONFIRMED
    )
    one = keep(name_id, state, target, request.viewer)
    if state == NameState.CONFIRMED:
        messages.success(
            request,
            _("“{name}”按“{meaning}”读，以前收到的也在重新识别。").format(
                name=one.name, meaning=label(one.kind, target)
            ),
        )
    return htmx.redirect(request, to)


def _shown(one: LocalName) -> Shown:
    proposals = [(target, label(one.kind, target), round(score * 100)) for target, score in one.proposals]
    return Shown(one, proposals, label(one.kind, one.target) if one.target else "")


def _one_of(given: str, known: list[str], otherwise: str) -> str:
    return given if given in known else str(otherwise)


def _place(cursor: tables.Cursor | None) -> queries.NamePlace | None:
    if cursor is None or len(cursor.values) != 2:
        return None
    seen, key = cursor.values
    return (seen, key) if isinstance(seen, int) and isinstance(key, UUID) else None
