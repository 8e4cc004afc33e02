"""What really happened, beside what was written: outbreaks, cases, decoys and planted errors, as files of JSON lines.

What is expected follows from how a record was written and whether it can be read, never from what a program finds.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from yifang.world import feeds
from yifang.world.encounters import Seen
from yifang.world.epidemics import Case, Outbreak
from yifang.world.people import People


@dataclass(frozen=True, slots=True)
class TrueVisit:
    """A visit of a true case: `evidence` is what a reader can still see of the disease (code, text, lab).

    `lost` says why there is less than was written: quarantine (the record cannot be read) or garbled.
    """

    number: str
    organisation: str
    at: str
    again: bool
    evidence: tuple[str, ...]
    lost: str = ""


@dataclass(frozen=True, slots=True)
class TrueCase:
    """One true notifiable illness. `written` is how its records were meant to name it; `card` the national card."""

    id: str
    person: str
    id_no: str
    disease: str
    onset: str
    diagnosed: str
    area: str
    unit: str
    written: str
    visits: tuple[TrueVisit, ...]
    expected: bool
    reason: str
    outbreak: str | None
    card: str = ""


@dataclass(frozen=True, slots=True)
class TrueDecoy:
    """A visit that looks like diseases it is not; `visit` must raise no suspicion of any of `diseases`."""

    visit: str
    kind: str
    diseases: tuple[str, ...]
    organisation: str


@dataclass(frozen=True, slots=True)
class TrueOutbreak:
    """A planted outbreak: `unit` is the code of its school or village, `units` the classes or villages struck."""

    id: str
    disease: str
    kind: str
    areas: tuple[str, ...]
    unit: str
    units: tuple[str, ...]
    first_day: str
    last_day: str
    exposure: str
    cases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Truth:
    """All of it."""

    outbreaks: tuple[TrueOutbreak, ...]
    cases: tuple[TrueCase, ...]
    decoys: tuple[TrueDecoy, ...]
    first_day: str
    last_day: str


STATE = "live.json"
"""How far a county has lived on after its last day."""
REASONS = ("never_visited", "only_in_quarantine", "without_code_or_words")


def person_id(number: int) -> str:
    """A resident as the truth names them."""
    return f"R{number:07d}"


def of_visit(one: Seen) -> TrueVisit:
    """What a reader can see in a case's visit."""
    way = feeds.channel(one.organisation)
    written = ["text" if one.named == "note" else one.named] if one.named in ("code", "text", "note") else []
    admission = way == "county" and one.visit.kind in ("emergency", "inpatient")
    if one.named == "note" and admission:
        written = []  # an admission message has no place for the history
    tested = one.case is not None and any(line.is_abnormal for line in one.visit.results) and _is_specific(one)
    evidence = list(written)
    lost = ""
    if one.fault == "broken":
        evidence, lost = [], "quarantine"
        tested = tested and way in ("county", "sql")  # their laboratories report apart from the visit
    elif one.fault == "wrong_encoding" and _is_mixed(one, way) and (admission or "text" in evidence):
        # in HL7 the wrong charset takes separators with it (`|` ends a character of GB18030); in CSV a code survives
        evidence, lost = [], "garbled"
    if tested:
        if way == "county" and one.lab_fault == "truncated":
            lost = lost or "quarantine"
        else:
            evidence.append("lab")
    visit = one.visit
    return TrueVisit(
        visit.number, one.organisation.code, f"{visit.at:%Y-%m-%dT%H:%M}", one.again, tuple(evidence), lost
    )  # fmt: skip


def _is_specific(one: Seen) -> bool:
    return not all(line.panel == "血常规" for line in one.visit.results)


def _is_mixed(one: Seen, way: str) -> bool:
    """Whether its feed can carry a row in the wrong charset: CSV and ADT in GB18030."""
    if way == "table":
        number = int(one.organisation.code[-2:]) - 1
        return number % 5 != 4 and number % 3 != 1
    return way == "county"


def of_case(case: Case, people: People, visits: Iterable[TrueVisit], card: str) -> TrueCase:
    """The truth about a case, with why nothing is expected of it where that is so."""
    seen = tuple(visits)
    who = people.resident(case.person)
    expected = any(one.evidence for one in seen)
    reason = ""
    if not seen:
        reason = REASONS[0]
    elif not expected:
        reason = REASONS[1] if any(one.lost for one in seen) else REASONS[2]
    room = int(people.classroom[case.person])
    school = people.places.schools[people.places.classes[room].school].organisation.code if room >= 0 else ""
    return TrueCase(
        id=case.id, person=person_id(case.person), id_no=who.id_no, disease=case.illness.id, onset=str(case.onset),
        diagnosed=seen[0].at if seen else "", area=who.village, unit=school, written=case.named, visits=seen,
        expected=expected, reason=reason, outbreak=case.outbreak or None, card=card,
    )  # fmt: skip


def of_outbreak(one: Outbreak) -> TrueOutbreak:
    """A planted outbreak as the truth tells it."""
    return TrueOutbreak(
        one.id, one.disease, one.kind, one.areas, one.unit, one.units, str(one.first_day), str(one.last_day),
        one.exposure, tuple(person_id(case.person) for case in one.cases),
    )  # fmt: skip


def decoy_of(one: Seen) -> TrueDecoy | None:
    """The decoy that a visit of nobody's case is, None for an ordinary one."""
    if one.case is not None:
        return None
    number, where = one.visit.number, one.organisation.code
    if one.illness.decoy:
        return TrueDecoy(number, one.illness.decoy, one.illness.never, where)
    way = feeds.channel(one.organisation)
    if way == "county" and one.lab_fault in ("corrected", "withdrawn") and (disease := feeds.meant(one.visit.results)):
        return TrueDecoy(number, f"{one.lab_fault}_result", (disease,), where)
    return None


def write(path: Path, entries: Iterable[Any]) -> int:
    """Entries as JSON lines. Returns how many."""
    count = 0
    with path.open("w", encoding="utf-8", newline="\n") as out:
        for one in entries:
            out.write(json.dumps(asdict(one), ensure_ascii=False) + "\n")
            count += 1
    return count


def read(folder: Path) -> Truth:
    """The truth beside a county's files, what it lived through afterwards (`live-*.jsonl`) taken in.

    Raises FileNotFoundError where there is none.
    """
    truth = folder / "truth"
    county = json.loads((folder / "county.json").read_text(encoding="utf-8"))
    cases = {one["id"]: one for one in _both(truth, "cases")}
    decoys = {one["visit"]: one for one in _both(truth, "decoys")}
    outbreaks = {one["id"]: one for one in _both(truth, "outbreaks")}
    last = county["until"]
    if (state := folder / STATE).exists():
        next_slot = datetime.fromisoformat(json.loads(state.read_text(encoding="utf-8"))["next"])
        last = str((next_slot - timedelta(minutes=1)).date())
    return Truth(
        outbreaks=tuple(TrueOutbreak(**_tuples(one)) for one in outbreaks.values()),
        cases=tuple(_case(one) for one in cases.values()),
        decoys=tuple(TrueDecoy(**_tuples(one)) for one in decoys.values()),
        first_day=county["first_day"],
        last_day=last,
    )


def _both(truth: Path, name: str) -> Iterator[dict[str, Any]]:
    yield from _lines(truth / f"{name}.jsonl")
    if (lived := truth / f"live-{name}.jsonl").exists():
        yield from _lines(lived)


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            try:
                yield json.loads(line)
            except ValueError:
                continue  # a line that a stop cut short was written again after it


def _case(raw: Mapping[str, Any]) -> TrueCase:
    visits = tuple(TrueVisit(**_tuples(one)) for one in raw["visits"])
    return TrueCase(**{**raw, "visits": visits})


def _tuples(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in raw.items()}
