"""Records came in: suspicions are made, gain or lose evidence, are withdrawn.

One suspicion for a person, a disease and an episode in one hospital. A further record adds evidence and may raise the
confidence, but asks nobody again. After a dismissal it stays silent, unless strong evidence joins what was dismissed on
moderate: then it asks once more, and never a third time. What no current record supports is withdrawn; a reported one
stays and is marked. Two hospitals are asked each for itself until a card exists: neither may read the other's evidence,
and the duty to report is that of whoever sees the patient.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import chain
from typing import Any
from uuid import UUID

from yifang import identify
from yifang.apps.accounts.models import Seat, SubjectKind
from yifang.apps.accounts.visibility import SHARED_IN_A_DEPARTMENT, Subject, group_of, show_many
from yifang.apps.ledger.services import NODE, Change, append
from yifang.apps.ledger.subscriptions import Heard
from yifang.apps.places.models import Organisation
from yifang.apps.records.models import Record, RecordState
from yifang.apps.reporting import clocks, clusters, desks, followups, interrupting, visible
from yifang.apps.reporting.identifying import (
    Background,
    Found,
    Kept,
    evidence_from_json,
    identified,
    stay_criteria,
)
from yifang.apps.reporting.missed import readings, results
from yifang.apps.reporting.models import Suspicion, SuspicionState
from yifang.apps.reporting.rulebook import in_force
from yifang.apps.reporting.services import trials
from yifang.identify import Reported
from yifang.identify.case_classes import ClassBook
from yifang.identify.model import LEVELS
from yifang.identify.pneumonia import IMAGING, TREATMENT
from yifang.kernel import clock, protocols
from yifang.kernel.digest import canonical_json
from yifang.kernel.ids import new_id
from yifang.knowledge import load

KINDS = ("records.received",)

_FALLS = (  # without evidence
    SuspicionState.OPEN, SuspicionState.CONSULTING, SuspicionState.DISMISSED, SuspicionState.TRACKED,
    SuspicionState.TRIAL,
)  # fmt: skip
_TELLING = frozenset((IMAGING, TREATMENT))  # the criteria that are rare enough to look at the whole stay for
_SAME = 10  # pieces of evidence that say the same
_SAVED = (
    "record", "confidence", "rule", "case_class", "subtype_hint", "urgent", "evidence", "pack_digest", "state",
    "unsupported", "reopened", "reason_code", "reason", "due_at", "department", "clinician",
)  # fmt: skip


def on_records(heard: Sequence[Heard]) -> None:
    """Identify what was received and bring the suspicions of these persons in step."""
    received = {UUID(one) for entry in heard for one in entry.facts["records"]}
    superseded = {UUID(one) for entry in heard for one in entry.facts["superseded"]}
    rows = list(Record.objects.filter(id__any=received | superseded).select_related("person"))
    homes = Organisation.objects.in_bulk({row.organisation_id for row in rows})
    for row in rows:
        row.organisation = homes[row.organisation_id]  # a few for all of them
    live = [row for row in rows if row.current and row.state != RecordState.CANCELLED]
    live.sort(key=lambda row: (row.at, row.id))
    book = _Book(rows, gone={row.id for row in rows} - {row.id for row in live})
    said: list[tuple[Record, Found]] = []
    for batch in _rounds(live):
        for row, found in zip(batch, identified(batch, book.background, book.earlier()), strict=True):
            book.take(row, found)
            said.append((row, found))
    book.take_stays([row for row, found in said if _TELLING.intersection(one.rule for one in found.criteria)])
    # What was withdrawn or corrected before it was ever looked at asks nobody, but still tells what it was.
    unheard = [row for row in rows if row.id in received and row.id in book.gone]
    for batch in _rounds(unheard):
        for row, found in zip(batch, identified(batch, book.background, {}, as_final=True), strict=True):
            book.guard(row, found)
    book.guard_later_versions(rows)
    book.close()
    readings.keep(said)
    results.follow([(row, found.sayings) for row, found in said], book.gone)
    interrupting.at_moments((visit for row, _ in said if (visit := interrupting.visit_of(row))), NODE)
    clusters.note([(row, found.syndromes) for row, found in said], book.gone, book.trying)
    for hook in protocols.identified:
        hook.call([(row, found.syndromes) for row, found in said if row.organisation_id not in book.trying], book.gone)


def _rounds(rows: Sequence[Record]) -> Iterator[list[Record]]:
    """The rows in batches that hold a person once: a person's later record must know what the earlier one said."""
    waiting = list(rows)
    while waiting:
        persons: set[UUID] = set()
        batch, rest = [], []
        for row in waiting:
            (rest if row.person_id in persons else batch).append(row)
            persons.add(row.person_id)
        yield batch
        waiting = rest


class _Book:
    """The suspicions of a batch's persons while they change in memory; `close` writes what changed."""

    def __init__(self, rows: Sequence[Record], gone: set[UUID]) -> None:
        persons = {row.person_id for row in rows}
        self.background = Background.of(persons, rows)
        rules = in_force()
        self._policy = identify.EpisodePolicy.of(rules)
        self._classes = identify.compiled(rules).case_classes
        self.trying = trials.running({row.organisation_id for row in rows})  # hospitals that try quietly
        self._clinicians = _clinicians(rows)
        self._of: dict[UUID, list[Suspicion]] = defaultdict(list)
        self._fresh: set[UUID] = set()
        known = Suspicion.objects.select_for_update(of=("self",)).filter(person_id__any=persons)
        for one in known.select_related("record").order_by("found_at"):
            self._of[one.person_id].append(one)
        self._before = {one.id: _snapshot(one) for one in self._all()}
        self.gone = gone
        self._later: dict[tuple[UUID, str], list[Kept]] = defaultdict(list)  # about what is reported already
        self._spoken: dict[UUID, set[str]] = {}  # the sensitive groups that a record speaks of
        self._guarded = visible.guarded_groups(gone)
        for one in self._all():
            _drop(one, gone)

    def earlier(self) -> dict[UUID, list[Kept]]:
        """Evidence found so far, by person."""
        return {person: [kept for one in known for kept in one.evidence] for person, known in self._of.items() if known}

    def take(self, row: Record, found: Found) -> None:
        """What a record says becomes part of the suspicions of its person."""
        for one in self._of[row.person_id]:
            _drop(one, {row.id})  # the same record read again says what it says now
        self.guard(row, found)
        for suspicion, evidence in found.suspicions:
            known = self._match(row, suspicion.disease)
            if known is None:
                self._open(row, suspicion, evidence)
            else:
                self._join(known, row, suspicion, evidence)
        for disease, evidence in found.standing.items():
            self._later[row.person_id, disease] += evidence
            known = self._match(row, disease)
            if known is not None and known.state == SuspicionState.REPORTED:
                known.evidence = _added(known.evidence, evidence)

    def take_stays(self, rows: Sequence[Record]) -> None:
        """What the records of a stay say only together: pneumonia of unknown cause."""
        stays = stay_criteria(rows, timedelta(days=self._policy.window_days))
        for row in rows:
            if row.id in stays:
                suspicion, evidence = stays[row.id]
                known = self._match(row, suspicion.disease)
                if known is None:
                    self._open(row, suspicion, evidence)
                else:
                    self._join(known, row, suspicion, evidence)

    def guard(self, row: Record, found: Found) -> None:
        """Remember which sensitive groups a record speaks of."""
        if guarded := {group_of(disease) for disease in found.spoken} - SHARED_IN_A_DEPARTMENT:
            self._spoken[row.id] = guarded

    def guard_later_versions(self, rows: Sequence[Record]) -> None:
        """A version is guarded as those before it: what took a result back still tells what it was."""
        before: dict[bytes, set[str]] = {}
        for row in sorted(rows, key=lambda row: row.version):
            own = self._spoken.get(row.id, set()) | self._guarded.get(row.id, set())
            if said := own | before.get(bytes(row.key), set()):
                before[bytes(row.key)] = self._spoken[row.id] = said

    def close(self) -> None:
        """Withdraw what nothing supports, write what changed, show it, ask, and tell the ledger."""
        for one in self._all():
            _settle(one, self._classes)
        fresh = [one for one in self._all() if one.id in self._fresh]
        changed = [one for one in self._all() if one.id in self._before and _snapshot(one) != self._before[one.id]]
        _show([*fresh, *changed], self._spoken)
        Suspicion.objects.bulk_create(fresh, batch_size=500)
        Suspicion.objects.bulk_update(changed, _SAVED, batch_size=500)
        desks.open_suspicions(fresh, NODE)
        for one in changed:
            desks.follow_suspicion(one, NODE)
        interrupting.follow(changed, NODE)
        followups.remind(self._later, self._classes)
        changes = [_change(one, "found") for one in fresh]
        changes += [_change(one, _what(self._before[one.id]["state"], one.state)) for one in changed]
        if changes:
            append(changes, NODE)

    def _all(self) -> Iterator[Suspicion]:
        return chain.from_iterable(self._of.values())

    def _match(self, row: Record, disease: str) -> Suspicion | None:
        """The suspicion of this hospital whose episode the record falls into, the latest first."""
        day = row.at.astimezone(clock.CHINA).date()
        for one in reversed(self._of[row.person_id]):
            if one.organisation_id != row.organisation_id:
                continue
            if self._policy.same_episode(disease, Reported(one.disease, _last_day(one)), day):
                return one
        return None

    def _open(self, row: Record, said: identify.Suspicion, evidence: list[Kept]) -> None:
        day = row.at.astimezone(clock.CHINA).date()
        one = Suspicion(
            id=new_id(), person_id=row.person_id, record=row, disease=said.disease, group=group_of(said.disease),
            confidence=said.confidence, rule=said.rule, case_class=said.case_class or "", urgent=said.urgent,
            subtype_hint=said.subtype_hint or "", evidence=evidence, pack_digest=said.pack_digest,
            episode=f"{row.organisation_id}:{day.isoformat()}", organisation=row.organisation,
            department=row.department, clinician_id=self._clinician(row), evidence_at=row.at, found_at=clock.now(),
            due_at=_due(said, row.at), state=self._asking(row.organisation_id),
        )  # fmt: skip
        self._of[row.person_id].append(one)
        self._fresh.add(one.id)

    def _join(self, one: Suspicion, row: Record, said: identify.Suspicion, evidence: list[Kept]) -> None:
        before = self._before[one.id]["confidence"] if one.id in self._before else one.confidence
        one.evidence = _added(one.evidence, evidence)
        if not one.confidence or LEVELS[said.confidence] > LEVELS[one.confidence]:
            one.confidence, one.rule = said.confidence, said.rule
        one.subtype_hint = said.subtype_hint or one.subtype_hint
        one.urgent = one.urgent or said.urgent
        one.due_at = min(one.due_at, _due(said, one.evidence_at))
        one.pack_digest = said.pack_digest
        if one.record_id in self.gone or (one.record.kind != "encounter" and row.kind == "encounter"):
            one.record = row  # a visit says more for a card than a laboratory report
        if one.clinician_id is None:
            one.clinician_id, one.department = self._clinician(row), one.department or row.department
        decisive = before == "moderate" and one.confidence == "strong"
        if one.state == SuspicionState.DISMISSED and decisive and not one.reopened:
            one.state, one.reopened = SuspicionState.OPEN, True
        elif one.state == SuspicionState.WITHDRAWN:
            one.state = self._asking(one.organisation_id)

    def _asking(self, organisation: UUID) -> SuspicionState:
        return SuspicionState.TRIAL if organisation in self.trying else SuspicionState.OPEN

    def _clinician(self, row: Record) -> int | None:
        return self._clinicians.get((row.organisation_id, row.clinician_no)) if row.clinician_no else None


def _added(known: list[Kept], more: Sequence[Kept]) -> list[Kept]:
    """The evidence with more of it. What says the same again, from ever new reports, is kept a few times only."""
    said = Counter((item["rule"], item.get("text")) for item in known)
    kept = list(known)
    for item in more:
        key = (item["rule"], item.get("text"))
        if said[key] < _SAME:
            kept.append(item)
            said[key] += 1
    return kept


def _drop(one: Suspicion, records: set[UUID]) -> None:
    """Take the evidence of these records away."""
    gone = {str(record) for record in records}
    kept = [item for item in one.evidence if item["record"] not in gone]
    if len(kept) != len(one.evidence):
        one.evidence = kept
        one.confidence = max((item["level"] for item in kept), key=lambda level: LEVELS[level], default="")


def _settle(one: Suspicion, classes: ClassBook) -> None:
    """Its class is what all its evidence proposes. Without evidence it is withdrawn, a reported one only marked."""
    one.case_class = classes.of(one.disease, map(evidence_from_json, one.evidence)) or ""
    one.unsupported = not one.evidence
    if one.unsupported and one.state in _FALLS:
        one.state = SuspicionState.WITHDRAWN


def _show(suspicions: Sequence[Suspicion], spoken: Mapping[UUID, set[str]]) -> None:
    """Show each suspicion, and the record behind it, to those it asks; a sensitive record is shown as one.

    `spoken`: the sensitive groups that a record speaks of. A screening that prompts nobody guards it all the same.
    """
    groups = defaultdict(set, {record: set(said) for record, said in spoken.items()})
    for one in suspicions:
        for record_id in {one.record_id, *(UUID(item["record"]) for item in one.evidence)}:
            groups[record_id].add(one.group)
    guarded = visible.protect_records(groups)
    shown: list[tuple[Subject, visible.Shown]] = []
    for one in suspicions:
        day, group = one.evidence_at.astimezone(clock.CHINA).date(), guarded[one.record_id]
        record = Subject(SubjectKind.RECORD, one.record_id, day, group=group, person=one.person_id)
        shown += [(visible.subject_of(one, day), visible.of_suspicion(one)), (record, visible.of_record(one, group))]
    show_many(shown)


def _snapshot(one: Suspicion) -> dict[str, Any]:
    values = {name: getattr(one, f"{name}_id" if name in ("record", "clinician") else name) for name in _SAVED}
    return values | {"evidence": sorted(canonical_json(item) for item in one.evidence)}


def _what(before: str, after: str) -> str:
    if before == after:
        return "changed"
    steps = {SuspicionState.WITHDRAWN: "withdrawn", SuspicionState.OPEN: "reopened"}
    return steps.get(SuspicionState(after), "changed")


def _change(one: Suspicion, what: str) -> Change:
    return Change(
        f"reporting.suspicion_{what}", "suspicion", one.id,
        facts={"state": one.state, "confidence": one.confidence, "record": one.record_id},
        scopes=list(visible.of_suspicion(one)),
    )  # fmt: skip


def _last_day(one: Suspicion) -> date:
    """The day of the newest evidence, of the first where none names a day."""
    days = [item["at"] for item in one.evidence if item.get("at")]
    return date.fromisoformat(max(days)) if days else one.evidence_at.astimezone(clock.CHINA).date()


def _due(said: identify.Suspicion, at: datetime) -> datetime:
    """The report clock as it would run if the evidence were the diagnosis."""
    disease = load().disease(said.disease).for_subtype(said.subtype_hint)
    due = clocks.report_due(disease, at)
    clock_rule, _ = load().work.kind("suspicion_review").for_urgency(said.urgent)
    return min(due, at + timedelta(hours=clock_rule.hours or 0)) if said.urgent else due


def _clinicians(rows: Sequence[Record]) -> dict[tuple[UUID, str], int]:
    """User ids of the doctors of these records by organisation and staff number."""
    staff = {row.clinician_no for row in rows if row.clinician_no}
    organisations = {row.organisation_id for row in rows}
    seats = Seat.objects.filter(organisation_id__in=organisations, staff_no__in=staff, role="clinician", until=None)
    return {(seat.organisation_id, seat.staff_no): seat.user_id for seat in seats}
