"""A sample of visits for review by hand: asked for on the page, drawn in jobs, reviewed without the machine's verdict.

The frame is every record read of the days, in strata of department and source; the same seed draws the same sample.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from yifang.apps.accounts.models import SubjectKind
from yifang.apps.accounts.viewers import Viewer
from yifang.apps.accounts.visibility import SHARED_IN_A_DEPARTMENT, Subject, group_of, show_many
from yifang.apps.ledger.services import Change, append
from yifang.apps.ledger.subscriptions import Heard
from yifang.apps.places.models import Organisation
from yifang.apps.reporting import visible
from yifang.apps.reporting.models import AuditSample, AuditSampleItem, Reviewed
from yifang.apps.reporting.services import trials
from yifang.audit import Stratum, allocate, draw, size_for
from yifang.kernel import clock
from yifang.kernel.errors import NotAllowed, NotFound, UserError
from yifang.kernel.ids import new_id
from yifang.knowledge import load

KINDS = ("reporting.sample_drawn",)
MOST, MOST_DAYS = 2000, 366
RATE, HALF_WIDTH = 0.05, 0.03  # what a hospital that does not know takes: five in a hundred, give or take three
_FRAME = """SELECT r.id, r.person_id, r.at, r.department, CASE WHEN r.kind = 'lab_report' THEN 'lis'
WHEN r.kind = 'order' THEN 'pharmacy' WHEN r.kind = 'document' THEN 'imaging' ELSE 'his' END, k.said
FROM reporting_reading k JOIN records_record r ON r.id = k.record_id
WHERE k.organisation_id = %s AND k.at >= %s AND k.at < %s AND r.current AND r.state <> 'cancelled'"""


def ask(
    viewer: Viewer, first: date, last: date, *, size: int = 0, rate: float = RATE, half_width: float = HALF_WIDTH,
    seed: str = "",
) -> AuditSample:  # fmt: skip
    """Ask for a sample of the viewer's hospital; `size` 0 is worked out from `rate` and `half_width`.

    Raises UserError for days or figures that cannot be.
    """
    viewer.check("missed.answer")
    if first > last or (last - first).days > MOST_DAYS:
        raise UserError("reporting.audit_days", first=first, last=last)
    if not (0 <= size <= MOST and 0 < rate < 1 and 0 < half_width < 1):
        raise UserError("reporting.sample_size", most=MOST)
    organisation = Organisation.objects.get(id=viewer.organisation_id)
    trying = trials.running([organisation.id])
    wanted = size or size_for(10**9, rate, half_width)
    with transaction.atomic():
        made = AuditSample(
            id=new_id(), organisation=organisation, area="" if trying else organisation.area_code,
            first_day=first, last_day=last, seed=(seed.strip() or f"{first:%Y-%m}")[:40], size=min(wanted, MOST),
            population=0, strata=[], made_at=clock.now(), made_by_id=viewer.user_id,
        )  # fmt: skip
        made.save(force_insert=True)
        facts = {"first": first, "last": last, "size": made.size}
        append(Change("reporting.sample_drawn", "audit", made.id, facts=facts, scopes=[organisation.scope]), viewer)
    return made


def on_asked(heard: Sequence[Heard]) -> None:
    """Draw the samples asked for, each once. Jobs only."""
    for sample in AuditSample.objects.filter(id__in={entry.subject for entry in heard}, population=0):
        _draw(sample)


def review(item_id: UUID, viewer: Viewer, found: str, *, disease: str = "", note: str = "") -> AuditSampleItem:
    """Say what a sampled visit holds. Raises UserError without a verdict, or without the disease of what was due."""
    viewer.check("missed.answer")
    with transaction.atomic():
        item = AuditSampleItem.objects.select_for_update(of=("self",)).filter(id=item_id).first()
        if item is None:
            raise NotFound("reporting.no_sample_item")
        if item.organisation_id != viewer.organisation_id:
            raise NotAllowed("reporting.audit_not_yours")
        due = found in (Reviewed.REPORTED, Reviewed.MISSED)
        if not (due or found == Reviewed.NOTHING) or (due and disease not in load().diseases):
            raise UserError("reporting.sample_review")
        item.found, item.disease, item.note = found, disease if due else "", note.strip()[:200]
        item.reviewed_by_id, item.reviewed_at = viewer.user_id, clock.now()
        item.save(update_fields=["found", "disease", "note", "reviewed_by", "reviewed_at"])
        sample = AuditSample.objects.get(id=item.sample_id)
        sample.strata = _counted(sample)
        sample.save(update_fields=["strata"])
        scopes = [f"org:{item.organisation_id}"]
        facts = {"number": item.number, "found": found}
        append(Change("reporting.sample_reviewed", "audit", sample.id, facts=facts, scopes=scopes), viewer)
    return item


def _draw(sample: AuditSample) -> None:
    members: dict[tuple[str, str], list[str]] = defaultdict(list)
    rows: dict[str, Any] = {}
    with connection.cursor() as cursor:
        cursor.execute(_FRAME, [sample.organisation_id, _start(sample.first_day), _start(sample.last_day, 1)])
        for record, person, at, department, source, said in cursor.fetchall():
            members[department, source].append(str(record))
            rows[str(record)] = (record, person, at, department, source, json.loads(said) if said else ())
    strata = [Stratum(department, source, len(keys)) for (department, source), keys in sorted(members.items())]
    given = allocate(strata, sample.size)
    drawn = [rows[key] for key in draw(members, given, f"{sample.organisation_id}|{sample.seed}")]
    sample.population = max(sum(one.size for one in strata), 1)
    sample.strata = [
        {"department": one.department, "source": one.source, "size": one.size, "drawn": given.get(one.key, 0),
         "looked_at": 0, "due": 0, "missed": 0}
        for one in strata
    ]  # fmt: skip
    _show(sample, drawn)
    AuditSampleItem.objects.bulk_create(
        AuditSampleItem(
            id=new_id(), sample=sample, organisation_id=sample.organisation_id, number=number, record_id=row[0],
            department=row[3], source=row[4],
        )
        for number, row in enumerate(drawn, 1)
    )  # fmt: skip
    sample.size = len(drawn)
    sample.save(update_fields=["population", "strata", "size"])


def _show(sample: AuditSample, drawn: Sequence[Any]) -> None:
    """Let whoever asked, and nobody else, open the visits."""
    subjects = []
    for record, person, at, _department, _source, said in drawn:
        groups = {group_of(one["disease"]) for one in said} - SHARED_IN_A_DEPARTMENT
        day = at.astimezone(clock.CHINA).date()
        group = visible.strictest(groups)
        subject = Subject(SubjectKind.RECORD, record, day, group=group, person=person)
        subjects.append((subject, {f"user:{sample.made_by_id}": "audit_sample"}))
    show_many(subjects)


def _counted(sample: AuditSample) -> list[dict[str, Any]]:
    counts: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for department, source, found in sample.items.exclude(found="").values_list("department", "source", "found"):
        one = counts[department, source]
        one[0] += 1
        one[1] += found != Reviewed.NOTHING
        one[2] += found == Reviewed.MISSED
    return [
        one | dict(zip(("looked_at", "due", "missed"), counts[one["department"], one["source"]], strict=True))
        for one in sample.strata
    ]


def _start(day: date, later: int = 0) -> datetime:
    return datetime.combine(day + timedelta(days=later), time(), clock.CHINA)
