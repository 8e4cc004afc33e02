"""Observation, DiagnosticReport, Condition, Immunization, Medication…, Composition, QuestionnaireResponse → what was
found.

Each function takes the resources of one person and yields canonical parts with their place in the source.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from typing import Any, Literal

from yifang.formats import codes
from yifang.formats.canonical import Diagnosis, DiagnosisRole, Drug, Immunization, Moment, Note, Result, Section, Status
from yifang.formats.fhir.resources import Json, Placed, Pool, concept, concepts, dicts, node, text
from yifang.formats.hl7v2.fields import Coded
from yifang.formats.narrative import section_of, strip_markup

_EMPTY = Coded((), "")
# RR and eICR (HL7 case reporting): an observation of this code names the reportable condition.
_REPORTABLE = frozenset(("64572001", "75323-6"))
_ASSERTIONS: dict[str, Literal["present", "absent", "uncertain"]] = {
    "confirmed": "present", "refuted": "absent", "unconfirmed": "uncertain", "provisional": "uncertain",
    "differential": "uncertain",
}  # fmt: skip
_OVER = frozenset(("inactive", "resolved", "remission"))
_IMAGING = frozenset(("RAD", "RUS", "CT", "NMR", "NMS", "imaging", "LP29684-5", "MB", "IMG"))
# The name of an examination, where a report has no category.
_PICTURE = re.compile(r"\bCT\b|CT(?=[平增检扫])|\bDR\b|\bMRI\b|X线|X光|X-?RAY|胸片|影像|超声|RADIOGRAPH", re.IGNORECASE)


def status_of(resource: Json) -> Status:
    """The state of a resource in canonical words; an unknown or missing one counts as final."""
    return codes.FHIR_STATUS.get(text(resource.get("status")), "final")


def results(pool: Pool, observations: list[Placed], reports: list[Placed]) -> tuple[list[Result], list[Status]]:
    """The results of observations (components apart) and report conclusions; and the states of those that are tests."""
    panels: dict[int, Placed] = {}
    for report in reports:
        for reference in dicts(report.resource.get("result")):
            target = pool.follow(reference, report)
            if target is not None:
                panels.setdefault(id(target), report)
    found: list[Result] = []
    tested: list[Status] = []
    for one in observations:
        if concept_codes(one) & _REPORTABLE:
            continue
        _observation(pool, one, panels.get(id(one)), found, tested)
    for report in reports:
        _conclusion(pool, report, found)
    return found, tested


def concept_codes(one: Placed) -> set[str]:
    """The codes of `code` of a resource."""
    return {code.code for code in concept(one.resource.get("code")).codes}


def _observation(pool: Pool, one: Placed, report: Placed | None, found: list[Result], tested: list[Status]) -> None:
    source, path = one.resource, one.path
    name = concept(source.get("code"))
    status = status_of(source)
    panel = panel_of(pool, report) if report else _EMPTY
    at = _effective(pool, source, path)
    specimen = _specimen(pool, source.get("specimen"), one)
    if not specimen and report:
        specimen = next(
            (s for ref in dicts(report.resource.get("specimen")) if (s := _specimen(pool, ref, report))), ""
        )
    issued = pool.time(source.get("issued"), f"{path}.issued")

    def result(owner: Json, what: Coded, where: str) -> Result:
        kind, value = _value(pool, owner, where)
        flags = tuple(code.code for flag in concepts(owner.get("interpretation")) for code in flag.codes[:1])
        return Result(
            what.codes, what.text, value.text, where, value.codes, kind, _unit(owner), _range(owner), flags, status,
            specimen, panel.text, panel.codes, at, issued,
        )  # fmt: skip

    components = dicts(source.get("component"))
    valued = any(key.startswith("value") for key in source)
    if not name.text and not valued and not components:
        pool.issue("fhir.observation_empty", path)
        return
    if valued or not components:
        found.append(result(source, name, path))
    for number, component in enumerate(components):
        inner = concept(component.get("code"))
        found.append(result(component, inner, f"{path}.component[{number}]"))
    # Translators mark an answer by LOINC 81959-9 (public health laboratory ask at order entry panel).
    declared = any(
        code.code == "81959-9"
        for number in dicts(source.get("identifier"))
        for code in concept(number.get("type")).codes
    )
    if not codes.is_question(name.codes, declared):
        tested.append(status)


def panel_of(pool: Pool, report: Placed) -> Coded:
    """What was ordered: the code of the request a report is based on, else of the report itself."""
    for reference in dicts(report.resource.get("basedOn")):
        request = pool.follow(reference, report)
        if request and (ordered := concept(request.resource.get("code"))).text:
            return ordered
    return concept(report.resource.get("code"))


def _effective(pool: Pool, source: Json, path: str) -> Moment | None:
    if "effectiveDateTime" in source or "effectiveInstant" in source:
        return pool.time(source.get("effectiveDateTime") or source.get("effectiveInstant"), f"{path}.effectiveDateTime")
    return pool.time(node(source.get("effectivePeriod")).get("start"), f"{path}.effectivePeriod.start")


def _specimen(pool: Pool, reference: Any, owner: Placed) -> str:
    target = pool.follow(reference, owner)
    return concept(target.resource.get("type")).text if target else text(node(reference).get("display"))


def _quantity(value: Any) -> str:
    source = node(value)
    return text(source.get("comparator")) + text(source.get("value"))


def _ratio(value: Any) -> str:
    source = node(value)
    return f"{_quantity(source.get('numerator'))}:{_quantity(source.get('denominator'))}"


def _span(value: Any) -> str:
    source = node(value)
    return f"{_quantity(source.get('low'))}-{_quantity(source.get('high'))}"


def _period(value: Any) -> str:
    source = node(value)
    return f"{text(source.get('start'))}/{text(source.get('end'))}"


def _reference(value: Any) -> str:
    source = node(value)
    return text(source.get("display")) or text(source.get("reference"))


_VALUES: dict[str, Callable[[Any], str]] = {
    "valueQuantity": _quantity, "valueRatio": _ratio, "valueRange": _span, "valuePeriod": _period, "valueString": text,
    "valueInteger": text, "valueBoolean": text, "valueDecimal": text, "valueDate": text, "valueDateTime": text,
    "valueTime": text, "valueInstant": text, "valueUri": text, "valueCode": text, "valueReference": _reference,
}  # fmt: skip


def _value(pool: Pool, owner: Json, path: str) -> tuple[str, Coded]:
    for key in owner:
        if key in ("valueCodeableConcept", "valueCoding"):
            return "CodeableConcept", concept(owner[key])
        if key in _VALUES:
            if key in ("valueDateTime", "valueDate"):
                pool.time(owner[key], f"{path}.{key}")
            return key.removeprefix("value"), Coded((), _VALUES[key](owner[key]))
        if key.startswith("value") and key not in ("valueSet", "valueAbsentReason") and not key.startswith("value_"):
            pool.issue("fhir.value_unread", f"{path}.{key}")
            return key.removeprefix("value"), _EMPTY
    return "", _EMPTY


def _unit(owner: Json) -> str:
    quantity = node(owner.get("valueQuantity"))
    return text(quantity.get("unit")) or text(quantity.get("code"))


def _range(owner: Json) -> str:
    for one in dicts(owner.get("referenceRange")):
        shown = text(one.get("text")) or (_span(one) if "low" in one or "high" in one else "")
        if shown:
            return shown
    return ""


def _conclusion(pool: Pool, report: Placed, found: list[Result]) -> None:
    source, path = report.resource, report.path
    verdicts = concepts(source.get("conclusionCode"))
    if not verdicts:
        return
    panel = panel_of(pool, report)
    found.append(
        Result(
            panel.codes,
            panel.text,
            "; ".join(verdict.text for verdict in verdicts),
            f"{path}.conclusionCode",
            tuple(code for verdict in verdicts for code in verdict.codes),
            "CodeableConcept",
            status=status_of(source),
            panel=panel.text,
            panel_codes=panel.codes,
            at=_effective(pool, source, path),
            issued=pool.time(source.get("issued"), f"{path}.issued"),
        )
    )


def report_notes(pool: Pool, reports: list[Placed], observations: list[Placed], visits: list[Placed]) -> list[Note]:
    """Conclusions, attached plain text and remarks; and why a visit was made, which is the complaint."""
    notes: list[Note] = []
    for one in visits:
        why = [reason.text for reason in concepts(one.resource.get("reasonCode"))]
        if why and status_of(one.resource) != "cancelled":
            notes.append(Note("complaint", "; ".join(why), f"{one.path}.reasonCode"))
    for report in reports:
        source, path = report.resource, report.path
        category = {code.code for one in concepts(source.get("category")) for code in one.codes}
        pictured = category & _IMAGING or (not category and _PICTURE.search(concept(source.get("code")).text))
        section: Section = "imaging" if pictured else "laboratory"
        at = _effective(pool, source, path)
        if conclusion := text(source.get("conclusion")):
            notes.append(Note(section, conclusion, f"{path}.conclusion", at))
        for number, form in enumerate(dicts(source.get("presentedForm"))):
            if shown := _attached(form):
                notes.append(Note(section, shown, f"{path}.presentedForm[{number}]", at))
    for one in observations:
        for number, note in enumerate(dicts(one.resource.get("note"))):
            if shown := text(note.get("text")):
                notes.append(Note("laboratory", shown, f"{one.path}.note[{number}]"))
    return notes


def _attached(form: Json) -> str:
    if not text(form.get("contentType")).startswith("text/"):
        return ""
    try:
        decoded = base64.b64decode(text(form.get("data")), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return ""
    return strip_markup(decoded) if "html" in text(form.get("contentType")) else decoded.strip()


def reasons(requests: list[Placed]) -> list[Diagnosis]:
    """Why tests were asked for: a question, hence uncertain."""
    return [
        Diagnosis(why.codes, why.text, f"{one.path}.reasonCode[{number}]", "other", assertion="uncertain")
        for one in requests
        if status_of(one.resource) != "cancelled"
        for number, why in enumerate(concepts(one.resource.get("reasonCode")))
    ]


def diagnoses(pool: Pool, conditions: list[Placed], observations: list[Placed], reported: bool) -> list[Diagnosis]:
    """Conditions; with `reported` those of a notification's encounter; and reportable conditions an observation
    names."""
    found: list[Diagnosis] = []
    for one in conditions:
        source, path = one.resource, one.path
        what = concept(source.get("code"))
        if not what.text:
            pool.issue("fhir.condition_empty", path)
            continue
        verification = next((c.code for c in concept(source.get("verificationStatus")).codes), "")
        course = next((c.code for c in concept(source.get("clinicalStatus")).codes), "")
        assertion: Literal["present", "absent", "uncertain", "historical"] = _ASSERTIONS.get(verification, "present")
        if assertion == "present" and course in _OVER and not reported:
            assertion = "historical"
        status: Status = "cancelled" if verification == "entered-in-error" else "final"
        onset = pool.time(source.get("onsetDateTime"), f"{path}.onsetDateTime") or pool.time(
            node(source.get("onsetPeriod")).get("start"), f"{path}.onsetPeriod.start"
        )
        at = pool.time(source.get("recordedDate"), f"{path}.recordedDate")
        role = _role(source, reported)
        found.append(Diagnosis(what.codes, what.text, f"{path}.code", role, at, onset, status, assertion))
    for one in observations:
        if concept_codes(one) & _REPORTABLE:
            what = concept(one.resource.get("valueCodeableConcept"))
            if what.text:
                at = _effective(pool, one.resource, one.path)
                path = f"{one.path}.valueCodeableConcept"
                found.append(Diagnosis(what.codes, what.text, path, "reported", at, status=status_of(one.resource)))
    return found


def _role(source: Json, reported: bool) -> DiagnosisRole:
    categories = {code.code for one in concepts(source.get("category")) for code in one.codes}
    if "problem-list-item" in categories:
        return "problem"
    profiles = source.get("meta", {}).get("profile") if isinstance(source.get("meta"), dict) else None
    names = " ".join(text(one) for one in profiles) if isinstance(profiles, list) else ""
    if reported and ("Disease" in names or not categories):
        return "reported"
    return "outpatient" if "encounter-diagnosis" in categories else "other"


def condition_notes(conditions: list[Placed]) -> list[Note]:
    """Symptoms given as evidence of a condition, and remarks on it."""
    notes: list[Note] = []
    for one in conditions:
        evidence = [what.text for item in dicts(one.resource.get("evidence")) for what in concepts(item.get("code"))]
        if evidence:
            notes.append(Note("complaint", "; ".join(evidence), f"{one.path}.evidence"))
        for number, note in enumerate(dicts(one.resource.get("note"))):
            if shown := text(note.get("text")):
                notes.append(Note("other", shown, f"{one.path}.note[{number}]"))
    return notes


def immunizations(pool: Pool, found: list[Placed]) -> list[Immunization]:
    """Doses; not-done and entered-in-error ones are cancelled."""
    doses = []
    for one in found:
        what = concept(one.resource.get("vaccineCode"))
        at = pool.time(one.resource.get("occurrenceDateTime"), f"{one.path}.occurrenceDateTime")
        doses.append(Immunization(what.codes, what.text, f"{one.path}.vaccineCode", at, status_of(one.resource)))
    return doses


def drugs(pool: Pool, found: list[Placed]) -> list[Drug]:
    """Medications requested, given, dispensed or stated."""
    taken = []
    for one in found:
        source, path = one.resource, one.path
        target = pool.follow(source.get("medicationReference"), one)
        what = concept(source.get("medicationCodeableConcept"))
        if not what.text and target:
            what = concept(target.resource.get("code"))
        if not what.text:
            continue
        period = node(source.get("effectivePeriod"))
        when = source.get("authoredOn") or source.get("effectiveDateTime") or source.get("whenHandedOver")
        at = pool.time(when or period.get("start"), path)
        why = "; ".join(reason.text for reason in concepts(source.get("reasonCode")))
        taken.append(Drug(what.codes, what.text, f"{path}.medication", at, status_of(source), why))
    return taken


def sections(composition: Placed) -> list[Note]:
    """The narrative of a document's sections; a section whose entries say the same is left to its entries."""
    notes: list[Note] = []

    def visit(items: list[Json], path: str) -> None:
        for number, item in enumerate(items):
            where = f"{path}.section[{number}]"
            what = concept(item.get("code"))
            section = section_of([code.code for code in what.codes], text(item.get("title")) or what.text)
            told = strip_markup(text(node(item.get("text")).get("div")))
            coded_only = bool(dicts(item.get("entry"))) and section in ("diagnosis", "laboratory", "other")
            if told and not coded_only:
                notes.append(Note(section, told, f"{where}.text"))
            visit(dicts(item.get("section")), where)

    visit(dicts(composition.resource.get("section")), composition.path)
    return notes


def answers(pool: Pool, responses: list[Placed]) -> list[Result]:
    """The answers of questionnaires, one result each, named by their linkId."""
    found: list[Result] = []

    def visit(items: list[Json], path: str, status: Status) -> None:
        for number, item in enumerate(items):
            where = f"{path}.item[{number}]"
            link = text(item.get("linkId"))
            for order, answer in enumerate(dicts(item.get("answer"))):
                kind, value = _value(pool, answer, f"{where}.answer[{order}]")
                if value.text:
                    name = text(item.get("text")) or link
                    code = (codes.code("", link, name),) if link else ()
                    found.append(
                        Result(code, name, value.text, f"{where}.answer[{order}]", value.codes, kind, status=status)
                    )
                visit(dicts(answer.get("item")), f"{where}.answer[{order}]", status)
            visit(dicts(item.get("item")), where, status)

    for one in responses:
        visit(dicts(one.resource.get("item")), one.path, status_of(one.resource))
    return found
