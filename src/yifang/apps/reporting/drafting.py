"""The first answers of a card, taken from what is already known: the person, the record, the suspicion, who reports.

Pure: values in, answers out. Nothing is invented: what no source says stays empty and is named as missing; what is
derived (population from age and employer, onset from “发热3天”) is marked, so that a person looks at it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from yifang.formats import canonical
from yifang.kernel import areas, identity_number
from yifang.kernel.clock import CHINA
from yifang.kernel.errors import YifangError
from yifang.knowledge import Knowledge

_SEX = {"male": "1", "female": "2", "unknown": "0"}
_DURATION = re.compile(
    r"(?P<number>\d{1,3}|[一二两三四五六七八九十半]{1,3})\s*(?:余|多)?\s*(?P<unit>天|日|周|月|小时)(?!前)"
)
_DIGITS = {"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "十": 10, "半": 1}
_DAYS = {"天": 1, "日": 1, "周": 7, "月": 30, "小时": 0}
_CLASS = re.compile(r"(?P<school>.*?(?:小学|中学|学校|幼儿园|托儿所|大学|学院|高中|初中))\s*(?P<form>.*(?:班|级))?\s*$")
_NURSERY, _SCHOOL = ("幼儿园", "托儿所", "托育"), ("小学", "中学", "学校", "高中", "初中", "大学", "学院", "职校")
_WORK = (("医院", "9"), ("卫生院", "9"), ("农场", "18"), ("村", "18"), ("工地", "17"), ("厂", "16"), ("公司", "22"))


@dataclass(frozen=True, slots=True)
class Reporter:
    """Who reports: the organisation's code, area and telephone, and the doctor's name."""

    organisation_code: str
    area_code: str
    phone: str
    doctor: str


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the person; `identity` holds name, id_type, id_no, phone, address, guardian, employer."""

    sex: str
    birth_date: date | None
    area_code: str
    identity: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Draft:
    """`answers` by field; `derived` are those concluded rather than copied."""

    answers: dict[str, Any]
    derived: frozenset[str] = field(default_factory=frozenset)


def draft(
    known: Known,
    reporter: Reporter,
    knowledge: Knowledge,
    now: datetime,
    card_no: str,
    *,
    disease: str = "",
    case_class: str | None = None,
    subtype: str = "",
    record: canonical.Record | None = None,
    diagnosed_at: datetime | None = None,
    doctor: str = "",
) -> Draft:
    """The first answers. `record` is the record behind the suspicion, `diagnosed_at` its evidence's time.

    `doctor` is proposed as who reports, where the source names one and another makes the draft.
    """
    answers: dict[str, Any] = {
        "card_no": card_no,
        "card_type": "1",
        "report_org": reporter.organisation_code,
        "report_area": reporter.area_code,
        "report_org_phone": reporter.phone,
        "report_doctor": reporter.doctor,
        "fill_date": _minute(now),
    }
    derived: set[str] = set()
    if doctor and doctor != reporter.doctor:
        answers["report_doctor"] = doctor
        derived.add("report_doctor")
    _person(answers, derived, known, reporter)
    _disease(answers, knowledge, disease, case_class, subtype)
    if diagnosed_at is not None:
        answers["diagnosis_datetime"] = _minute(min(diagnosed_at, now))
    if record is not None:
        _course(answers, derived, record)
    years = _years(known.birth_date, answers.get("onset_date"), now)
    _population(answers, derived, years, _group(record.person.occupation if record else "", knowledge, years))
    return Draft({name: value for name, value in answers.items() if value}, frozenset(derived))


def _person(answers: dict[str, Any], derived: set[str], known: Known, reporter: Reporter) -> None:
    who = known.identity
    answers |= {
        "name": who.get("name", ""),
        "guardian_name": who.get("guardian", ""),
        "id_type": who.get("id_type", ""),
        "id_no": who.get("id_no", ""),
        "phone": who.get("phone", ""),
        "employer": who.get("employer", ""),
        "residence_detail": who.get("address", ""),
        "residence_area": known.area_code,
        "sex": _SEX.get(known.sex, "9"),
        "birth_date": known.birth_date.isoformat() if known.birth_date else "",
    }
    if answers["id_type"] == "01" and not answers["birth_date"]:
        try:
            number = identity_number.parse(answers["id_no"])
        except YifangError:
            return
        answers |= {"birth_date": number.birth.isoformat(), "sex": _SEX[number.sex]}
        derived |= {"birth_date", "sex"}
    if known.area_code:
        try:
            answers["patient_belongs"] = areas.relation(known.area_code, reporter.area_code)
            derived.add("patient_belongs")
        except YifangError:
            pass


def _disease(answers: dict[str, Any], knowledge: Knowledge, disease: str, case_class: str | None, subtype: str) -> None:
    found = knowledge.diseases.get(disease)
    if found is None:
        return
    answers["disease"] = found.id
    numbers = {one.id: one.code for one in knowledge.codes.report_case_class.items}
    # A laboratory's class is kept; without one the first that the disease allows of what a clinician can say.
    allowed = [one for one in (case_class, "clinical", "suspected") if one in found.case_classes]
    answers["case_class"] = numbers[allowed[0]] if allowed else ""
    answers["disease_subtype"] = subtype if found.subtype(subtype) else ""


def _course(answers: dict[str, Any], derived: set[str], record: canonical.Record) -> None:
    """Onset and death, from the record's own dates, else from how long the complaint has lasted."""
    onset = next((one.onset.day for one in record.diagnoses if one.onset and one.onset.day), None)
    if onset is None:
        onset = _onset_from_complaint(record)
        if onset:
            derived.add("onset_date")
    if onset:
        answers["onset_date"] = onset
    if record.person.death and record.person.death.day:
        answers["death_date"] = record.person.death.day


def _onset_from_complaint(record: canonical.Record) -> str | None:
    """The visit's day less the longest duration that the complaint names: `发热3天,皮疹1天` on the 23rd → the 20th.

    “3天” counts the day of the visit as elapsed time, as clinicians write it.
    """
    start = record.encounter.start or record.at
    if start is None or start.day is None:
        return None
    lasted = [
        days
        for note in record.notes
        if note.section in ("complaint", "history")
        for found in _DURATION.finditer(note.text)
        if (days := _days(found["number"], found["unit"])) is not None
    ]
    return (date.fromisoformat(start.day) - timedelta(days=max(lasted))).isoformat() if lasted else None


def _days(number: str, unit: str) -> int | None:
    if number.isascii():
        return int(number) * _DAYS[unit]
    if len(number) > 1 and "十" in number:
        tens, _, ones = number.partition("十")
        return (_DIGITS.get(tens, 1) * 10 + _DIGITS.get(ones, 0)) * _DAYS[unit]
    return _DIGITS[number] * _DAYS[unit] if number in _DIGITS else None


def _group(occupation: str, knowledge: Knowledge, years: int | None) -> str:
    """The code of a 职业 that the source writes as the card does, where the age allows it: 学生, 学生(大中小学)."""
    for one in knowledge.report_card.population_codes:
        if occupation in (one.label, one.label.partition("(")[0] if one.label.endswith(")") else ""):
            low, high = one.age_min or 0, one.age_max or 200
            return str(one.code) if occupation and (years is None or low <= years <= high) else ""
    return ""


def _population(answers: dict[str, Any], derived: set[str], years: int | None, guess: str) -> None:
    """班级 from the employer text; 人群分类 as `guess` says, else from age and employer where they leave no doubt."""
    employer = answers.get("employer", "")
    found = _CLASS.match(employer)
    if found and found["form"]:
        answers["employer"], answers["school_class"] = found["school"], found["form"]
        derived |= {"employer", "school_class"}
    if guess := guess or _group_by_employer(employer, years):
        answers["population"] = guess
        derived.add("population")


def _group_by_employer(employer: str, years: int | None) -> str:
    if years is None:
        return ""
    if any(word in employer for word in _NURSERY) and years <= 7:
        return "1"
    if any(word in employer for word in _SCHOOL) and 5 <= years <= 22:
        return "3"
    if years <= 2 and not employer:
        return "2"
    return next((code for word, code in _WORK if word in employer), "") if years >= 18 else ""


def _years(birth: date | None, onset: str | None, now: datetime) -> int | None:
    if birth is None:
        return None
    at = date.fromisoformat(onset) if onset else now.astimezone(CHINA).date()
    return at.year - birth.year - ((at.month, at.day) < (birth.month, birth.day))


def _minute(at: datetime) -> str:
    return at.astimezone(CHINA).strftime("%Y-%m-%dT%H:%M")
