"""Matching free text to places, and answering what could not be matched.

A name matches exactly, by an alias, or as the beginning of the text (“实验小学三(2)班”); nothing else is guessed.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import F

from yifang.apps.places.models import MatchState, Organisation, OrganisationKind, Place, PlaceMatch
from yifang.kernel import areas, clock
from yifang.kernel.errors import YifangError

_KINDS = (OrganisationKind.SCHOOL, OrganisationKind.WORKSITE)


@dataclass(frozen=True, slots=True)
class Match:
    """What a text names: an organisation and, where the text goes on, the place inside it. Both None: it waits."""

    organisation: Organisation | None = None
    place: Place | None = None


def match_text(text: str, area_code: str) -> Match:
    """The school or worksite that `text` names, near `area_code` first; an unknown text joins the match queue.

    An answer once given to the same text and county serves again. Runs in jobs, in the caller's transaction.
    """
    folded = fold(text)[:200]
    if not folded:
        return Match()
    county = _county(area_code)
    asked = PlaceMatch.objects.select_related("organisation", "place").filter(text=folded, area_code=county).first()
    if asked is not None and asked.state != MatchState.OPEN:
        return Match(asked.organisation, asked.place)
    found = _named(folded, county)
    if found is not None:
        return found
    _queue(folded, county)
    return Match()


def fold(text: str) -> str:
    """Full width, case and blanks folded, as names are compared."""
    return "".join(unicodedata.normalize("NFKC", text).upper().split())


def _named(text: str, county: str) -> Match | None:
    """The organisation with the longest name that begins the text; of two such the one in the county."""
    candidates: list[tuple[int, bool, Organisation, str]] = []
    for one in Organisation.objects.filter(kind__in=_KINDS, active=True):
        for name in (one.name, *one.also_known_as):
            folded = fold(name)
            if folded and text.startswith(folded):
                candidates.append((len(folded), _county(one.area_code) == county, one, text[len(folded) :]))
    if not candidates:
        return None
    longest = max(length for length, *_ in candidates)
    best = [one for one in candidates if one[0] == longest]
    near = [one for one in best if one[1]] or best
    if len({one[2].id for one in near}) > 1:
        return None  # two schools of one name: a person says which
    *_, organisation, rest = near[0]
    place = next((one for one in organisation.places.filter(active=True) if rest and fold(one.name) == rest), None)
    return Match(organisation, place)


def _queue(text: str, county: str) -> None:
    if PlaceMatch.objects.filter(text=text, area_code=county).update(seen=F("seen") + 1):
        return
    try:
        with transaction.atomic():
            PlaceMatch.objects.create(text=text, area_code=county, first_seen=clock.now())
    except IntegrityError:  # another writer asked the same a moment ago
        PlaceMatch.objects.filter(text=text, area_code=county).update(seen=F("seen") + 1)


def _county(area_code: str) -> str:
    try:
        return areas.at_level(area_code, "county") or areas.normalise(area_code)
    except YifangError:
        return ""
