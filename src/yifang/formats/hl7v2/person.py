"""PID, NK1, PD1 and PV1 → who the record is about and which visit it belongs to."""

from __future__ import annotations

from yifang.formats.canonical import Encounter, Identifier, Person
from yifang.formats.codes import words
from yifang.formats.hl7v2.fields import (
    Draft,
    address,
    coded,
    get,
    hierarchic,
    identifiers,
    is_cjk,
    part,
    person_name,
    phone,
    provider,
)
from yifang.formats.hl7v2.reader import Segment

SEXES = {
    "M": "male", "F": "female", "O": "other", "A": "other", "U": "unknown", "N": "unknown", "X": "other",
    "1": "male", "2": "female", "9": "unknown", "0": "unknown", "男": "male", "女": "female", "男性": "male",
    "女性": "female", "MALE": "male", "FEMALE": "female", "未知": "unknown", "未说明": "unknown", "": "unknown",
}  # fmt: skip

_CLASSES = {
    "I": "inpatient", "B": "inpatient", "O": "outpatient", "R": "outpatient", "E": "emergency", "T": "checkup",
    "门诊": "outpatient", "急诊": "emergency", "住院": "inpatient", "体检": "checkup",
}  # fmt: skip

# HL7 table 0063 and words: who answers for a child.
_GUARDIANS = words("MTH FTH GRD PAR MOTHER FATHER GUARDIAN PARENT 监护人 母亲 父亲 母 父 MO FA")


def person(draft: Draft, pid: Segment, others: list[Segment], number: int) -> Person:
    """The person of PID number `number` (from 1); `others` are the segments of the same group."""
    message = draft.message
    where = f"PID[{number}]"
    found: list[Identifier] = []
    for field, default in ((3, "mrn"), (2, "other"), (4, "other"), (19, "ssn")):
        written = get(pid, field)
        for one in identifiers(message, written, default) if written else ():
            if all(one.value != known.value for known in found) and one.kind != "visit":
                found.append(one)
    sex = message.text(get(pid, 8)).strip().upper()
    if sex not in SEXES:
        draft.issue("formats.unknown_code", f"{where}.8", value=sex[:20])
    home, area = address(message, get(pid, 11))
    death = draft.time(get(pid, 29), f"{where}.29")
    dead = message.text(get(pid, 30)).upper()
    return Person(
        identifiers=tuple(found),
        name=person_name(message, get(pid, 5)) or person_name(message, get(pid, 9)),
        sex=SEXES.get(sex, "unknown"),
        birth=draft.time(get(pid, 7), f"{where}.7", private=True),
        phone=phone(message, get(pid, 13)) or phone(message, get(pid, 40)) or phone(message, get(pid, 14)),
        address=home,
        area_code=area,
        guardian=_guardian(draft, others),
        deceased=True if dead == "Y" or death else False if dead == "N" else None,
        death=death,
    )


def _guardian(draft: Draft, segments: list[Segment]) -> str:
    for segment in segments:
        if segment[0] == "NK1" and get(segment, 3):
            relation = coded(draft.message, get(segment, 3))
            words = {relation.text.upper(), *(code.code.upper() for code in relation.codes)}
            if words & _GUARDIANS:
                return person_name(draft.message, get(segment, 2))
    return ""


def encounter(draft: Draft, segments: list[Segment]) -> Encounter:
    """The visit of PV1/PV2, completed by who ordered (ORC, OBR) where PV1 does not say."""
    message = draft.message
    pv1: Segment | None = None
    pv2: Segment | None = None
    orc: Segment | None = None
    obr: Segment | None = None
    for one in segments:
        name = one[0]
        if name == "PV1":
            pv1 = pv1 or one
        elif name == "PV2":
            pv2 = pv2 or one
        elif name == "ORC":
            orc = orc or one
        elif name == "OBR":
            obr = obr or one
    values: dict[str, str] = {"kind": "other"}
    start = end = None
    if pv1:
        place = message.components(message.repeats(get(pv1, 3))[0]) if message.repeats(get(pv1, 3)) else []
        values["id"] = message.text(get(pv1, 19))
        values["kind"] = _CLASSES.get(message.text(get(pv1, 2)).strip().upper(), "other")
        values["department"] = _department(draft, pv1, place)
        values["organisation"] = message.subcomponents(part(place, 4))[0] or message.text(get(pv1, 39))
        values["clinician_id"], values["clinician"] = provider(message, get(pv1, 7))
        start = draft.time(get(pv1, 44), "PV1[1].44")
        end = draft.time(get(pv1, 45), "PV1[1].45")
    if pv2:
        values["reason"] = coded(message, get(pv2, 3)).text or message.text(get(pv2, 12))
    if not values.get("clinician") and not values.get("clinician_id"):
        for segment, field in ((orc, 12), (obr, 16)):
            if segment and get(segment, field):
                values["clinician_id"], values["clinician"] = provider(message, get(segment, field))
                break
    if orc and not values.get("organisation"):
        values["organisation"] = message.text(get(orc, 21))
    facility = hierarchic(message, get(message.segments[0], 4))
    if not values.get("organisation"):
        values["organisation"] = facility[0]
    values["organisation_id"] = facility[1]
    return Encounter(start=start, end=end, **values)


def _department(draft: Draft, pv1: Segment, place: list[str]) -> str:
    """PV1-3.1 is a ward or clinic; where it is only a code, the words of PV1-3.9 or PV1-10 say it better."""
    point = draft.message.subcomponents(part(place, 1))[0]
    return point if is_cjk(point) else part(place, 9) or point or draft.message.text(get(pv1, 10))
