"""Patient, RelatedPerson and Encounter → who the record is about and which visit it belongs to."""

from __future__ import annotations

from yifang.formats.canonical import Encounter, Identifier, Person
from yifang.formats.fhir.resources import Json, Placed, Pool, concept, concepts, dicts, node, text, texts
from yifang.formats.hl7v2.fields import ID_KINDS, full_name, is_cjk
from yifang.formats.identity import identifier

_SEXES = {"male": "male", "female": "female", "other": "other", "unknown": "unknown", "": "unknown"}
_CLASSES = {
    "AMB": "outpatient", "VR": "outpatient", "HH": "outpatient", "IMP": "inpatient", "ACUTE": "inpatient",
    "NONAC": "inpatient", "OBSENC": "inpatient", "SS": "outpatient", "EMER": "emergency", "FLD": "emergency",
}  # fmt: skip
_GUARDIANS = frozenset(("MTH", "FTH", "GRD", "PAR", "PRN", "GUARD", "PARENT", "GUARDIAN", "MOTHER", "FATHER"))
_NAME_ORDER = {"official": 0, "usual": 1, "": 2, "temp": 3, "nickname": 4, "anonymous": 5, "maiden": 6, "old": 7}
# Systems whose identifiers are known by their URI.
_ID_SYSTEMS = {
    "http://hl7.org/fhir/sid/us-ssn": "ssn",
    "urn:oid:2.16.840.1.113883.4.1": "ssn",
    "http://fhir.de/sid/gkv/kvid-10": "insurance",
}


def name_of(resource: Json) -> str:
    """The name of a Patient, Practitioner or contact: official before usual before others; its text where it has no
    parts."""
    names = sorted(dicts(resource.get("name")), key=lambda one: _NAME_ORDER.get(text(one.get("use")), 2))
    for one in names:
        name = full_name(text(one.get("family")), texts(one.get("given"))) or text(one.get("text"))
        if name:
            return name
    return ""


def person(pool: Pool, patient: Placed | None) -> Person:
    """The person of a Patient resource; an empty one where there is none."""
    if patient is None:
        return Person()
    source, path = patient.resource, patient.path
    found: list[Identifier] = []
    for one in dicts(source.get("identifier")):
        value = text(one.get("value"))
        if not value or any(value == known.value for known in found):
            continue
        kind_codes = [code.code.upper() for code in concept(one.get("type")).codes]
        system = text(one.get("system"))
        kind = next((ID_KINDS[code] for code in kind_codes if code in ID_KINDS), _ID_SYSTEMS.get(system, "other"))
        assigner = pool.follow(one.get("assigner"), patient)
        named = text(node(one.get("assigner")).get("display")) or (
            text(assigner.resource.get("name")) if assigner else ""
        )
        if kind != "visit":
            found.append(identifier(kind, value, named or system))
    sex = text(source.get("gender")).lower()
    if sex not in _SEXES:
        pool.issue("formats.unknown_code", f"{path}.gender", value=sex[:20])
    home, area = _address(source)
    death = pool.time(source.get("deceasedDateTime"), f"{path}.deceasedDateTime")
    flag = source.get("deceasedBoolean")
    return Person(
        identifiers=tuple(found),
        name=name_of(source),
        sex=_SEXES.get(sex, "unknown"),
        birth=pool.time(source.get("birthDate"), f"{path}.birthDate", private=True),
        phone=_phone(source),
        address=home,
        area_code=area,
        guardian=_guardian(source),
        deceased=True if death else flag if isinstance(flag, bool) else None,
        death=death,
    )


def _address(source: Json) -> tuple[str, str]:
    for one in dicts(source.get("address")):
        lines = texts(one.get("line"))
        rest = [text(one.get(key)) for key in ("city", "district", "state", "postalCode", "country")]
        line = text(one.get("text")) or ", ".join(part for part in [*lines, *rest] if part)
        if is_cjk(line) and not text(one.get("text")):
            line = "".join(part for part in [rest[2], rest[0], rest[1], *lines] if part)
        if line:
            district = text(one.get("district"))
            return line, district if district.isdigit() and len(district) in (6, 9, 12) else ""
    return "", ""


def _phone(source: Json) -> str:
    for one in dicts(source.get("telecom")):
        if text(one.get("system")) in ("phone", "sms", "") and text(one.get("value")):
            return text(one.get("value"))
    return ""


def _guardian(source: Json) -> str:
    for one in dicts(source.get("contact")):
        words = {code.code.upper() for relation in concepts(one.get("relationship")) for code in relation.codes}
        words |= {relation.text.upper() for relation in concepts(one.get("relationship"))}
        if words & _GUARDIANS:
            return name_of({"name": one.get("name")})
    return ""


def encounter(pool: Pool, encounters: list[Placed], requests: list[Placed], organisation: tuple[str, str]) -> Encounter:
    """The visit of the first Encounter, completed by who asked for the tests; `organisation` is `(name, id)` of the
    sender."""
    values: dict[str, str] = {"kind": "other", "organisation": organisation[0], "organisation_id": organisation[1]}
    start = end = None
    if encounters:
        one = encounters[0]
        source, path = one.resource, one.path
        values["id"] = next((text(i.get("value")) for i in dicts(source.get("identifier")) if i.get("value")), "")
        values["id"] = values["id"] or text(source.get("id"))
        class_code = next((code.code for code in concept(source.get("class")).codes), "").upper()
        values["kind"] = _CLASSES.get(class_code, "other")
        period = node(source.get("period"))
        start = pool.time(period.get("start"), f"{path}.period.start")
        end = pool.time(period.get("end"), f"{path}.period.end")
        values["reason"] = "; ".join(reason.text for reason in concepts(source.get("reasonCode")))
        values["department"] = concept(source.get("serviceType")).text
        provider = pool.follow(source.get("serviceProvider"), one)
        if provider and text(provider.resource.get("name")):
            values["organisation"] = text(provider.resource.get("name"))
            values["organisation_id"] = first_identifier(provider.resource)
        for participant in dicts(source.get("participant")):
            _take_clinician(pool, participant.get("individual"), one, values)
    for request in requests:
        if not values.get("clinician"):
            _take_clinician(pool, request.resource.get("requester"), request, values)
    return Encounter(start=start, end=end, **values)


def _take_clinician(pool: Pool, reference: object, owner: Placed, values: dict[str, str]) -> None:
    target = pool.follow(reference, owner)
    if target and target.type == "PractitionerRole":
        target = pool.follow(target.resource.get("practitioner"), target)
    if target and target.type == "Practitioner" and not values.get("clinician"):
        values["clinician"] = name_of(target.resource)
        values["clinician_id"] = first_identifier(target.resource)


def first_identifier(resource: Json) -> str:
    """The value of the first identifier of a resource."""
    return next((text(one.get("value")) for one in dicts(resource.get("identifier")) if text(one.get("value"))), "")
