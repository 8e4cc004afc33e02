"""The header of a CDA document → its identity, state, person and visit."""

from __future__ import annotations

from dataclasses import dataclass

from yifang.formats.canonical import Encounter, Identifier, Person, Status
from yifang.formats.cda.tree import Element, Reading, child, children, flat_text, local
from yifang.formats.hl7v2.fields import full_name, is_cjk
from yifang.formats.hl7v2.person import SEXES
from yifang.formats.identity import identifier

# OIDs of identifiers (WS/T 500 and the United States).
_ID_ROOTS = {
    "2.16.156.10011.1.3": "cn_id", "2.16.156.10011.1.2": "other", "2.16.156.10011.1.12": "visit",
    "2.16.156.10011.1.11": "visit", "2.16.156.10011.1.13": "mrn", "2.16.156.10011.1.19": "other",
    "2.16.156.10011.1.24": "visit", "2.16.156.10011.1.1": "mrn", "2.16.840.1.113883.4.1": "ssn",
    "2.16.156.10011.1.20": "insurance",
}  # fmt: skip
_CLASSES = {
    "AMB": "outpatient",
    "VR": "outpatient",
    "HH": "outpatient",
    "IMP": "inpatient",
    "ACUTE": "inpatient",
    "EMER": "emergency",
}
_CLASS_WORDS = (
    ("体检", "checkup"),
    ("急诊", "emergency"),
    ("门诊", "outpatient"),
    ("住院", "inpatient"),
    ("入院", "inpatient"),
)


@dataclass(frozen=True, slots=True)
class Header:
    """What a document says of itself; `number` is the identity that its versions share, `id` that of this version."""

    type_code: str
    title: str
    id: str
    number: str
    status: Status
    sender: str
    chinese: bool


def header(root: Element) -> Header:
    """The document's own identity and state."""
    code = child(root, "code")
    own = child(root, "id")
    own_id = _id(own)
    shared = _id(child(root, "setId"))
    # A set id without a digit is a word (PHDC writes `CLOSED_CASE`), not a number that tells documents apart.
    number = shared if any(character.isdigit() for character in shared) else own_id
    realm = child(root, "realmCode")
    chinese = (realm is not None and realm.get("code") == "CN") or (
        own is not None and own.get("root", "").startswith("2.16.156")
    )
    custodian = child(root, "custodian", "assignedCustodian", "representedCustodianOrganization", "name")
    title = child(root, "title")
    return Header(
        code.get("code", "") if code is not None else "",
        flat_text(title) if title is not None else "",
        own_id,
        number,
        _status(root, chinese),
        flat_text(custodian) if custodian is not None else "",
        chinese,
    )


def _status(root: Element, chinese: bool) -> Status:
    version = child(root, "versionNumber")
    value = version.get("value", "").strip() if version is not None else ""
    if value == "-1":  # WS/T 500: 0 new, 1 changed, -1 deleted
        return "cancelled"
    if chinese:
        return "corrected" if value.isdigit() and int(value) > 0 else "final"
    for related in children(root, "relatedDocument"):
        if related.get("typeCode") == "RPLC" and _id(child(related, "parentDocument", "id")):
            return "corrected"
    return "final"


def _id(element: Element | None) -> str:
    if element is None or element.get("nullFlavor"):
        return ""
    return element.get("extension", "").strip() or element.get("root", "").strip()


def person(reading: Reading, root: Element) -> Person:
    """The person of recordTarget."""
    role = child(root, "recordTarget", "patientRole")
    patient = child(role, "patient")
    found: list[Identifier] = []
    for element in [*children(role, "id"), *children(patient, "id")]:
        value = element.get("extension", "").strip()
        kind = _ID_ROOTS.get(element.get("root", ""), "mrn")
        if value and kind != "visit" and not element.get("nullFlavor") and all(value != one.value for one in found):
            found.append(identifier(kind, value, element.get("assigningAuthorityName", "") or element.get("root", "")))
    sex = child(patient, "administrativeGenderCode")
    letter = (sex.get("code", "") if sex is not None else "").strip().upper()
    if letter and letter not in SEXES:
        reading.issue("formats.unknown_code", "recordTarget.administrativeGenderCode", value=letter[:20])
    age = child(patient, "age")
    work = child(patient, "occupation")
    job = child(work, "occupationCode")
    employer = child(patient, "employerOrganization", "name")
    if employer is None:
        employer = child(work, "employerOrganization", "name")
    guardian = child(patient, "guardian", "guardianPerson")
    dead = child(patient, "deceasedInd")
    return Person(
        identifiers=tuple(found),
        name=_name(patient),
        sex=SEXES.get(letter, "unknown"),
        birth=reading.time(child(patient, "birthTime"), "recordTarget.birthTime", private=True),
        age_text=f"{age.get('value', '')}{age.get('unit', '')}" if age is not None else "",
        phone=_phone(role),
        address=_address(role),
        employer=flat_text(employer) if employer is not None else "",
        occupation=(job.get("displayName", "") or job.get("code", "")) if job is not None else "",
        guardian=_name(guardian),
        deceased=None if dead is None else dead.get("value") == "true",
        death=reading.time(child(patient, "deceasedTime"), "recordTarget.deceasedTime"),
    )


def _name(element: Element | None) -> str:
    names = sorted(children(element, "name"), key=lambda one: one.get("use", "L") != "L")
    for one in names:
        family = " ".join(flat_text(part) for part in children(one, "family") if not part.get("qualifier"))
        given = [flat_text(part) for part in children(one, "given") if not part.get("qualifier")]
        shown = full_name(family, given) or flat_text(one)
        if shown:
            return shown
    return ""


def _phone(role: Element | None) -> str:
    for one in children(role, "telecom"):
        value = one.get("value", "").strip()
        if value and not value.lower().startswith(("mailto:", "http", "fax:")) and "@" not in value:
            return value.removeprefix("tel:").strip()
    return ""


_LARGE_TO_SMALL = ("state", "city", "county", "township", "streetName", "streetAddressLine", "houseNumber")


def _address(role: Element | None) -> str:
    for one in children(role, "addr"):
        parts = {local(part): flat_text(part) for part in one}
        if not parts:
            shown = flat_text(one)
        elif is_cjk("".join(parts.values())):
            shown = "".join(parts.get(name, "") for name in _LARGE_TO_SMALL)
        else:
            order = (
                "houseNumber",
                "streetName",
                "streetAddressLine",
                "city",
                "county",
                "state",
                "postalCode",
                "country",
            )
            shown = ", ".join(parts[name] for name in order if parts.get(name))
        if shown:
            return shown
    return ""


def encounter(reading: Reading, root: Element, head: Header) -> Encounter:
    """The visit of encompassingEncounter, its doctor and place."""
    visit = child(root, "componentOf", "encompassingEncounter")
    numbers = [one.get("extension", "").strip() for one in children(visit, "id")]
    code = child(visit, "code")
    words = (code.get("displayName", "") if code is not None else "") or head.title
    kind = _CLASSES.get(code.get("code", "").upper() if code is not None else "", "")
    kind = kind or next((value for word, value in _CLASS_WORDS if word in words), "other")
    facility = child(visit, "location", "healthCareFacility")
    names = [flat_text(one) for one in facility.iter("{*}name")] if facility is not None else []
    names = [name for name in names if name]
    department = next((name for name in names if name.endswith(("科", "门诊", "病区", "中心"))), "")
    department = department or (names[0] if names and not head.chinese else "")
    doctor = child(visit, "responsibleParty", "assignedEntity")
    if doctor is None:
        doctor = child(root, "author", "assignedAuthor")
    when = child(visit, "effectiveTime")
    custodian = child(root, "custodian", "assignedCustodian", "representedCustodianOrganization", "id")
    return Encounter(
        id=next((number for number in reversed(numbers) if number), ""),
        kind=kind,
        department=department,
        clinician=_name(child(doctor, "assignedPerson")),
        clinician_id=_id(child(doctor, "id")),
        organisation=head.sender or (names[-1] if names else ""),
        organisation_id=_id(custodian),
        start=reading.time(when, "encompassingEncounter.effectiveTime"),
        end=reading.time(child(when, "high"), "encompassingEncounter.effectiveTime.high"),
    )
