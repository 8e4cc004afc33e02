"""The way of an abnormal result: reported → a doctor is told → confirms → a card, or none for a reason.

A positive result of a notifiable disease gets one line, and so does a critical value, whatever it is of. Where it makes
a suspicion, the doctor is asked there and the line follows the answer; where a rule of the packs holds it back (a
screening, a vaccine) the line says which.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from uuid import UUID

from yifang.apps.accounts.visibility import group_of
from yifang.apps.records.models import Record
from yifang.apps.reporting.missed import criticals
from yifang.apps.reporting.models import AbnormalResult, ResultState, Suspicion, SuspicionState
from yifang.apps.reporting.rulebook import in_force
from yifang.audit.saying import Saying
from yifang.kernel import clock
from yifang.kernel.ids import new_id

_SOURCES = ("lis", "imaging")
_OPEN = (SuspicionState.OPEN, SuspicionState.CONSULTING)
_NEAR = timedelta(days=15)


def follow(said: Sequence[tuple[Record, Sequence[Saying]]], gone: Collection[UUID]) -> None:
    """Lines for new results; what was taken back is marked. In the transaction that identified them."""
    if gone:
        AbnormalResult.objects.filter(record_id__in=list(gone)).exclude(state=ResultState.CARD).update(
            state=ResultState.WITHDRAWN
        )
    wanted = [(row, one) for row, sayings in said for one in sayings if one.source in _SOURCES]
    rules = in_force().triggers.critical_results
    critical = {row.id: set(found) for row, _ in said if (found := list(criticals.marked(row, rules)))}
    if not (wanted or critical):
        return
    suspicions = _suspicions(wanted)
    fresh = []
    for row, one in wanted:
        asked = _asked(row, one, suspicions.get((row.person_id, one.disease), ()))
        line = AbnormalResult(
            id=new_id(), organisation_id=row.organisation_id, person_id=row.person_id, record=row, source=one.source,
            disease=one.disease, group=group_of(one.disease), item=(one.text or one.rule)[:120], reported_at=row.at,
            day=row.at.astimezone(clock.CHINA).date(), department=row.department, clinician_no=row.clinician_no,
            suspicion=asked, told_at=clock.now() if asked and asked.state != SuspicionState.TRIAL else None,
        )  # fmt: skip
        named = {item for item in critical.get(row.id, ()) if line.item and item.startswith(line.item)}
        line.critical = bool(named)
        critical.get(row.id, set()).difference_update(named)
        if one.withheld:
            line.state, line.reason = ResultState.ROUTED, f"{one.withheld} {one.reason}"[:200]
        if asked is not None:
            settle(line, asked)
        fresh.append(line)
    fresh += [_critical(row, item) for row, _ in said for item in sorted(critical.get(row.id, ()))]
    AbnormalResult.objects.bulk_create(fresh, batch_size=500, ignore_conflicts=True)


def follow_answers(ids: Collection[UUID]) -> None:
    """Bring the lines of these suspicions in step with what the doctor answered. Jobs only."""
    changed = []
    for line in AbnormalResult.objects.select_related("suspicion").filter(suspicion_id__in=list(ids)):
        before = (line.state, line.reason, line.card_id, line.confirmed_at)
        settle(line, line.suspicion)
        if (line.state, line.reason, line.card_id, line.confirmed_at) != before:
            changed.append(line)
    AbnormalResult.objects.bulk_update(
        changed, ["state", "reason", "card", "confirmed_at", "confirmed_by"], batch_size=500
    )


def settle(line: AbnormalResult, asked: Suspicion) -> None:
    """What the line is by the state of its suspicion."""
    if asked.state in _OPEN:
        line.state = ResultState.WAITING
    elif asked.state == SuspicionState.REPORTED:
        card = asked.cards.order_by("created_at").first()
        line.state, line.card, line.reason = ResultState.CARD, card, ""
    elif asked.state == SuspicionState.DISMISSED:
        line.state, line.reason = ResultState.NO_CARD, f"{asked.reason_code} {asked.reason}".strip()[:200]
    elif asked.state == SuspicionState.WITHDRAWN and line.state != ResultState.CARD:
        line.state = ResultState.WITHDRAWN
    line.confirmed_at, line.confirmed_by_id = asked.answered_at, asked.answered_by_id


def _critical(row: Record, item: str) -> AbnormalResult:
    return AbnormalResult(
        id=new_id(), organisation_id=row.organisation_id, person_id=row.person_id, record=row, source="lis",
        disease="", group="ordinary", item=item[:120], reported_at=row.at, critical=True,
        day=row.at.astimezone(clock.CHINA).date(), department=row.department, clinician_no=row.clinician_no,
    )  # fmt: skip


def _suspicions(wanted: Sequence[tuple[Record, Saying]]) -> dict[tuple[UUID, str], list[Suspicion]]:
    found: dict[tuple[UUID, str], list[Suspicion]] = {}
    known = Suspicion.objects.filter(
        person_id__in={row.person_id for row, _ in wanted}, disease__in={one.disease for _, one in wanted}
    )
    for one in known.order_by("evidence_at"):
        found.setdefault((one.person_id, one.disease), []).append(one)
    return found


def _asked(row: Record, one: Saying, known: Sequence[Suspicion]) -> Suspicion | None:
    """The question that this result is part of, the nearest in time of the same hospital."""
    mine = [
        each for each in known
        if each.organisation_id == row.organisation_id
        and (str(row.id) in {item["record"] for item in each.evidence} or abs(each.evidence_at - row.at) <= _NEAR)
    ]  # fmt: skip
    return min(mine, key=lambda each: abs(each.evidence_at - row.at), default=None)
