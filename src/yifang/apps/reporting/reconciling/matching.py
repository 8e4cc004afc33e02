"""Which line of an export is which card: by the card's own number, else by identity number, else by name and course.

What agrees in one thing and contradicts in another is not decided here: a person chooses. A line is one card's and a
card is one line's. Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

from yifang.apps.reporting.reconciling.export import Line
from yifang.apps.reporting.rules.logic import NO_NUMBER

T = TypeVar("T")


class Verdict(StrEnum):
    MATCHED = "matched"
    AMBIGUOUS = "ambiguous"
    DIFFERS = "differs"  # the number is recorded here with another time
    NOT_FOUND = "not_found"
    UNREADABLE = "unreadable"
    DELETED = "deleted"  # stands no longer in the national system
    KNOWN = "known"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A card without a national number, and what it says of its person and illness."""

    id: UUID
    card_no: str
    name: str
    id_no: str
    disease: str
    birth: date | None
    onset: date | None


@dataclass(frozen=True, slots=True)
class Match:
    """A line and its cards: one of a matched line, those to choose from of an ambiguous one."""

    line: Line
    verdict: Verdict
    cards: tuple[UUID, ...] = ()


def match(lines: Sequence[Line], candidates: Sequence[Candidate], recorded: Mapping[str, datetime]) -> list[Match]:
    """One match a line, in order. `recorded` maps the national numbers known here to their entry times.

    A number that stands in several lines (the two scopes of the export) counts once, by its first line.
    """
    found, seen = [], set()
    for line in lines:
        if line.national_card_id and line.national_card_id in seen:
            continue
        seen.add(line.national_card_id)
        found.append(_one(line, candidates, recorded))
    claims = Counter(one.cards[0] for one in found if one.verdict == Verdict.MATCHED)
    return [
        replace(one, verdict=Verdict.AMBIGUOUS) if one.verdict == Verdict.MATCHED and claims[one.cards[0]] > 1 else one
        for one in found
    ]


def _one(line: Line, candidates: Sequence[Candidate], recorded: Mapping[str, datetime]) -> Match:
    if line.fault:
        return Match(line, Verdict.UNREADABLE)
    if line.national_card_id in recorded:
        same = line.entered_at == recorded[line.national_card_id]
        return Match(line, Verdict.KNOWN if same else Verdict.DIFFERS)
    if line.deleted:
        return Match(line, Verdict.DELETED)
    sure = [one.id for one in candidates if _is_it(line, one)]
    if len(sure) == 1:
        return Match(line, Verdict.MATCHED, (sure[0],))
    maybe = sure or [one.id for one in candidates if _may_be_it(line, one)]
    return Match(line, Verdict.AMBIGUOUS if maybe else Verdict.NOT_FOUND, tuple(maybe[:10]))


def _is_it(line: Line, one: Candidate) -> bool:
    """Two things that name a card agree, and nothing that both say contradicts."""
    said = _said(line, one)
    if False in said.values():
        return False
    agree = {what for what, holds in said.items() if holds}
    return bool(
        {"card_no", "name"} <= agree
        or {"card_no", "id_no"} <= agree
        or {"id_no", "disease"} <= agree
        or {"id_no", "name", "onset"} <= agree
        or {"name", "disease", "onset"} <= agree
    )


def _may_be_it(line: Line, one: Candidate) -> bool:
    """One thing that names a card or a person agrees."""
    said = _said(line, one)
    return bool(said["card_no"] or said["id_no"] or (said["name"] and (said["disease"] or said["onset"])))


def _said(line: Line, one: Candidate) -> dict[str, bool | None]:
    """For each thing whether both say the same; None where one of them does not say."""
    return {
        "card_no": _same(line.card_no, one.card_no) or None,  # hospitals number anew: a difference says nothing
        "name": _same(_folded(line.name), _folded(one.name)),
        "id_no": _same(_number(line.id_no), _number(one.id_no)),
        "disease": _same(line.disease, one.disease),
        "birth": _same(line.birth, one.birth),
        "onset": _same(line.onset, one.onset),
    }


def _same(one: T | None, other: T | None) -> bool | None:
    return one == other if one and other else None


def _folded(name: str) -> str:
    return "".join(name.split()).upper()


def _number(text: str) -> str:
    return "" if text in NO_NUMBER else text.strip().upper()
