"""A database with a million cases, filled by COPY in minutes: what the page benchmarks look at.

Fictional persons; a large district with 30 %, a small one with 0.5 % of the cases, the rest over fourteen others.
Rows are what the services would write (identity sealed, keys, visibility rows for each place and level above it), the
counts what delivery would have made of them.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import psycopg
from django.apps import apps

from yifang.kernel import areas
from yifang.kernel.identity_number import check_digit
from yifang.kernel.ids import new_id
from yifang.kernel.sealing import Sealing
from yifang.knowledge import load

LARGE, SMALL, TOWNSHIP = "310112", "310151", "310112001"
SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾"
GIVEN = "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂兰玉红建华文浩宇子涵梓轩欣怡"
_DISEASES = {
    "hfmd": 30, "influenza": 30, "other_infectious_diarrhoea": 12, "varicella": 8, "hepatitis_b": 8, "pulmonary_tb": 5,
    "syphilis": 4, "scarlet_fever": 1, "hiv_aids": 1, "measles": 0.3, "brucellosis": 0.3, "dengue": 0.4,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sample:
    """Things to ask for: names and numbers that exist, and case and person ids, by district."""

    names: dict[str, list[str]]
    numbers: dict[str, list[str]]


def fill(connection: psycopg.Connection, sealing: Sealing, organisations: dict[str, UUID], cases: int) -> Sample:
    """Write `cases` persons, cards, cases and their visibility rows. `organisations` maps district → hospital."""
    chance = random.Random(20261123)
    visibility = load().visibility
    diseases, weights = list(_DISEASES), list(_DISEASES.values())
    groups = {disease: visibility.group_of(disease) for disease in diseases}
    townships = {district: _townships(district) for district in organisations}
    others = [district for district in organisations if district not in (LARGE, SMALL)]
    sample = Sample({district: [] for district in organisations}, {district: [] for district in organisations})
    today = date(2026, 11, 20)
    start = 0
    while start < cases:
        size = min(50_000, cases - start)
        rows: dict[str, list[tuple[object, ...]]] = {name: [] for name in _COPIES}
        for number in range(start, start + size):
            draw = chance.random()
            district = LARGE if draw < 0.30 else SMALL if draw < 0.305 else chance.choice(others)
            disease = chance.choices(diseases, weights)[0]
            _case(
                rows, chance, sealing, sample, number, district, chance.choice(townships[district]), disease,
                groups[disease], organisations[district], today - timedelta(days=int(chance.random() ** 2 * 1800)),
            )  # fmt: skip
        _write(connection, rows)
        start += size
    _count(connection)
    return sample


def _count(connection: psycopg.Connection) -> None:
    """Count the cases as delivery and compaction would have, and leave the tables as autovacuum leaves them."""
    from yifang.apps.surveillance.counting import sql

    connection.execute(
        f"INSERT INTO surveillance_counted ({sql.FACT_LIST}) SELECT {sql.FACT_LIST} FROM ({sql.CASES}) c"
    )
    connection.execute(sql.change("surveillance_counted", "(SELECT * FROM surveillance_counted WHERE false)"))
    connection.commit()
    connection.autocommit = True
    connection.execute("VACUUM ANALYZE")
    connection.autocommit = False


def _townships(district: str) -> list[str]:
    return [region.code for region in load().regions.children(district)] or [f"{district}001"]


def _case(
    rows: dict[str, list[tuple[object, ...]]],
    chance: random.Random,
    sealing: Sealing,
    sample: Sample,
    number: int,
    district: str,
    township: str,
    disease: str,
    group: str,
    organisation: UUID,
    onset: date,
) -> None:
    person, case, card, version = new_id(), new_id(), new_id(), new_id()
    name = chance.choice(SURNAMES) + "".join(chance.choices(GIVEN, k=2))
    born = date(1930, 1, 1) + timedelta(days=number // 1000 % 25_000)
    first17 = f"{district}{born:%Y%m%d}{number % 1000:03}"
    id_no = first17 + check_digit(first17)
    if len(sample.names[district]) < 500:
        sample.names[district].append(name)
        sample.numbers[district].append(id_no)
    identity = json.dumps(
        {"name": name, "id_type": "01", "id_no": id_no, "phone": f"138{number:08}"}, ensure_ascii=False
    )
    at = datetime(onset.year, onset.month, onset.day, 9, tzinfo=UTC) + timedelta(days=1)
    masked = name[0] + "*" + name[-1]
    rows["person"].append((person, "male", date(1980, 1, 1), township, masked, "310***11", "138***01", at))
    rows["identity"].append(
        (
            person, sealing.seal(identity.encode(), f"person:{person}"), sealing.index("name", name),
            sealing.index("id", id_no), sealing.index("phone", f"138{number:08}"),
            sealing.index("source", str(number)),
        )
    )  # fmt: skip
    rows["case"].append(
        (
            case,
            person,
            disease,
            group,
            chance.choice(("clinical", "clinical", "confirmed", "suspected")),
            onset,
            at,
            at.date(),
            at.date(),
            township,
            district,
            organisation,
            at,
            chance.choice(("male", "female")),
            int(chance.triangular(0, 33_000, 4000)),
        )
    )
    rows["card"].append(
        (
            card, f"B{number:09}", organisation, "儿科", person, case, "audited", disease, group, "clinical", township,
            district, onset, at, masked, at, at, f"N{number:010}", at, at, at,
        )
    )  # fmt: skip
    sealed = sealing.seal(identity.encode(), f"card:{version}")
    rows["version"].append((version, card, json.dumps({"disease": disease, "case_class": "1"}), sealed, at))
    scopes = [f"area:{code}" for code in areas.ancestors(township)] + [f"org:{organisation}"]
    for scope in scopes:
        rows["visibility"].append((scope, "case", case, person, onset, disease, group))
        rows["visibility"].append((scope, "card", card, person, onset, disease, group))


_COPIES = {
    "person": "records_person (id, sex, birth_date, area_code, masked_name, masked_id_no, masked_phone, created_at)",
    "identity": "records_personidentity (person_id, sealed, name_key, id_no_key, phone_key, source_key)",
    "case": (
        'reporting_case (id, person_id, disease, "group", case_class, onset_date, diagnosed_at, entered_on, '
        "audited_on, residence_area, report_area, report_org_id, created_at, sex, age_days)"
    ),
    "card": (
        'reporting_card (id, card_no, organisation_id, department, person_id, case_id, state, disease, "group", '
        "case_class, residence_area, report_area, onset_date, diagnosed_at, masked_name, created_at, reviewed_at, "
        "national_card_id, entered_at, audit_due_at, audited_at)"
    ),
    "version": "reporting_cardversion (id, card_id, values, sealed, made_at)",
    "visibility": 'accounts_visibility (scope, kind, subject, person, day, disease, "group")',
}
_SAME_FOR_ALL: dict[str, dict[str, object]] = {
    "card": {"entry_source": "typed"},
    "version": {"number": 1},
    "visibility": {"level": 2, "reason": "card"},
}


def _constants(name: str) -> dict[str, object]:
    """What every row has beside the columns that are listed: the model's defaults, so that a new column is no break."""
    table, _, columns = _COPIES[name].rstrip(")").partition(" (")
    listed = {column.strip(' "') for column in columns.split(",")}
    model = next(model for model in apps.get_models() if model._meta.db_table == table)
    constants = dict(_SAME_FOR_ALL.get(name, {}))
    for field in model._meta.concrete_fields:
        if field.column in listed or field.column in constants or field.null or field.primary_key:
            continue
        value = field.get_default()
        constants[field.column] = json.dumps(value) if isinstance(value, dict | list) else value
    return constants


def _write(connection: psycopg.Connection, rows: dict[str, list[tuple[object, ...]]]) -> None:
    with connection.cursor() as cursor:
        for name, target in _COPIES.items():
            constants = _constants(name)
            columns = target.rstrip(")") + "".join(f", {column}" for column in constants) + ")"
            with cursor.copy(f"COPY {columns} FROM STDIN") as copy:
                for row in rows[name]:
                    copy.write_row((*row, *constants.values()))
    connection.commit()
