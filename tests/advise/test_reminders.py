"""Which reminders a visit's records call for, for which words, and what makes them needless."""

from __future__ import annotations

import json
from typing import Any

import pytest

from yifang import advise, knowledge
from yifang.formats.canonical import Code, Diagnosis, Drug, Encounter, Moment, Note, Person, Record, Result, Source

K = knowledge.load()
BOOK = advise.book(K)


def visit(
    text: str = "", icd: str = "", *, age: int | None = 46, kind: str = "outpatient", order: str = "复诊",
    day: str = "28", drug: str = "", test: str = "", value: str = "", status: str = "final",
) -> Record:  # fmt: skip
    at = Moment(f"2026-11-{day}T09:00", "minute")
    birth = None if age is None else Moment(f"{2026 - age}-01-01", "day")
    said: dict[str, Any] = {
        "diagnoses": (Diagnosis((Code("icd10", icd),), icd, "d"),) if icd else (),
        "notes": (Note("complaint", text, "n"),) if text else (),
        "drugs": (Drug((), drug, "o"),) if drug else (),
        "results": (Result((), test, value, "r"),) if test else (),
    }
    where = Encounter(id="V1", kind=kind, order=order, start=at)
    return Record("encounter", "V1", status, Source("csv"), Person(sex="male", birth=birth), where, at, **said)


def shown(*records: Record, **more: Any) -> list[str]:
    return [one.reminder.id for one in BOOK.remind(records, **more)]


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (visit("咳嗽咳痰3周，痰中带血"), ["tb_symptoms"]),
        (visit("咳嗽3天"), []),
        (visit("其父咳嗽3周，本人无不适"), []),
        (visit("咳嗽咳痰3周", "A16.2"), ["hiv_test"]),
        (visit("犬咬伤右手背1小时"), ["rabies_exposure"]),
        (visit("", "W54.0"), ["rabies_exposure"]),
        (visit("犬咬伤右手背1小时", drug="人用狂犬病疫苗(Vero细胞)"), []),
        (visit("发热1周，多汗乏力，家中养羊"), ["brucellosis_test"]),
        (visit("发热1周，多汗乏力"), []),
        (visit("发热1周，家中养羊", test="虎红平板凝集试验", value="阴性"), []),
        (visit("米泔水样便10次"), ["cholera_test"]),
        (visit(test="丙肝抗体", value="阳性"), ["hcv_rna"]),
        (visit(test="丙肝抗体", value="阴性"), []),
        (visit("", "A51.0"), ["hiv_test"]),
        (visit("", "A51.0", age=9), []),
        (visit("", "A51.0", age=None), []),
        (visit("", "J06.9", order="初诊"), ["bp_first"]),
        (visit("", "J06.9", order=""), []),
        (visit("", "J06.9", order="初诊", age=17), []),
        (visit("血压 120/80mmHg", "J06.9", order="初诊"), []),
        (visit("", "I10.x00", order="初诊"), []),
        (visit(kind="checkup"), ["spirometry"]),
        (visit(kind="checkup", age=39), []),
        (visit("犬咬伤右手背1小时", status="cancelled"), []),
    ],
)
def test_a_visit_calls_for_these(record: Record, expected: list[str]) -> None:
    assert shown(record) == expected


def test_a_test_of_an_earlier_visit_counts_for_the_days_of_the_rule() -> None:
    now = visit("发热1周，家中养羊")
    assert shown(now, earlier=[visit(day="02", test="布鲁氏菌抗体", value="阴性")]) == []
    assert shown(now, earlier=[visit(day="02", text="布鲁氏菌抗体")]) == ["brucellosis_test"]
    long_ago = visit(test="布鲁氏菌抗体", value="阴性")
    long_ago = Record(**{**{f: getattr(long_ago, f) for f in long_ago.__slots__}, "at": Moment("2026-10-01", "day")})
    assert shown(now, earlier=[long_ago]) == ["brucellosis_test"]


def test_what_the_cdc_told_doctors_of_a_disease_counts() -> None:
    fever = visit("发热3天，头痛")
    assert shown(fever) == []
    assert shown(fever, advised=frozenset({"dengue"})) == ["dengue_test"]
    assert BOOK.advised == {"dengue"}


def test_it_says_for_which_words_and_for_which_age() -> None:
    (one,) = BOOK.remind([visit("咳嗽咳痰3周，低热")])
    assert (one.because, one.age) == (("咳嗽咳痰3周",), None)
    (one,) = BOOK.remind([visit("", "J06.9", order="初诊")])
    assert (one.because, one.age) == ((), 46)


def changed(**reminders: Any) -> knowledge.Knowledge:
    source = {"id": "x", "text": "x", "confidence": "LOW"}
    return knowledge.load_with(
        json.dumps({"pack": "reminders", "source": source, "override": {"reminders": reminders}})
    )


def test_a_reminder_without_a_condition_does_not_load() -> None:
    with pytest.raises(knowledge.PackError):
        changed(spirometry={"when": {"visits": [], "age_min": None}})


def test_a_region_takes_one_out() -> None:
    assert advise.ReminderBook(changed(bp_first=None)).remind([visit("", "J06.9", order="初诊")]) == []
