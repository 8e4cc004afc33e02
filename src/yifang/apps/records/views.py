"""The page of a person with their time line, their identity on purpose, and the page of a record."""

from collections.abc import Sequence
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from yifang.apps.accounts import purposes
from yifang.apps.records import conflicts, presenting, queries
from yifang.apps.records import identity as identities
from yifang.kernel import protocols
from yifang.kernel.errors import NotFound
from yifang.web import components, htmx


@require_safe
def person(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Masked facts and the time line; where the viewer may not see the person, the glass that they may break."""
    viewer = request.viewer
    try:
        found = queries.person(person_id, viewer)
    except NotFound:
        # The same page whether there is such a person or not.
        if not viewer.can("glass.open"):
            raise
        return render(request, "records/closed.html", {"person_id": person_id}, status=404)
    if found.merged_into_id:  # an alias: the person that it is now
        return redirect("records:person", found.merged_into_id)
    line = queries.time_line(person_id, viewer)
    wanted = request.GET.get("kind", "")
    kinds = presenting.LINE_FILTERS[wanted][1] if wanted in presenting.LINE_FILTERS else None
    moments = [
        components.Moment(
            entry.at,
            presenting.title(entry),
            entry.detail,
            presenting.ICONS.get(entry.kind, "circle-dot"),
            url=entry.url,
        )
        for entry in line
        if kinds is None or entry.kind in kinds
    ]
    context = {
        "person": found,
        "moments": moments,
        "chains": [chain for source in protocols.chains for chain in source.call(viewer, person_id)],
        "line_tabs": _line_tabs(person_id, line, wanted),
        "conflict": conflicts.of(person_id),
        "may_match": viewer.can("person.match"),
        "may_link": viewer.can("person.link"),
        "pairs": queries.pairs_about(person_id, viewer),
        "aliases": queries.aliases(person_id),
        "purpose": purpose_words(viewer.purpose) if viewer.purpose else "",
    }
    return render(request, "records/person.html", context)


def purpose_words(purpose: str) -> str:
    """A purpose as people say it: one that was asked by its choice and words, any other as its app says."""
    asked, _sign, rest = purpose.partition("asked:")
    if asked or not rest:
        return str(protocols.word_of("purpose", purpose))
    choice, _sign, note = rest.partition(": ")
    return f"{purposes.CHOICES.get(choice, choice)}{f'（{note}）' if note else ''}"


def _line_tabs(person_id: UUID, line: Sequence[protocols.TimelineEntry], wanted: str) -> list[components.Tab]:
    """Everything, and each kind of which there is something; none where there is but one kind."""
    here = reverse("records:person", args=[person_id])
    counted = [
        (name, label, sum(entry.kind in kinds for entry in line))
        for name, (label, kinds) in presenting.LINE_FILTERS.items()
    ]
    held = [each for each in counted if each[2] or each[0] == wanted]
    if len(held) < 2:
        return []
    every = components.Tab(_("全部"), here, wanted not in presenting.LINE_FILTERS, len(line))
    return [every, *(components.Tab(label, f"{here}?kind={name}", name == wanted, n) for name, label, n in held)]


@require_POST
def conflict(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """What the hospital says of a number that came under two names."""
    conflicts.answer(person_id, request.viewer, request.POST.get("state", ""))
    messages.success(request, _("已记录。"))
    return htmx.redirect(request, reverse("records:person", args=[person_id]))


@require_POST
def identity(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Who the person is. Without a purpose it is asked first."""
    viewer = request.viewer
    viewer.check("person.open")
    if not viewer.purpose:
        onward = urlencode({"next": reverse("records:person", args=[person_id])})
        return htmx.redirect(request, f"{reverse('accounts:purpose', args=[person_id])}?{onward}")
    opened = identities.open_identity(person_id, viewer)
    if htmx.is_htmx(request):
        return render(request, "records/_identity.html", {"identity": opened})
    found = queries.person(person_id, viewer)
    return render(request, "records/person.html", {"person": found, "moments": [], "identity": opened})


@require_safe
def record(request: HttpRequest, record_id: UUID) -> HttpResponse:
    """One version of a record, part by part."""
    opened = queries.record(record_id, request.viewer)
    context = {
        "row": opened.row,
        "record": opened.record,
        "versions": opened.versions,
        "kind": presenting.kind(opened.row),
        "tone": presenting.STATES[opened.row.state],
        "may_open_person": request.viewer.can("person.open"),
    }
    return render(request, "records/record.html", context)
