"""What reporting shows on pages of earlier apps: a person's time line and the search box.

Links lead to whichever page is registered for a subject (`protocols.subject_pages`); without one there is no link.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from yifang.apps.accounts.viewers import Viewer
from yifang.apps.reporting.chains import chains
from yifang.apps.reporting.models import Card, Case, Suspicion
from yifang.apps.reporting.presenting.district import who
from yifang.apps.reporting.queries.search import look_up
from yifang.kernel import protocols
from yifang.kernel.protocols import SearchHit, TimelineEntry
from yifang.knowledge import load


def register() -> None:
    """Called once, when the app is ready."""
    protocols.timeline.add(protocols.Named("reporting", timeline))
    protocols.chains.add(protocols.Named("reporting", chains))
    protocols.search.add(protocols.Named("reporting", search))
    protocols.subject_names.add(protocols.Named("card", names_of_cards))
    protocols.subject_names.add(protocols.Named("suspicion", names_of_suspicions))


def timeline(viewer: Viewer, person_id: UUID) -> Iterator[TimelineEntry]:
    """Suspicions, cards and cases of the person, as far as the viewer sees them."""
    for one in Suspicion.objects.filter(person_id=person_id):
        url = _url("suspicion", one.id) if viewer.can("suspicion.list") else ""
        yield TimelineEntry(one.evidence_at, "suspicion", _disease(one.disease), one.get_state_display(), url)
    for card in Card.objects.filter(person_id=person_id):
        url = _url("card", card.id) if viewer.can("card.view") else ""
        at = card.diagnosed_at or card.created_at
        yield TimelineEntry(at, "card", _disease(card.disease), card.get_state_display(), url)
    for case in Case.objects.filter(person_id=person_id):
        url = _url("case", case.id) if viewer.can("case.list") else ""
        detail = _("已排除") if case.excluded else ""
        yield TimelineEntry(case.created_at, "case", _disease(case.disease), detail, url)


def search(viewer: Viewer, text: str, limit: int) -> list[SearchHit]:
    """Cards, cases and suspicions found by exact name, number or telephone."""
    found = look_up(viewer, text, limit)
    hits = [
        SearchHit(
            "card", who(one.group, one.id, one.masked_name) or one.card_no,
            f"{_('报告卡')} · {_disease(one.disease)} · {one.get_state_display()} · {one.organisation} · {one.card_no}",
            _url("card", one.id),
        )
        for one in found.cards
    ]  # fmt: skip
    hits += [
        SearchHit(
            "case", who(one.group, one.id, one.person.masked_name),
            f"{_('病例')} · {_disease(one.disease)} · {one.onset_date} · {one.report_org}", _url("case", one.id),
        )
        for one in found.cases
    ]  # fmt: skip
    hits += [
        SearchHit(
            "suspicion", one.person.masked_name, f"{_('线索')} · {_disease(one.disease)}", _url("suspicion", one.id)
        )
        for one in found.suspicions
    ]
    return hits[:limit]


def names_of_cards(viewer: Viewer, ids: Sequence[UUID]) -> dict[UUID, str]:
    """Who the cards are about, masked; those that the viewer does not see are left out."""
    if not viewer.can("card.view"):
        return {}
    return {one.id: who(one.group, one.id, one.masked_name) for one in Card.objects.filter(id__in=ids)}


def names_of_suspicions(viewer: Viewer, ids: Sequence[UUID]) -> dict[UUID, str]:
    """Who the suspicions are about, masked; those that the viewer does not see are left out."""
    if not viewer.can("suspicion.list"):
        return {}
    found = Suspicion.objects.filter(id__in=ids).select_related("person")
    return {one.id: who(one.group, one.id, one.person.masked_name) for one in found}


def _disease(id: str) -> str:
    found = load().diseases.get(id)
    if found is None:
        return id
    return found.en if (translation.get_language() or "").startswith("en") else found.name


def _url(kind: str, id: Any) -> str:
    name = protocols.page_of(kind)
    return reverse(name, args=[id]) if name else ""
