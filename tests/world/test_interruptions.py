"""Whom the rules would stop a doctor for: of ten interruptions in the small county at least nine are of a true case."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace

from tests.world.test_reading import last_records
from yifang import identify, knowledge
from yifang.apps.reporting.interrupting import worth_it
from yifang.identify import Suspicion
from yifang.world import truth

DECOYS = 50  # visits that look like a disease and are none, of which a diagnosis is written


def worth(one: Suspicion) -> bool:
    """By the policy of the pack, as the node asks it of a stored suspicion."""
    evidence = [{"kind": each.kind, "level": each.level} for each in one.evidence]
    asked = SimpleNamespace(confidence=one.confidence, evidence=evidence)
    return worth_it(asked, knowledge.load().triggers.interruption)


def test_nine_of_ten_interruptions_are_about_a_true_case(made: Path) -> None:
    visits = [one for one in last_records(made).values() if one.kind == "encounter" and one.diagnoses]
    outcomes = identify.compiled(knowledge.load()).identify(visits)
    told = truth.read(made)
    ill = {visit.number for case in told.cases for visit in case.visits}
    assert len({one.visit for one in told.decoys} & {record.encounter.id for record in visits}) >= DECOYS
    once = timedelta(days=knowledge.load().triggers.interruption.once_in_days)
    last: dict[str, date] = {}
    true = false = 0
    for record, outcome in sorted(zip(visits, outcomes, strict=True), key=lambda pair: pair[0].at.iso):
        if not any(worth(one) for one in outcome.suspicions):
            continue
        person = next((one.value for one in record.person.identifiers if one.kind == "cn_id"), record.key)
        day = date.fromisoformat(record.at.day)
        if person in last and day - last[person] <= once:
            continue
        last[person] = day
        true += record.encounter.id in ill
        false += record.encounter.id not in ill
    assert true >= 30
    assert true / (true + false) >= 0.9
