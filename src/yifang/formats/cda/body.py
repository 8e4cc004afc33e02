"""The sections of a CDA document → diagnoses, results, drugs, doses and narrative.

American documents are told apart by template and section, Chinese ones by the data element code of each observation
(`DE05.01.024.00` diagnosis code, `DE04.01.119.00` chief complaint …, WS/T 363 and WS/T 445) and its Chinese name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from yifang.formats.canonical import Diagnosis, DiagnosisRole, Drug, Immunization, Moment, Note, Result, Section, Status
from yifang.formats.cda.tree import Element, Reading, child, children, local
from yifang.formats.codes import words
from yifang.formats.hl7v2.fields import Coded
from yifang.formats.narrative import section_of

_EMPTY = Coded((), "")
_PROBLEM_TEMPLATES = frozenset(("2.16.840.1.113883.10.20.22.4.4", "2.16.840.1.113883.10.20.1.28"))
# Kinds of problem (C-CDA Problem Type): what such an observation holds is a diagnosis, template or none.
_PROBLEM_TYPES = words(
    "55607006 404684003 409586006 282291009 64572001 248536006 418799008 29308-4 75321-0 75323-6 75326-9 ASSERTION"
)
_TRIGGER_TEMPLATE = "2.16.840.1.113883.10.20.15.2.3.3"
_RESULT_TEMPLATES = frozenset(("2.16.840.1.113883.10.20.22.4.2", "2.16.840.1.113883.10.20.15.2.3.2"))
_REPORTABLE = frozenset(("64572001", "75323-6", "INV169"))
_ONSET_QUESTIONS = frozenset(("11368-8", "INV137"))
_RELEVANT_SECTIONS = frozenset(("88085-6", "55752-0", ""))
_ROLES: dict[str, DiagnosisRole] = {
    "11450-4": "problem", "46240-8": "outpatient", "46241-6": "admission", "42347-5": "admission",
    "11535-2": "discharge",
    "29548-5": "outpatient", "29308-4": "outpatient", "18630-4": "outpatient", "11348-0": "other",
}  # fmt: skip
# Observations of these sections are neither results nor diagnoses of the person: allergies, family, function, devices.
_SILENT_SECTIONS = frozenset(("48765-2", "10157-6", "47420-5", "46264-8", "61146-7", "85847-2", "121181"))
_DRUG_SECTIONS_IMMUNIZATION = frozenset(("11369-6",))
_RESULT_STATES: dict[str, Status] = {
    "aborted": "cancelled", "cancelled": "cancelled", "nullified": "cancelled", "active": "preliminary",
    "held": "preliminary", "suspended": "preliminary",
}  # fmt: skip
_OVER_WORDS = frozenset(("413322009", "73425007", "inactive", "resolved"))
_NARRATIVE: frozenset[Section] = frozenset(
    ("complaint", "history", "past_history", "exam", "imaging", "epidemiology", "plan", "other")
)
_DIAGNOSIS_CODE, _DIAGNOSIS_NAME = "DE05.01.024.00", "DE05.01.025.00"
_ONSET, _VISIT_REASON = "DE04.01.018.00", "DE05.10.053.00"
_NOT_CLINICAL = ("DE01.", "DE02.01.", "DE08.", "DE09.00.")  # numbers, identity, organisations, signatures


@dataclass(slots=True)
class Body:
    """What the sections of one document held."""

    diagnoses: list[Diagnosis] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)
    drugs: list[Drug] = field(default_factory=list)
    doses: list[Immunization] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    onset: Moment | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where one is: the section's number and LOINC code, its kind, and the panel of an enclosing organizer."""

    path: str
    code: str
    section: Section
    panel: Coded = _EMPTY


def read_body(reading: Reading, root: Element) -> Body:
    """Every section of the document, nested ones too, in order."""
    body = Body()
    other = child(root, "component", "nonXMLBody", "text")
    if other is not None:
        if other.get("representation") == "B64" or not (shown := reading.text(other)):
            reading.issue("cda.body_not_read", "nonXMLBody", type=other.get("mediaType", "")[:60])
        else:
            body.notes.append(Note("other", shown, "nonXMLBody"))
    for number, section in enumerate(root.iter("{*}section"), 1):
        _section(reading, body, section, number)
    return body


def _section(reading: Reading, body: Body, section: Element, number: int) -> None:
    what = reading.concept(child(section, "code"))
    code = what.codes[0].code if what.codes else ""
    title = reading.text(child(section, "title")) or what.text
    place = _Place(f"section[{number}]", code, section_of([code], title))
    before = len(body.notes)
    for index, element in enumerate(_statements(section), 1):
        _statement(
            reading, body, element, _Place(f"{place.path}.{local(element)}[{index}]", code, place.section, place.panel)
        )
    told = reading.text(child(section, "text"))
    has_entries = child(section, "entry") is not None
    kept = place.section in _NARRATIVE and (not has_entries or place.section not in ("other", "plan"))
    if told and len(body.notes) == before and (kept or not has_entries):
        body.notes.append(Note(place.section, told, f"{place.path}.text"))


def _statements(section: Element) -> Iterator[Element]:
    """The outermost statements of a section's own entries."""
    for entry in children(section, "entry"):
        for element in entry:
            if local(element) in ("observation", "organizer", "act", "substanceAdministration", "supply", "encounter"):
                yield element


def _statement(reading: Reading, body: Body, element: Element, place: _Place) -> None:
    kind = local(element)
    if kind == "observation":
        _observation(reading, body, element, place)
    elif kind == "substanceAdministration":
        _substance(reading, body, element, place)
    elif kind in ("organizer", "act", "encounter"):
        panel = reading.concept(child(element, "code")) if kind == "organizer" else _EMPTY
        inner = _Place(place.path, place.code, place.section, panel if panel.codes else place.panel)
        _inside(reading, body, element, inner)


def _inside(reading: Reading, body: Body, element: Element, place: _Place) -> None:
    for number, link in enumerate(element):
        if local(link) in ("component", "entryRelationship"):
            for target in link:
                if local(target) in ("observation", "organizer", "act", "substanceAdministration", "encounter"):
                    deeper = _Place(f"{place.path}.{local(target)}[{number}]", place.code, place.section, place.panel)
                    _statement(reading, body, target, deeper)


def _templates(element: Element) -> set[str]:
    return {one.get("root", "") for one in children(element, "templateId")}


def _observation(reading: Reading, body: Body, element: Element, place: _Place) -> None:
    name = reading.concept(child(element, "code"))
    code = name.codes[0].code if name.codes else ""
    if code.startswith("DE") and "." in code:
        _chinese(reading, body, element, place, name, code)
        return
    planned = element.get("moodCode", "EVN") != "EVN"
    if planned or place.code in _SILENT_SECTIONS:
        return
    templates = _templates(element)
    if code in _REPORTABLE and place.code in _RELEVANT_SECTIONS | {"11450-4"}:
        what = reading.value(child(element, "value"))[1]
        if what.text:
            ruled_out = any(one.get("code") == "RRVS3" for one in element.iter("{*}value"))
            assertion: Literal["present", "uncertain"] = "uncertain" if ruled_out else "present"
            at = reading.time(child(element, "effectiveTime"), place.path)
            body.diagnoses.append(
                Diagnosis(what.codes, what.text, f"{place.path}.value", "reported", at, assertion=assertion)
            )
        return
    untyped = place.section in ("diagnosis", "past_history") and code in _PROBLEM_TYPES
    if templates & _PROBLEM_TEMPLATES or _TRIGGER_TEMPLATE in templates or untyped:
        _problem(reading, body, element, place, templates)
    elif name.codes and (templates & _RESULT_TEMPLATES or child(element, "value") is not None):
        _result(reading, body, element, place, name)
    _inside(reading, body, element, place)


def _problem(reading: Reading, body: Body, element: Element, place: _Place, templates: set[str]) -> None:
    what = reading.value(child(element, "value"))[1]
    if not what.text:
        return
    when = child(element, "effectiveTime")
    ended = child(when, "high")
    states = {one.get("code", "").lower() for one in element.iter("{*}value")}
    assertion: Literal["present", "absent", "historical"] = "present"
    if element.get("negationInd") in ("true", "1"):
        assertion = "absent"
    elif (ended is not None and ended.get("value")) or states & _OVER_WORDS or place.code == "11348-0":
        assertion = "historical"
    role: DiagnosisRole = "reported" if _TRIGGER_TEMPLATE in templates else _ROLES.get(place.code, "other")
    onset = reading.time(when, f"{place.path}.effectiveTime")
    body.diagnoses.append(
        Diagnosis(what.codes, what.text, f"{place.path}.value", role, onset=onset, assertion=assertion)
    )


def _result(reading: Reading, body: Body, element: Element, place: _Place, name: Coded) -> None:
    kind, value, unit = reading.value(child(element, "value"))
    state = child(element, "statusCode")
    status = _RESULT_STATES.get(state.get("code", "") if state is not None else "", "final")
    flags = tuple(one.get("code", "") for one in children(element, "interpretationCode") if one.get("code"))
    limits = child(element, "referenceRange", "observationRange")
    shown = reading.text(child(limits, "text")) or reading.value(child(limits, "value"))[1].text
    specimen = reading.concept(child(element, "specimen", "specimenRole", "specimenPlayingEntity", "code")).text
    at = reading.time(child(element, "effectiveTime"), f"{place.path}.effectiveTime")
    if not value.text and not flags:
        return
    if any(code.code in _ONSET_QUESTIONS for code in name.codes):
        body.onset = reading.time(child(element, "value"), f"{place.path}.value")
    body.results.append(
        Result(
            name.codes, name.text, value.text, place.path, value.codes, kind, unit, shown, flags, status, specimen,
            place.panel.text, place.panel.codes, at,
        )
    )  # fmt: skip


def _substance(reading: Reading, body: Body, element: Element, place: _Place) -> None:
    material = child(element, "consumable", "manufacturedProduct", "manufacturedMaterial")
    what = reading.concept(child(material, "code"))
    label = what.text or reading.text(child(material, "name"))
    at = reading.time(child(element, "effectiveTime"), f"{place.path}.effectiveTime")
    state = child(element, "statusCode")
    status = _RESULT_STATES.get(state.get("code", "") if state is not None else "", "final")
    status = "final" if status == "preliminary" else status
    if element.get("negationInd") in ("true", "1"):
        status = "cancelled"
    if label and place.code in _DRUG_SECTIONS_IMMUNIZATION:
        if element.get("moodCode", "EVN") == "EVN":
            body.doses.append(Immunization(what.codes, label, place.path, at, status))
    elif label:
        body.drugs.append(Drug(what.codes, label, place.path, at, status))
    _inside(reading, body, element, place)


def _chinese(reading: Reading, body: Body, element: Element, place: _Place, name: Coded, code: str) -> None:
    """An observation of a Chinese document, by its data element."""
    kind, value, unit = reading.value(child(element, "value"))
    path = f"{place.path}.value"
    label = name.text
    if code == _ONSET:
        body.onset = reading.time(child(element, "value"), path)
    elif code == _VISIT_REASON:
        body.reason = value.text
    elif code in (_DIAGNOSIS_CODE, _DIAGNOSIS_NAME) and "中医" not in label:
        _chinese_diagnosis(reading, body, element, place, value, path, label)
    elif "药物名称" in label or "药品名称" in label or "通用名" in label:
        if value.text:
            body.drugs.append(Drug(value.codes, value.text, path))
    elif _is_item(label) and (answer := _answer(reading, element)) is not None:
        _, found, found_unit = answer
        body.results.append(
            Result(
                value.codes or name.codes,
                value.text,
                found.text,
                path,
                found.codes,
                "ST",
                found_unit,
                panel=place.panel.text,
            )
        )
        return
    elif not code.startswith(_NOT_CLINICAL) and value.text:
        own = section_of([], label)
        section = own if own != "other" else place.section
        if kind in ("ST", "ED", "") and section not in ("laboratory",):
            body.notes.append(Note(section, value.text, path))
        else:
            body.results.append(
                Result(name.codes, label, value.text, path, value.codes, kind, unit, panel=place.panel.text)
            )
    _inside(reading, body, element, place)


def _chinese_diagnosis(
    reading: Reading, body: Body, element: Element, place: _Place, value: Coded, path: str, label: str
) -> None:
    if not value.text:
        return
    role: DiagnosisRole = "outpatient"
    if "入院" in label:
        role = "admission"
    elif "出院" in label:
        role = "discharge"
    elif place.code in _ROLES:
        role = _ROLES[place.code]
    at = reading.time(child(element, "effectiveTime"), f"{place.path}.effectiveTime")
    last = body.diagnoses[-1] if body.diagnoses else None
    # A code and a name in neighbouring observations are one diagnosis.
    if last is not None and not value.codes and last.codes and last.text in ("", last.codes[0].code):
        body.diagnoses[-1] = Diagnosis(last.codes, value.text, last.path, last.role, last.at)
    elif last is not None and value.codes and not last.codes and value.text in (value.codes[0].code, last.text):
        body.diagnoses[-1] = Diagnosis(value.codes, last.text, last.path, last.role, last.at or at)
    else:
        body.diagnoses.append(Diagnosis(value.codes, value.text, path, role, at))


def _is_item(label: str) -> bool:
    return label.endswith(("项目", "项目名称", "项目代码", "检验项目", "检查项目"))


def _answer(reading: Reading, element: Element) -> tuple[str, Coded, str] | None:
    """The result that belongs to an examination item: the nested observation that is named a result."""
    for link in children(element, "entryRelationship"):
        for inner in children(link, "observation"):
            if "结果" in reading.concept(child(inner, "code")).text:
                return reading.value(child(inner, "value"))
    return None
