"""An unusual cluster in one clinic: several patients with one unusual syndrome in one department within days.

The desk gets a drafted whistle to judge; nothing leaves the hospital by itself. Which syndromes, how many patients and
how many days is the triggers pack's (`clinic_clusters`). A cluster is told once; who joins it later changes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date, timedelta
from uuid import UUID

from yifang.apps.records.models import Record
from yifang.apps.reporting.models import ClinicSign
from yifang.apps.reporting.rulebook import in_force
from yifang.kernel import clock, protocols
from yifang.knowledge.models.triggers import ClinicClusters


def note(said: Iterable[tuple[Record, Sequence[str]]], gone: Collection[UUID], quiet: Collection[UUID] = ()) -> None:
    """Keep the unusual signs of these records and draft a whistle for each new cluster; `quiet` hospitals only keep."""
    pack = in_force().triggers.clinic_clusters
    wanted = {rule.syndrome for rule in pack.rules}
    seen = [
        ClinicSign(
            record=row, person_id=row.person_id, organisation=row.organisation, department=row.department,
            syndrome=syndrome, day=row.at.astimezone(clock.CHINA).date(),
        )
        for row, syndromes in said
        if row.kind == "encounter" and row.department
        for syndrome in wanted.intersection(syndromes)
    ]  # fmt: skip
    if gone:
        ClinicSign.objects.filter(record_id__in=gone).delete()
    if not seen:
        return
    ClinicSign.objects.bulk_create(seen, ignore_conflicts=True)
    for one in {(sign.organisation_id, sign.department, sign.syndrome): sign for sign in seen}.values():
        if one.organisation_id not in quiet:
            _consider(one, pack)


def _consider(one: ClinicSign, pack: ClinicClusters) -> None:
    patients = next(rule.patients for rule in pack.rules if rule.syndrome == one.syndrome)
    first = one.day - timedelta(days=pack.window_days - 1)
    clinic = ClinicSign.objects.filter(
        organisation=one.organisation, department=one.department, syndrome=one.syndrome,
        day__range=(first - timedelta(days=pack.window_days), one.day),
    )  # fmt: skip
    near = [sign for sign in clinic if sign.day >= first]
    if any(sign.told for sign in clinic):
        clinic.update(told=True)  # it goes on: told already
        return
    number = len({sign.person_id for sign in near})
    if number >= patients and one.day >= clock.today() - timedelta(days=pack.news_days):
        _draft(one, number, min(sign.day for sign in near), pack.window_days)
        clinic.update(told=True)


def _draft(one: ClinicSign, number: int, since: date, days: int) -> None:
    name = in_force().syndrome_name(one.syndrome)
    event = f"{one.department}{days}天内有{number}名患者出现{name},由程序按就诊记录发现,请核实是否有共同暴露或异常"
    for hook in protocols.whistles:
        hook.call(
            one.organisation, event=event, number=number, symptoms=name, place=one.department, since=since.isoformat(),
            key=f"cluster:{one.organisation_id}:{one.syndrome}:{since.isoformat()}:{one.id or number}",
        )  # fmt: skip
