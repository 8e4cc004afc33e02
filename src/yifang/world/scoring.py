"""What was found against what is true: the fate of every outbreak, case and decoy, and the totals.

Pure: whoever asks the database hands over `Found`. Suspicions and cards are matched by visit number (or the identity
number of the person), signals by disease, place and time. A case of which nothing could be seen is not held against
anyone, but is listed with its reason.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from functools import lru_cache
from statistics import median
from typing import Any

from yifang import knowledge
from yifang.kernel import areas
from yifang.kernel.errors import YifangError
from yifang.world.truth import TrueCase, TrueOutbreak, Truth

GRACE_DAYS = 14
"""How long after an outbreak's last onset a signal still counts as one of it."""
_NUMBER = re.compile(r"[HP]\d{12}")
_ILLNESS = timedelta(days=30)  # a card entered later than this after onset is of another episode


@dataclass(frozen=True, slots=True)
class Suspicion:
    """A suspicion of a disease; `record` is the visit number or a record key that holds it."""

    record: str
    disease: str


@dataclass(frozen=True, slots=True)
class Card:
    """A card; `about` is a visit number or the person's identity number, `on` its diagnosis day where known."""

    about: str
    disease: str
    national_id: str = ""
    on: str = ""


@dataclass(frozen=True, slots=True)
class Signal:
    """A signal over `first_day` to `last_day`, raised on `raised`; `unit` is a school, class or village, `` for none.

    `disease` may be a syndrome of the disease (ili, vomiting).
    """

    disease: str
    area: str
    unit: str
    first_day: str
    last_day: str
    raised: str
    method: str


@dataclass(frozen=True, slots=True)
class Found:
    """All that a node has found."""

    suspicions: Sequence[Suspicion] = ()
    cards: Sequence[Card] = ()
    signals: Sequence[Signal] = ()


@dataclass(frozen=True, slots=True)
class CaseFate:
    """What became of a true case. `missed` is empty where it was suspected or carded, else why not.

    Reasons: never_visited, only_in_quarantine, without_code_or_words (nothing could be seen), not_suspected (it could).
    """

    id: str
    disease: str
    outbreak: str | None
    written: str
    expected: bool
    suspected: bool
    carded: bool
    in_signal: bool
    missed: str
    visits: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OutbreakFate:
    """What became of an outbreak; `delay` in days from its first onset to the first signal, None without one.

    `missed`: no_signal (none of the disease at all), not_in_window (at another time), elsewhere (at another place).
    """

    id: str
    disease: str
    kind: str
    cases: int
    visited: int
    suspected: int
    carded: int
    signals: int
    first_raised: str
    method: str
    delay: int | None
    missed: str


@dataclass(frozen=True, slots=True)
class DecoyFate:
    """A decoy and the diseases that were suspected all the same."""

    visit: str
    kind: str
    suspected: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SignalFate:
    """A signal and what it was about: outbreak, chance (true cases, but no planted outbreak), or false."""

    signal: Signal
    about: str
    outbreaks: tuple[str, ...]
    cases: int


@dataclass(frozen=True, slots=True)
class Totals:
    """Numbers of the whole. `sensitivity` is of cases of which something could be seen; None where there are none."""

    cases: int
    expected: int
    expected_suspected: int
    unexpected_suspected: int
    carded: int
    in_signal: int
    sensitivity: float | None
    decoys: int
    decoys_suspected: int
    other_diseases: int  # suspicions of a true case's visit, of another disease
    on_nobody: int  # suspicions of visits that are neither a case's nor a decoy
    outbreaks: int
    outbreaks_found: int
    median_delay: float | None
    signals: int
    false_signals: int
    chance_signals: int
    weeks: float
    false_signals_a_week: float


@dataclass(frozen=True, slots=True)
class Score:
    """The whole account."""

    totals: Totals
    outbreaks: tuple[OutbreakFate, ...]
    cases: tuple[CaseFate, ...]
    decoys: tuple[DecoyFate, ...]
    signals: tuple[SignalFate, ...]
    by_disease: Mapping[str, tuple[int, int]]  # expected, of these suspected
    reasons: Mapping[str, int]
    nobody: Mapping[str, int]  # disease → suspicions on visits of neither a case nor a decoy

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


def score(truth: Truth, found: Found) -> Score:
    """The account of what was found."""
    suspected = _by_visit(found.suspicions)
    carded = _Carded(found.cards)
    cases_of: dict[str, list[TrueCase]] = defaultdict(list)
    for case in truth.cases:
        cases_of[case.disease].append(case)
    signals = tuple(_signal_fate(signal, truth, cases_of) for signal in found.signals)
    cases = tuple(_case_fate(case, suspected, carded, signals) for case in truth.cases)
    fates = {one.id: one for one in cases}
    outbreaks = tuple(_outbreak_fate(one, truth, fates, signals) for one in truth.outbreaks)
    decoys = tuple(
        DecoyFate(
            one.visit, one.kind,
            tuple(sorted(d for d in suspected.get(one.visit, ()) if any(_same(d, not_) for not_ in one.diseases))),
        )
        for one in truth.decoys
    )  # fmt: skip
    nobody, others = _strays(truth, suspected)
    by_disease: dict[str, tuple[int, int]] = {}
    for disease, mine in sorted(cases_of.items()):
        seen = [fates[one.id] for one in mine if one.expected]
        by_disease[disease] = (len(seen), sum(one.suspected for one in seen))
    return Score(
        _totals(truth, cases, outbreaks, decoys, signals, others, sum(nobody.values())), outbreaks, cases, decoys,
        signals, by_disease, dict(Counter(one.missed for one in cases if one.missed)), dict(nobody),
    )  # fmt: skip


def visit_of(record: str) -> str:
    """The visit number in a record's key (`lab:LH01…|…`, `visit:…`), else the text itself."""
    found = _NUMBER.search(record)
    return found.group() if found else record


class _Carded:
    """Cards by visit number and by identity number."""

    def __init__(self, cards: Iterable[Card]) -> None:
        self._about: dict[str, list[Card]] = defaultdict(list)
        self._ids: dict[str, list[Card]] = defaultdict(list)
        for card in cards:
            self._about[visit_of(card.about)].append(card)
            if card.national_id:
                self._ids[card.national_id].append(card)

    def has(self, case: TrueCase) -> bool:
        """Whether one of the cards is of this illness of this person."""
        if case.card and case.card in self._ids:
            return True
        if any(_same(card.disease, case.disease) for one in case.visits for card in self._about.get(one.number, ())):
            return True
        onset = date.fromisoformat(case.onset)
        return any(
            _same(card.disease, case.disease)
            and (not card.on or -_ILLNESS <= date.fromisoformat(card.on[:10]) - onset <= 3 * _ILLNESS)
            for card in self._about.get(case.id_no, ())
        )


def _by_visit(suspicions: Iterable[Suspicion]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for one in suspicions:
        found[visit_of(one.record)].add(one.disease)
    return found


def _same(one: str, other: str) -> bool:
    """Whether two disease ids are reported as the same disease."""
    return one == other or _reported(one) == _reported(other)


@lru_cache(maxsize=4096)
def _reported(disease: str) -> str:
    entry = knowledge.load().diseases.get(disease)
    return (entry.report_as if entry else None) or disease


@lru_cache(maxsize=4096)
def _speaks_of(signal: str, disease: str) -> bool:
    """Whether a signal's disease or syndrome is this disease or one of its syndromes."""
    if _same(signal, disease):
        return True
    entry = knowledge.load().diseases.get(disease)
    return entry is not None and signal in entry.syndromes


def _case_fate(
    case: TrueCase, suspected: Mapping[str, set[str]], carded: _Carded, signals: Sequence[SignalFate]
) -> CaseFate:
    was = any(_same(d, case.disease) for one in case.visits for d in suspected.get(one.number, ()))
    has_card = carded.has(case)
    missed = "" if was or has_card else case.reason or "not_suspected"
    inside = any(_holds(one.signal, case) for one in signals if _speaks_of(one.signal.disease, case.disease))
    return CaseFate(
        case.id, case.disease, case.outbreak, case.written, case.expected, was, has_card, inside, missed,
        tuple(one.number for one in case.visits),
    )  # fmt: skip


def _holds(signal: Signal, case: TrueCase) -> bool:
    """Whether a case lies in a signal's place and days (by onset or by diagnosis)."""
    if not any(signal.first_day <= day <= signal.last_day for day in (case.onset, case.diagnosed[:10]) if day):
        return False
    if signal.unit:
        return signal.unit == case.unit or signal.unit.startswith(f"{case.unit}-") or signal.unit == case.area
    return not signal.area or _contains(signal.area, case.area)


@lru_cache(maxsize=65536)
def _contains(outer: str, inner: str) -> bool:
    try:
        return areas.contains(outer, inner)
    except YifangError:
        return False


def _is_of(signal: Signal, outbreak: TrueOutbreak) -> tuple[bool, bool]:
    """Whether a signal is at the outbreak's time, and at its place."""
    last = date.fromisoformat(outbreak.last_day) + timedelta(days=GRACE_DAYS)
    raised = date.fromisoformat(signal.raised[:10])
    in_time = (
        date.fromisoformat(outbreak.first_day) <= raised <= last
        and date.fromisoformat(signal.last_day) >= date.fromisoformat(outbreak.first_day)
        and date.fromisoformat(signal.first_day) <= last
    )
    if signal.unit and (outbreak.unit or outbreak.units):
        known = {outbreak.unit, *outbreak.units}
        here = signal.unit in known or any(signal.unit.startswith(f"{one}-") for one in known if one)
    else:
        here = not signal.area or any(
            _contains(signal.area, area) or _contains(area, signal.area) for area in outbreak.areas
        )
    return in_time, here


def _signal_fate(signal: Signal, truth: Truth, cases_of: Mapping[str, list[TrueCase]]) -> SignalFate:
    about = tuple(
        one.id for one in truth.outbreaks if _speaks_of(signal.disease, one.disease) and all(_is_of(signal, one))
    )
    inside = sum(
        _holds(signal, case)
        for disease, cases in cases_of.items()
        if _speaks_of(signal.disease, disease)
        for case in cases
    )
    kind = "outbreak" if about else "chance" if inside >= 2 else "false"
    return SignalFate(signal, kind, about, inside)


def _outbreak_fate(
    one: TrueOutbreak, truth: Truth, fates: Mapping[str, CaseFate], signals: Sequence[SignalFate]
) -> OutbreakFate:
    mine = [fates[case.id] for case in truth.cases if case.outbreak == one.id]
    hits = [fate.signal for fate in signals if one.id in fate.outbreaks]
    first = min(hits, key=lambda signal: (signal.raised, signal.method), default=None)
    missed = ""
    if first is None:
        spoken = [fate.signal for fate in signals if _speaks_of(fate.signal.disease, one.disease)]
        placed = [_is_of(signal, one) for signal in spoken]
        missed = "elsewhere" if any(in_time for in_time, _ in placed) else "not_in_window" if placed else "no_signal"
    return OutbreakFate(
        one.id, one.disease, one.kind, len(one.cases), sum(bool(case.visits) for case in mine),
        sum(case.suspected for case in mine), sum(case.carded for case in mine), len(hits),
        first.raised if first else "", first.method if first else "",
        (date.fromisoformat(first.raised[:10]) - date.fromisoformat(one.first_day)).days if first else None, missed,
    )  # fmt: skip


def _strays(truth: Truth, suspected: Mapping[str, set[str]]) -> tuple[Counter[str], int]:
    """Suspicions that no case explains: on nobody's visits by disease, and of another disease on a case's visits."""
    true_of = {visit.number: case.disease for case in truth.cases for visit in case.visits}
    decoyed = {one.visit: one.diseases for one in truth.decoys}
    nobody: Counter[str] = Counter()
    others = 0
    for visit, diseases in suspected.items():
        for disease in diseases:
            if visit in true_of:
                others += not _same(disease, true_of[visit])
            elif not any(_same(disease, one) for one in decoyed.get(visit, ())):
                nobody[disease] += 1
    return nobody, others


def _totals(
    truth: Truth, cases: Sequence[CaseFate], outbreaks: Sequence[OutbreakFate], decoys: Sequence[DecoyFate],
    signals: Sequence[SignalFate], others: int, nobody: int,
) -> Totals:  # fmt: skip
    expected = [one for one in cases if one.expected]
    hit = sum(one.suspected for one in expected)
    days = (date.fromisoformat(truth.last_day) - date.fromisoformat(truth.first_day)).days + 1
    weeks = max(days / 7, 1 / 7)
    false = sum(one.about == "false" for one in signals)
    delays = [one.delay for one in outbreaks if one.delay is not None]
    return Totals(
        cases=len(cases), expected=len(expected), expected_suspected=hit,
        unexpected_suspected=sum(one.suspected for one in cases if not one.expected),
        carded=sum(one.carded for one in cases), in_signal=sum(one.in_signal for one in cases),
        sensitivity=hit / len(expected) if expected else None, decoys=len(decoys),
        decoys_suspected=sum(bool(one.suspected) for one in decoys), other_diseases=others, on_nobody=nobody,
        outbreaks=len(outbreaks), outbreaks_found=len(delays), median_delay=median(delays) if delays else None,
        signals=len(signals), false_signals=false, chance_signals=sum(one.about == "chance" for one in signals),
        weeks=round(weeks, 2), false_signals_a_week=false / weeks,
    )  # fmt: skip
