"""OBX values as an independent parser (python-hl7) read them, on every message it could read."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

from yifang.formats import hl7v2

# The oracle cut long texts; its escapes are as written, as ours are here.
_TEXT, _VALUE = 80, 120


def test_obx_rows_equal_the_oracle(shared: Path) -> None:
    folder = shared / "fixtures" / "hl7v2"
    told: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    refused = set()
    with (folder / "oracle_obx_python-hl7.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            if row["obr4"] == "PARSE-ERROR":
                refused.add(row["file"])
            else:
                told[row["file"]].append(tuple(list(row.values())[2:]))
    different = []
    compared = 0
    for name, rows in told.items():
        if name in refused:
            continue
        data = (folder / name).read_bytes()
        messages = [hl7v2.parse(raw) for raw in hl7v2.split_messages(data)]
        ours = [row for message in messages if message for row in hl7v2.obx_rows(message)]
        cut = [
            (*row[:2], row.text[:_TEXT], row.type, row.value[:_VALUE], row.value_text[:_TEXT], *row[6:]) for row in ours
        ]
        compared += len(rows)
        if cut != rows:
            different.append(name)
    assert different == []
    assert compared > 5000
