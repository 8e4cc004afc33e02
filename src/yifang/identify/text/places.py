"""Where on the body: a rash in a clause that names hands is one of the hands.

People also give the place a clause of its own (`起了很多痘痘，主要在四肢和手脚`; `口腔，手上，脚上，起水疱`): such a
clause, which holds places and nothing else, lends them to what is told right beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from yifang.identify.text.lexicon import fold
from yifang.identify.text.mentions import Mention, Reading
from yifang.knowledge.models.syndromes import Concept

_LONGEST = 20  # characters of a clause of places
_BESIDE = 3  # clauses of places in a row, or between a place and what is there
_BETWEEN = "还有|以及|主要|全部|基本|集中|分布|附近|周围|[都也有在和及跟与是还到的上下里面内、 左右两双全又长出起多]"


class Places:
    """The concepts that are another one at a place (`near` of the pack)."""

    def __init__(self, concepts: dict[str, Concept]) -> None:
        self._near: dict[str, list[tuple[str, re.Pattern[str]]]] = {}
        self._bases: dict[str, frozenset[str]] = {}
        self._alone: list[tuple[str, re.Pattern[str]]] = []
        for name, one in concepts.items():
            if one.near is None:
                continue
            sites = re.compile("|".join(map(re.escape, map(fold, one.near.sites))))
            self._bases[name] = frozenset(one.near.of)
            self._alone.append((name, sites))
            for base in one.near.of:
                self._near.setdefault(base, []).append((name, sites))
        every = sorted((part for _, sites in self._alone for part in sites.pattern.split("|")), key=len, reverse=True)
        # Taken whole (`*+`), so that no clause takes long to refuse.
        self._only = re.compile(f"(?:{'|'.join(every)}|{_BETWEEN})++")

    def of(self, clause: str, mentions: tuple[Mention, ...]) -> Iterator[Mention]:
        """What the mentions of a folded clause are at the places that it names; 手足口病 names no place."""
        told = [one for one in mentions if one.concept in self._near]
        if told:
            for one in mentions:
                if one.kind == "disease":
                    clause = clause[: one.start] + " " * (one.end - one.start) + clause[one.end :]
        for one in told:
            for concept, sites in self._near[one.concept]:
                if sites.search(clause):
                    yield one._replace(concept=concept)

    def alone(self, clause: str) -> tuple[str, ...]:
        """The concepts whose places a folded clause names, where it names places and nothing else."""
        if len(clause) > _LONGEST or self._only.fullmatch(clause) is None:
            return ()
        return tuple(name for name, sites in self._alone if sites.search(clause))

    def lent(self, clauses: list[tuple[int, Reading]]) -> list[tuple[int, Reading]]:
        """The clauses of a note, those beside a clause of places at these places too."""
        found = list(clauses)
        for place, (_, reading) in enumerate(clauses):
            for name in reading.places:
                for step in (-1, 1):
                    self._lend(name, found, place, step)
        return found

    def _lend(self, name: str, found: list[tuple[int, Reading]], place: int, step: int) -> None:
        """To the first clause with mentions, over other clauses of places."""
        for beside in range(1, _BESIDE + 1):
            at = place + step * beside
            if not 0 <= at < len(found):
                return
            start, reading = found[at]
            if reading.places:
                continue
            there = tuple(one._replace(concept=name) for one in reading.mentions if one.concept in self._bases[name])
            if there:
                found[at] = start, reading.with_mentions((*reading.mentions, *there))
            return
