"""What the county writes is read by our readers: all that is whole, and of what is broken exactly what was planted."""

import csv
import io
import json
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path

import pytest

from yifang import formats
from yifang.formats.canonical import Item, Record
from yifang.world import truth
from yifang.world.county import County

EXPECTED_TO_READ = ("missing_birth", "no_id", "wrong_id_check", "swapped_sex")


@cache
def items(made: Path) -> dict[str, list[Item]]:
    """Every item of every feed's file."""
    found = {}
    for path in sorted((made / "feeds").rglob("*")):
        if path.is_file() and path.suffix != ".sql":
            found[str(path.relative_to(made / "feeds"))] = list(formats.read(path))
    return found


def errors(made: Path) -> list[dict]:
    return [json.loads(line) for line in (made / "truth" / "errors.jsonl").read_text(encoding="utf-8").splitlines()]


@cache
def last_records(made: Path) -> dict[str, Record]:
    """The records as they stand in the end: a later one of the same key in a feed replaces the earlier."""
    found: dict[tuple[str, str], Record] = {}
    for name, each in items(made).items():
        for item in each:
            for record in item.records:
                found[name.split("/")[0], record.key] = record
    return {f"{feed}:{key}": record for (feed, key), record in found.items()}


def test_every_feed_sends(made: Path) -> None:
    feeds = Counter(name.split("/")[0] for name in items(made))
    assert set(feeds) == {
        "h01-his",
        "h01-adt",
        "h01-lis",
        "h02-fhir",
        *(f"p{number:02d}-log" for number in range(1, 15)),
    }
    formats_ = {item.format for each in items(made).values() for item in each}
    assert formats_ == {"hl7v2", "fhir", "csv", "xlsx"}


def test_what_is_whole_is_read_and_what_is_broken_refused_as_planted(made: Path) -> None:
    planted = {(one["file"], one["place"]): one for one in errors(made) if one["expect"] == "refused"}
    refused = {
        (name, item.index): item.refusal.code for name, each in items(made).items() for item in each if item.refusal
    }
    assert refused == {place: one["why"] for place, one in planted.items()}


def test_planted_errors_that_are_read_are_there(made: Path) -> None:
    by_file = {name: {item.index: item for item in each} for name, each in items(made).items()}
    seen: Counter[str] = Counter()
    for one in errors(made):
        if one["expect"] == "read":
            (record,) = by_file[one["file"]][one["place"]].records
            assert record.encounter.id == one["visit"]
            ids = [each.value for each in record.person.identifiers if each.kind == "cn_id"]
            if one["kind"] == "missing_birth":
                assert record.person.birth is None
            elif one["kind"] in ("cancelled", "withdrawn"):
                assert record.status == "cancelled"
            elif one["kind"] == "corrected":
                assert record.status == "corrected"
            elif one["kind"] == "no_id":
                assert ids == []
            seen[one["kind"]] += 1
    assert set(seen) >= {"missing_birth", "no_id", "repeated"}


def test_a_repeat_a_correction_and_a_withdrawal_keep_the_key(made: Path) -> None:
    for one in errors(made):
        if one["kind"] in ("repeated", "corrected", "withdrawn", "cancelled"):
            each = {item.index: item for item in items(made)[one["file"]]}
            (first,), (second,) = each[one["place"] - 1].records, each[one["place"]].records
            assert first.key == second.key, one


def test_each_visit_of_the_truth_is_in_the_feeds(made: Path) -> None:
    """Each visit of a case that was not lost is read with its person, its place and its diagnosis."""
    told = truth.read(made)
    by_visit = defaultdict(list)
    for record in last_records(made).values():
        by_visit[record.encounter.id].append(record)
    checked = 0
    for case in told.cases:
        for visit in case.visits:
            if visit.organisation.endswith("H03") or visit.lost:
                continue
            records = by_visit[visit.number]
            assert records, visit
            numbers = {each.value for record in records for each in record.person.identifiers if each.kind == "cn_id"}
            wrong = {each.value for record in records for each in record.person.identifiers}
            assert case.id_no in numbers or not numbers or case.id_no[:17] in {number[:17] for number in wrong}
            has_results = any(record.results for record in records)
            assert has_results or "lab" not in visit.evidence
            checked += 1
    assert checked > 40


def test_the_database_is_valid_sql_of_every_visit_of_the_third_hospital(made: Path) -> None:
    import sqlite3

    script = (made / "feeds" / "h03-sql" / "views.sql").read_text(encoding="utf-8")
    database = sqlite3.connect(":memory:")
    database.executescript(script)
    (visits,) = database.execute("SELECT count(*) FROM mz_visit").fetchone()
    (seen,) = database.execute(
        "SELECT count(*) FROM v_mzrz WHERE 就诊时间 IS NOT NULL AND 诊断名称 IS NOT NULL"
    ).fetchone()
    assert visits > 50
    assert seen > visits * 0.97
    told = [v.number for case in truth.read(made).cases for v in case.visits if v.organisation.endswith("H03")]
    for number in told:
        assert database.execute("SELECT count(*) FROM mz_visit WHERE jzh = ?", (number,)).fetchone() == (1,)


NATIONAL = {"export-reported.csv": "gbk", "export-resident.csv": "gb18030"}


@pytest.mark.parametrize(("name", "charset"), NATIONAL.items())
def test_the_export_has_the_habits_of_the_national_system(made: Path, name: str, charset: str) -> None:
    from yifang.knowledge import load

    pack = load().national_system
    rows = list(csv.reader(io.StringIO((made / "national" / name).read_bytes().decode(charset))))
    title, blank, header, *cards = rows
    assert title[0].startswith("传染病报告卡")
    assert blank == []
    known = {word: one.id for one in pack.columns for word in (one.header, *one.also)}
    assert {known[word] for word in header} >= set(pack.required_on_import)
    at = {known[word]: place for place, word in enumerate(header)}
    assert len(cards) > 20
    words = {word for state in pack.audit_states for word in state.export}
    for card in cards:
        assert len(card) == len(header)
        assert all(card), "empty is written as a dot"
        assert card[at["national_card_id"]].startswith("'6499")
        assert card[at["id_no"]].startswith("'")
        assert len(card[at["residence_area"]]) == len(card[at["report_area"]]) == 8
        assert card[at["age_value"]][-1] in "岁月天"
        assert card[at["audit_state"]] in words
        assert card[at["onset_date"]] <= card[at["diagnosis_datetime"]][:10]
    if name == "export-reported.csv":
        assert {card[at["report_area"]] for card in cards} == {"64992100"}
    else:
        assert {card[at["residence_area"]][:6] for card in cards} == {"649921"}


def test_cards_of_the_truth_are_in_the_export(made: Path) -> None:
    told = {case.card for case in truth.read(made).cases if case.card}
    text = (made / "national" / "export-resident.csv").read_bytes().decode("gb18030")
    assert told
    assert all(f"'{card}," in text for card in told)


def test_a_pupils_class_is_named_as_the_registers_name_it(made: Path, small: County) -> None:
    """What stands under 工作单位 begins with a school's name and goes on with the name of one of its classes."""
    schools = {one.organisation.name: one.organisation.code for one in small.places.schools}
    classes = {(one.organisation, one.name) for one in small.places.places if one.kind == "class"}
    told = {record.person.employer for record in last_records(made).values() if "班" in record.person.employer}
    assert told
    for text in told:
        school = max((name for name in schools if text.startswith(name)), key=len)
        assert (schools[school], text[len(school) :]) in classes
