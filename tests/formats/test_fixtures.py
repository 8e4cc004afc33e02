"""Every real file of the shared material is accounted for: read or refused, with a reason that has words, in time."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from yifang.formats import read
from yifang.formats.canonical import Item
from yifang.formats.storage import from_json, to_json
from yifang.kernel.messages import render

TOPICS = {"hl7v2": 200, "elr-pairs": 50, "fhir": 60, "cda": 25, "tabular": 25}
"""Topic folder → fewer items than this would mean that files are passed over."""


@pytest.fixture(scope="module")
def items(shared: Path) -> dict[str, dict[str, list[Item]]]:
    found: dict[str, dict[str, list[Item]]] = {}
    for topic in TOPICS:
        files = sorted(path for path in (shared / "fixtures" / topic).rglob("*") if path.is_file())
        found[topic] = {str(path): list(read(path)) for path in files}
    return found


@pytest.mark.parametrize("topic", TOPICS)
def test_every_file_gives_items_in_order(items: dict[str, dict[str, list[Item]]], topic: str) -> None:
    assert [path for path, found in items[topic].items() if not found] == []
    for path, found in items[topic].items():
        indexes = [item.index for item in found]
        assert indexes == sorted(set(indexes)), path
        assert all(bool(item.records) != bool(item.refusal) for item in found), path
    assert sum(len(found) for found in items[topic].values()) >= TOPICS[topic]


@pytest.mark.parametrize("topic", TOPICS)
def test_every_reason_and_issue_has_words(items: dict[str, dict[str, list[Item]]], topic: str) -> None:
    told = [one for found in items[topic].values() for item in found for one in (item.refusal, *item.issues) if one]
    told += [
        one for found in items[topic].values() for item in found for record in item.records for one in record.issues
    ]
    for one in told:
        for language in ("zh", "en"):
            assert render(one.code, dict(one.params), language)


@pytest.mark.parametrize("topic", TOPICS)
def test_every_record_can_be_kept(items: dict[str, dict[str, list[Item]]], topic: str) -> None:
    records = [record for found in items[topic].values() for item in found for record in item.records]
    assert records
    assert [record.key for record in records if from_json(to_json(record)) != record] == []


@pytest.mark.parametrize("topic", TOPICS)
def test_a_topic_is_read_in_time(shared: Path, topic: str) -> None:
    started = time.process_time()
    for path in (shared / "fixtures" / topic).rglob("*"):
        if path.is_file():
            for _ in read(path):
                pass
    assert time.process_time() - started < 5


def test_the_same_bytes_give_the_same_keys(items: dict[str, dict[str, list[Item]]]) -> None:
    for path, found in items["hl7v2"].items():
        again = [record.key for item in read(Path(path)) for record in item.records]
        assert again == [record.key for item in found for record in item.records], path


FINAL = {"Malaria_V1.0.2__TC01.txt": "10130", "MUMPS_V1-0-1_TM_TC01.txt": "10180", "MMG_V1_2_Dengue.txt": "11705"}


@pytest.mark.parametrize("name", FINAL)
def test_what_a_notification_reports(items: dict[str, dict[str, list[Item]]], name: str) -> None:
    (found,) = [found for path, found in items["hl7v2"].items() if path.endswith(name)]
    reported = [one for one in found[0].records[0].diagnoses if one.role == "reported"]
    assert [one.codes[0].code for one in reported] == [FINAL[name]]


def test_chinese_documents(items: dict[str, dict[str, list[Item]]]) -> None:
    (found,) = [found for path, found in items["cda"].items() if "C0002" in path]
    (record,) = found[0].records
    sections = [note.section for note in record.notes]
    assert (record.kind, record.encounter.kind, record.encounter.department) == ("encounter", "outpatient", "骨科")
    assert sections[1:5] == ["complaint", "history", "past_history", "exam"]
    assert [(one.codes[0].system, one.role) for one in record.diagnoses] == [("icd10", "outpatient")]
    assert [(one.name, one.value) for one in record.results][1] == ("辅助检查项目", "辅助检查结果")
