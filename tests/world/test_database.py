"""The third hospital's script in a real PostgreSQL, and its views through the built-in mappings."""

import csv
import io
from pathlib import Path

import pytest
from django.db import connection

from yifang import formats
from yifang.world import truth


def as_csv(view: str) -> bytes:
    """A view's rows, as an export of them would be."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {view} ORDER BY 更新时间, 就诊号")
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow([column.name for column in cursor.description])
        writer.writerows(["" if value is None else value for value in row] for row in cursor)
    return out.getvalue().encode()


@pytest.mark.django_db
def test_the_script_loads_and_its_views_are_read(made: Path) -> None:
    with connection.cursor() as cursor:
        cursor.execute((made / "feeds" / "h03-sql" / "views.sql").read_text(encoding="utf-8"))
    visits = list(formats.read(("v_mzrz.csv", as_csv("v_mzrz"))))
    refused = [item.refusal.code for item in visits if item.refusal]
    assert set(refused) <= {"table.required_empty"}
    read = {record.encounter.id: record for item in visits for record in item.records}
    results = {
        record.encounter.id
        for item in formats.read(("v_jyjg.csv", as_csv("v_jyjg")))
        for record in item.records
        if record.results
    }
    checked = 0
    for case in truth.read(made).cases:
        for one in case.visits:
            if one.organisation.endswith("H03") and not one.lost:
                assert read[one.number].diagnoses
                assert one.number in results or "lab" not in one.evidence
                checked += 1
    assert checked
