"""Which organisation a free text names: exactly, by an alias or as its beginning; and which ones it may mean.

Only what `named` finds is taken without asking; what `candidates` ranks is for a person to choose from.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from yifang.apps.places.models import Organisation, OrganisationKind, Place, PlaceKind
from yifang.kernel import areas
from yifang.kernel.errors import YifangError

KINDS = (OrganisationKind.SCHOOL, OrganisationKind.WORKSITE)
# 三(2)班, 初一3班, 大二班: where in the school, not which school.
_CLASS = re.compile(r"(初|高|大|中|小)?([一二三四五六七八九十]|\d)+(年级|\(|班|级).*$")
_TOWNSHIP = 9  # digits
_LEAST = 0.4  # below this a name is noise


@dataclass(frozen=True, slots=True)
class Match:
    """What a text names: an organisation and, where the text goes on, the place inside it. Both None: it waits."""

    organisation: Organisation | None = None
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """An organisation that a text may mean. `likeness` from 0 to 1: the share of characters in common, in order."""

    organisation: Organisation
    place: Place | None
    likeness: float
    near: bool

    @property
    def percent(self) -> int:
        return round(self.likeness * 100)


def fold(text: str) -> str:
    """Full width, case and blanks folded, as names are compared."""
    return "".join(unicodedata.normalize("NFKC", text).upper().split())


def county(area_code: str) -> str:
    """The county of an area (of the area itself above counties), "" for what is no area code."""
    try:
        return areas.at_level(area_code, "county") or areas.normalise(area_code)
    except YifangError:
        return ""


def folded_names() -> list[tuple[str, Organisation]]:
    """Every name of every organisation that a text is taken to name without asking."""
    return [(name, one) for one in Organisation.objects.filter(kind__in=KINDS, active=True) for name in _names(one)]


def named(text: str, area: str, among: Sequence[tuple[str, Organisation]] | None = None) -> Match | None:
    """The organisation with the longest name that begins the folded text; of two such the one in the county `area`.

    `among`: `folded_names()`, for who asks for many texts.
    """
    found = []
    for name, one in folded_names() if among is None else among:
        if text.startswith(name):
            found.append((len(name), county(one.area_code) == area, one, text[len(name) :]))
    if not found:
        return None
    longest = max(length for length, *_ in found)
    best = [one for one in found if one[0] == longest]
    near = [one for one in best if one[1]] or best
    if len({one[2].id for one in near}) > 1:
        return None  # two schools of one name: a person says which
    *_, organisation, rest = near[0]
    return Match(organisation, _place(organisation, rest))


Villages = Mapping[str, Sequence[tuple[str, str]]]
"""Name and code of each village, by the code of its township."""


def villages(township: str = "") -> Villages:
    """Those of the township, of every township without one."""
    found: dict[str, list[tuple[str, str]]] = {}
    rows = Place.objects.filter(kind=PlaceKind.VILLAGE, active=True, code__startswith=township)
    for name, code in rows.values_list("name", "code"):
        found.setdefault(code[:_TOWNSHIP], []).append((name, code))
    return found


def village_in(area: str, address: str, among: Villages | None = None) -> str:
    """The village of the township `area` that the address names; `area` as it is where it names none or two.

    `among`: `villages()`, for who asks for many addresses.
    """
    if len(area) != _TOWNSHIP or not address:
        return area
    found = [code for name, code in (villages(area) if among is None else among).get(area, ()) if name in address]
    return found[0] if len(found) == 1 else area


def without_class(text: str) -> str:
    """The part of a folded text that names the school, not the class in it."""
    return _CLASS.sub("", text) or text


def candidates(text: str, area: str, limit: int = 6) -> list[Candidate]:
    """The organisations of any kind that the folded text is most like; those in the county first among equals."""
    wanted = without_class(text)
    letters = set(wanted)
    scored = []
    for one in Organisation.objects.filter(active=True):
        likeness = max((_likeness(wanted, name) for name in _names(one) if len(letters & set(name)) > 1), default=0.0)
        if likeness >= _LEAST:
            scored.append((one, likeness, county(one.area_code) == area))
    scored.sort(key=lambda each: (-each[1], not each[2], each[0].code))
    return [Candidate(one, place_in(one, text), likeness, near) for one, likeness, near in scored[:limit]]


def place_in(organisation: Organisation, text: str) -> Place | None:
    """The place of the organisation whose name ends the folded text."""
    ends = [one for one in organisation.places.filter(active=True) if text.endswith(fold(one.name))]
    return max(ends, key=lambda one: len(one.name), default=None)


def search(words: str, limit: int = 20) -> Sequence[Organisation]:
    """Active organisations whose name, alias or code holds the words."""
    wanted = fold(words)
    if not wanted:
        return []
    every = Organisation.objects.filter(active=True)
    return [one for one in every if one.code == words or any(wanted in name for name in _names(one))][:limit]


def _names(one: Organisation) -> Iterator[str]:
    yield from (folded for name in (one.name, *one.also_known_as) if (folded := fold(name)))


def _likeness(text: str, name: str) -> float:
    return 1.0 if text == name else SequenceMatcher(None, text, name, autojunk=False).ratio()


def _place(organisation: Organisation, rest: str) -> Place | None:
    return next((one for one in organisation.places.filter(active=True) if rest and fold(one.name) == rest), None)
