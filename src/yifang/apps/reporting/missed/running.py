"""One night's audit of a hospital: read what is unread, compare, write the lines, tell the desk.

Run again it changes nothing. A line is known again by person, disease and episode; what a person answered stays, and a
line whose evidence was taken back says so instead of going away.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from yifang.apps.accounts.models import SubjectKind, Visibility
from yifang.apps.accounts.visibility import SHARED_IN_A_DEPARTMENT, Subject, group_of, show_many
from yifang.apps.ledger.services import NODE, Change, append
from yifang.apps.places.models import Organisation
from yifang.apps.reporting import visible
from yifang.apps.reporting.missed import gathering, readings, unread
from yifang.apps.reporting.models import AuditKind, AuditLine, AuditRun
from yifang.apps.reporting.rulebook import in_force
from yifang.apps.reporting.services import trials
from yifang.apps.work import services as work
from yifang.apps.work.services import DeskAt
from yifang.audit import Rules, Said, Verdict, audited, compare, rules_of
from yifang.identify.model import Reported
from yifang.kernel import clock
from yifang.kernel.ids import new_id

DAYS = 35  # how far back a night looks: the month before and some days of reporting
TO_CHECK = (AuditKind.MISSED, AuditKind.LATE, AuditKind.WRONG_CLASS, AuditKind.REPORTED_ELSEWHERE)
_FIELDS = (
    "record", "kind", "also", "reason", "minutes", "since", "due_at", "day", "source", "department", "evidence",
    "told", "group", "area",
)  # fmt: skip
_DENOMINATORS = """SELECT CASE WHEN r.kind = 'lab_report' THEN 'lis' WHEN r.kind = 'order' THEN 'pharmacy'
WHEN r.kind = 'document' AND r.payload #>> '{encounter,reason}' = '死亡登记' THEN 'death'
WHEN r.kind = 'document' THEN 'imaging' ELSE 'his' END, count(*)
FROM reporting_reading k JOIN records_record r ON r.id = k.record_id
WHERE k.organisation_id = %s AND k.at >= %s AND k.at < %s AND r.current AND r.state <> 'cancelled' GROUP BY 1"""


def run(organisation: Organisation, first: date, last: date, *, now: datetime | None = None) -> AuditRun:
    """Audit the days `first` to `last` of a hospital."""
    started = clock.now()
    rules = rules_of(in_force())
    window = timedelta(days=rules.episodes.window_days)
    since, until = _start(first) - window, _start(last + timedelta(days=1))
    again = readings.read_again(organisation.id, since, until)
    gathered = gathering.gather(organisation, since, until)
    quiet = bool(trials.running([organisation.id], now))
    area = "" if quiet else organisation.area_code  # a hospital that tries quietly shows its district nothing
    verdicts = unread.set_right(_judged(gathered, organisation, rules, now or started), organisation)
    kept = [one for one in verdicts if max(said.at for said in one.said) >= _start(first)]
    with transaction.atomic():
        made = AuditRun.objects.create(
            organisation=organisation, area=area, first_day=first, last_day=last,
            started_at=started, digest=in_force().digest, read_again=again,
        )  # fmt: skip
        _write(made, kept, rules, organisation, first)
        made.numbers = {"kinds": Counter(one.kind for one in kept), "records": _records(organisation, since, until)}
        made.records = sum(made.numbers["records"].values())
        made.ended_at = clock.now()
        made.save()
        facts = {"first": first, "last": last, "lines": len(kept), "records": made.records, "read_again": again}
        append(Change("reporting.audited", "audit", made.id, facts=facts, scopes=[organisation.scope]), NODE)
        ask(organisation, quiet)
    return made


def ask(organisation: Organisation, quiet: bool) -> None:
    """One item at the hospital's desk while lines wait for an answer, none where nothing waits or it tries quietly."""
    waiting = waiting_of(organisation.id)
    if quiet or not waiting:
        work.end("audit_check", organisation.id, NODE, outcome="checked")
        return
    work.open_item(
        "audit_check", "audit", organisation.id, [DeskAt(organisation.scope, "hospital_desk")], NODE,
        title=f"漏报核查 {waiting} 条", title_en=f"Missed-report audit: {waiting} to check",
    )  # fmt: skip


def waiting_of(organisation: UUID) -> int:
    """How many lines of a hospital say that something was missed and nobody has answered."""
    return AuditLine.objects.filter(organisation_id=organisation, kind=AuditKind.MISSED, answer="").count()


def _judged(gathered: gathering.Gathered, organisation: Organisation, rules: Rules, now: datetime) -> list[Verdict]:
    """The verdicts; who seems unreported is looked for under another number as well."""
    verdicts = compare(
        gathered.said, gathered.told, gathered.dismissed, rules, now, tested=gathered.tested
    )  # fmt: skip
    doubtful = {one.person for one in verdicts if one.kind in ("missed", "waiting")}
    alike = gathering.twins({UUID(one) for one in doubtful})
    if not alike:
        return verdicts
    others = {other for found in alike.values() for other in found}
    theirs = gathering.as_of(gathering.told_of(others, organisation), alike)
    told = [one for one in gathered.told if one.person in doubtful] + theirs
    said = [one for one in gathered.said if UUID(one.person) in alike]
    again = compare(
        said, told, gathered.dismissed, rules, now, tested=None, diseases=audited(gathered.told, rules)
    )  # fmt: skip
    persons = {str(one) for one in alike}
    return sorted(
        [*(one for one in verdicts if one.person not in persons), *again], key=lambda one: (one.since, one.person)
    )


def _write(made: AuditRun, verdicts: Sequence[Verdict], rules: Rules, organisation: Organisation, first: date) -> None:
    known: dict[tuple[str, str], list[AuditLine]] = defaultdict(list)
    persons = {UUID(one.person) for one in verdicts}
    found = AuditLine.objects.select_for_update(of=("self",)).filter(organisation=organisation)
    recent = found.filter(day__gte=first - timedelta(days=rules.episodes.window_days), day__lte=made.last_day)
    for line in {*found.filter(person_id__in=persons), *recent}:
        known[str(line.person_id), line.disease].append(line)
    fresh, changed, seen = [], [], []
    for one in verdicts:
        line, says = _line_of(one, known[one.person, one.disease], rules), _told(one) | {"area": made.area}
        if line is None:
            line = AuditLine(
                id=new_id(), organisation=organisation, person_id=one.person, disease=one.disease, first_run=made,
                last_run=made, **says,
            )  # fmt: skip
            fresh.append(line)
            continue
        known[one.person, one.disease].remove(line)
        seen.append(line.id)
        if _change(line, says):
            changed.append(line)
    # What no record speaks for any more: a result was withdrawn, a visit cancelled, or a person was merged.
    for lines in known.values():
        for line in lines:
            if line.day >= first and _change(line, {"kind": AuditKind.GONE, "also": "", "reason": ""}):
                seen.append(line.id)
                changed.append(line)
    AuditLine.objects.bulk_create(fresh, batch_size=1000)
    AuditLine.objects.bulk_update(changed, _FIELDS, batch_size=500)  # dear: most nights change few of the lines
    AuditLine.objects.filter(id__in=seen).update(last_run=made)
    _show([line for line in (*fresh, *changed) if line.kind not in (AuditKind.REPORTED, AuditKind.GONE)])


def _line_of(one: Verdict, lines: Sequence[AuditLine], rules: Rules) -> AuditLine | None:
    day = _day(one.since)
    near = [
        line for line in lines
        if rules.episodes.same_episode(one.disease, Reported(one.disease, line.day), day)
    ]  # fmt: skip
    return min(near, key=lambda line: (abs((line.day - day).days), line.id), default=None)


def _told(one: Verdict) -> dict[str, Any]:
    """The fields of the line that a verdict makes."""
    return {
        "record_id": UUID(_lead(one).record), "kind": one.kind, "also": next(iter(one.also), ""),
        "reason": one.reason[:80], "minutes": one.minutes, "since": one.since, "due_at": one.due_at,
        "day": _day(one.since), "source": one.source, "department": one.department[:60],
        "group": group_of(one.disease), "evidence": [_kept(said) for said in one.said[:12]], "told": list(one.told),
    }  # fmt: skip


def _change(line: AuditLine, says: dict[str, Any]) -> bool:
    """Write the fields into the line. Returns whether that changed any."""
    new = {name: value for name, value in says.items() if getattr(line, name) != value}
    for name, value in new.items():
        setattr(line, name, value)
    return bool(new)


def _lead(one: Verdict) -> Said:
    """The record that a person should open: a visit says more than a laboratory report."""
    return min(one.said, key=lambda said: (said.source not in ("his", "death"), said.level != "strong", said.at))


def _kept(said: Said) -> dict[str, Any]:
    given = asdict(said)
    dropped = ("person", "disease", "by_visit", "department")
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in given.items()
        if name not in dropped and value not in ("", False)
    }


def _show(lines: Sequence[AuditLine]) -> None:
    """Let the hospital's desk open the records behind; those that no suspicion has shown it already."""
    records = {line.record_id: line for line in lines}
    shown = set(
        Visibility.objects.filter(subject__in=list(records), scope__startswith="org:").values_list("subject", flat=True)
    )  # fmt: skip
    subjects = []
    for record_id, line in records.items():
        guarded = {line.group} - SHARED_IN_A_DEPARTMENT
        group = visible.protect_record(record_id, guarded) if guarded else "ordinary"
        if record_id not in shown:
            subject = Subject(SubjectKind.RECORD, record_id, line.day, group=group, person=line.person_id)
            subjects.append((subject, {f"org:{line.organisation_id}": visible.HOSPITAL}))
    show_many(subjects)


def _records(organisation: Organisation, since: datetime, until: datetime) -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(_DENOMINATORS, [organisation.id, since, until])
        return dict(cursor.fetchall())


def _start(day: date) -> datetime:
    return datetime.combine(day, time(), clock.CHINA)


def _day(at: datetime) -> date:
    return at.astimezone(clock.CHINA).date()
