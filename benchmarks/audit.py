"""The nightly audit of 100,000 visits of one hospital: from readings kept at intake to written lines.

Fictional visits, every fourth with a laboratory report and another fourth with an order; one in twenty of something
notifiable, nineteen of twenty of these with a card of the national export; stored as intake stores them, without its
doors. The same night again, then the night after a change of the rules, for a tenth of the records: these are read
anew. Each night must find every planted line, of each verdict exactly as many as there are.
"""

from __future__ import annotations

import json
import os
import random
import time
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from benchmarks.node import running

Figure = tuple[str, float, str, float]
VISITS = int(os.environ.get("YIFANG_BENCH_AUDIT", "100000"))
_DEPARTMENTS = ("内科", "儿科", "外科", "发热门诊", "呼吸内科", "感染科", "急诊科", "妇产科")
_AT_ONCE = 5000


def run() -> list[Figure]:
    """Seconds of the audit, and of its repetition."""
    with running() as node:
        del node
        hospital = _hospital()
        _fill(hospital)
        first, last = date.today() - timedelta(days=33), date.today()
        one = _audited(hospital, first, last)
        two = _audited(hospital, first, last)
        again = _by_other_rules()
        three = _audited(hospital, first, last, again)
    return [
        (f"nightly audit of {VISITS:,} visits", one, "s", 60.0),
        (f"the same night again, {VISITS:,} visits", two, "s", 60.0),
        (f"the night after other rules, {again:,} records read again", three, "s", 60.0),
    ]


def _hospital():  # type: ignore[no-untyped-def]
    from yifang.apps.places.models import Organisation

    return Organisation.objects.create(code="H31011299", name="基准医院", kind="hospital", area_code="310112")


def _by_other_rules() -> int:
    """As if a tenth of the readings had been made by other rules. Returns how many."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("UPDATE reporting_reading SET digest = 'others' WHERE get_byte(uuid_send(record_id), 15) < 26")
        return cursor.rowcount


def _audited(hospital, first: date, last: date, again: int = 0) -> float:  # type: ignore[no-untyped-def]
    from yifang.apps.reporting.missed import running as audit

    started = time.perf_counter()
    made = audit.run(hospital, first, last)
    took = time.perf_counter() - started
    ill, missed, late = VISITS // 20, VISITS // 400, VISITS // 100 - VISITS // 400
    kinds = {"missed": missed, "late": late, "reported": ill - missed - late}
    if made.records != VISITS * 3 // 2 or dict(made.numbers["kinds"]) != kinds or made.read_again != again:
        raise RuntimeError(f"{made.records} records, {made.read_again} read again, {made.numbers}, planted {kinds}")
    return took


def _fill(hospital) -> None:  # type: ignore[no-untyped-def]
    from django.db import connection, transaction

    from yifang.apps.ledger.bulk import copy_in
    from yifang.apps.records.models import Person, Record
    from yifang.apps.reporting.missed import readings
    from yifang.apps.reporting.models import NationalCard
    from yifang.kernel import clock
    from yifang.kernel.ids import new_id

    chance, now, batch = random.Random(5), clock.now(), new_id()
    for start in range(0, VISITS, _AT_ONCE):
        persons, records, cards, read = [], [], [], []
        for number in range(start, min(start + _AT_ONCE, VISITS)):
            at = (now - timedelta(minutes=chance.randint(60 * 26, 60 * 24 * 32))).astimezone(UTC)
            ill = number % 20 == 0
            code, text = ("J11.101", "流行性感冒") if ill else ("J06.900", "急性上呼吸道感染")
            person = Person(id=new_id(), sex="male", birth_date=date(1990, 1, 1), masked_name="张**", created_at=now)
            department = _DEPARTMENTS[number % len(_DEPARTMENTS)]
            key = number.to_bytes(32, "big")
            payload = _payload(number, department, at, code, text)
            record = Record(
                id=new_id(), organisation=hospital, key=key, digest=key, state="final", kind="encounter", person=person,
                batch=batch, department=department, at=at, received_at=now, payload=payload,
            )  # fmt: skip
            persons.append(person)
            records.append(record)
            said = _SAID if ill else ""
            read.append((record, said))
            if number % 4 < 2:
                beside = "lab_report" if number % 4 else "order"
                other = (VISITS + number).to_bytes(32, "big")
                record = Record(
                    id=new_id(), organisation=hospital, key=other, digest=other, state="final", kind=beside,
                    person=person, batch=batch, department=department, at=at, received_at=now,
                    payload=_beside(number, department, at, beside),
                )  # fmt: skip
                records.append(record)
                read.append((record, ""))
            if ill and number % 400:
                cards.append(_card(NationalCard, hospital, person.id, at, number, batch, now))
        with transaction.atomic(), connection.cursor() as cursor:
            copy_in(persons)
            copy_in(records)
            copy_in(cards)
            cursor.execute(
                readings._KEEP,
                [readings.digest(), [r.id for r, _ in read], [hospital.id] * len(read), [r.at for r, _ in read],
                 [said for _, said in read]],
            )  # fmt: skip


_SAYING = {
    "disease": "influenza", "source": "his", "level": "strong", "rule": "diag_icd", "text": "J11.101 流行性感冒",
    "named": True,
}  # fmt: skip
_SAID = json.dumps([_SAYING], ensure_ascii=False)


def _payload(number: int, department: str, at: datetime, code: str, text: str) -> dict[str, object]:
    moment = {"iso": at.strftime("%Y-%m-%dT%H:%M"), "precision": "minute"}
    return {
        "kind": "encounter", "key": f"V{number}", "status": "final", "source": {"format": "csv"},
        "encounter": {"id": f"V{number}", "kind": "outpatient", "department": department, "start": moment},
        "at": moment,
        "diagnoses": [{"codes": [{"system": "icd10", "code": code, "text": text}], "text": text, "path": "row"}],
    }  # fmt: skip


def _beside(number: int, department: str, at: datetime, kind: str) -> dict[str, object]:
    moment = {"iso": at.strftime("%Y-%m-%dT%H:%M"), "precision": "minute"}
    told: dict[str, object] = {
        "kind": kind, "key": f"B{number}", "status": "final", "source": {"format": "csv"}, "at": moment,
        "encounter": {"id": f"V{number}", "kind": "outpatient", "department": department, "start": moment},
    }  # fmt: skip
    if kind == "order":
        return told | {"drugs": [{"codes": [], "name": "阿莫西林胶囊", "path": "row"}]}
    return told | {"results": [{"codes": [], "name": "白细胞计数", "value": "7.2", "path": "row", "panel": "血常规"}]}


def _card(model, hospital, person: UUID, at: datetime, number: int, batch: UUID, now: datetime):  # type: ignore[no-untyped-def]
    from yifang.kernel.ids import new_id

    late = number % 100 == 0
    entered = at + timedelta(hours=30 if late else 3)
    return model(
        id=new_id(), national_card_id=f"B{number}", digest=b"\x01" * 32, batch=batch, person_id=person,
        audit_state="final", stands=True, disease="influenza", disease_text="流行性感冒", group="ordinary",
        case_class="clinical", residence_area="310112", report_area="310112", organisation=hospital,
        organisation_text="基准医院", onset_date=at.date(), diagnosed_at=at, entered_at=entered,
        report_in_time=not late, received_at=now,
    )  # fmt: skip
