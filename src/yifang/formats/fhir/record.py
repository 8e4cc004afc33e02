"""The resources of one item → its records: one for each person, with kind, state and identity.

The key of a laboratory report uses only what its HL7 v2 form carries too (order number, what was ordered, the person),
so that the two forms of one report are known as one.
"""

from __future__ import annotations

from yifang.formats import codes
from yifang.formats.canonical import Encounter, Item, Moment, Person, Record, RecordKind, Refusal, Source, Status
from yifang.formats.fhir import content
from yifang.formats.fhir.person import encounter, first_identifier, person
from yifang.formats.fhir.resources import Json, Placed, Pool, concept, dicts, node, text, walk
from yifang.formats.identity import content_key, identifier, person_part, report_key

_DRUGS = ("MedicationRequest", "MedicationStatement", "MedicationAdministration", "MedicationDispense")
_CLINICAL = (
    "Observation", "DiagnosticReport", "Condition", "Immunization", "Composition", "Encounter", "ServiceRequest",
    "QuestionnaireResponse", "Patient", *_DRUGS,
)  # fmt: skip
_CASE_REPORTS = frozenset(("55751-2", "34782-3", "88085-6"))
_ORDER_EVENTS = frozenset(("O21", "O01", "O19", "O33", "O35"))
# An identifier a translator put on each resource it made: the message's, not the report's.
_MESSAGE_SYSTEMS = frozenset(("urn:id:extID",))


def read_document(root: Json, raw: bytes, path: str, index: int) -> Item:
    """The item of one Bundle, Parameters or resource. Never raises for content."""
    kind = text(root.get("resourceType"))
    pool = Pool()
    walk(root, pool)
    if not pool.placed:
        return Item(index, "fhir", (), Refusal("fhir.empty", kind or "resourceType"), raw, tuple(pool.issues))
    clinical = [one for one in pool.placed if one.type in _CLINICAL]
    if not any(_tells_of_a_person(one) for one in clinical):
        types = ", ".join(dict.fromkeys(one.type or "?" for one in pool.placed))
        return Item(
            index, "fhir", (), Refusal("fhir.no_person", kind, (("types", types[:80]),)), raw, tuple(pool.issues)
        )
    source = _source(root, pool, path, index)
    records = tuple(_record(pool, source, patient, mine, raw) for patient, mine in _by_person(pool, clinical))
    return Item(index, "fhir", records, None, raw)


def _tells_of_a_person(one: Placed) -> bool:
    """A document about a report (a receipt) has a Composition but no subject and no clinical section."""
    if one.type == "Composition":
        return bool(node(one.resource.get("subject"))) or bool(content.sections(one))
    return True


def _source(root: Json, pool: Pool, path: str, index: int) -> Source:
    kind = text(root.get("resourceType"))
    header = next(iter(pool.of("MessageHeader")), None)
    sender = ""
    if header:
        origin = node(header.resource.get("source"))
        owner = pool.follow(header.resource.get("sender"), header)
        sender = text(origin.get("name")) or text(origin.get("endpoint"))
        sender = sender or (text(owner.resource.get("name")) if owner else "")
    control = text(node(root.get("identifier")).get("value")) if isinstance(root.get("identifier"), dict) else ""
    control = control or text(root.get("id")) or (text(header.resource.get("id")) if header else "")
    bundle_type = text(root.get("type")) if kind == "Bundle" else ""
    return Source("fhir", path, index, f"{kind}/{bundle_type}" if bundle_type else kind, "", control, sender, "utf-8")


def _by_person(pool: Pool, clinical: list[Placed]) -> list[tuple[Placed | None, list[Placed]]]:
    """The resources of each patient; what names no patient goes to the only one, or stands alone."""
    patients = pool.of("Patient")
    others = [one for one in clinical if one.type != "Patient"]
    if len(patients) <= 1:
        return [(patients[0] if patients else None, others)]
    groups: dict[int, list[Placed]] = {id(patient): [] for patient in patients}
    lost: list[Placed] = []
    for one in others:
        subject = one.resource.get("subject") or one.resource.get("patient")
        target = pool.follow(subject, one)
        if target is not None and id(target) in groups:
            groups[id(target)].append(one)
        else:
            lost.append(one)
    found: list[tuple[Placed | None, list[Placed]]] = [(patient, groups[id(patient)]) for patient in patients]
    if lost:
        pool.issue("fhir.subject_unknown", lost[0].path)
        found.append((None, lost))
    return found


def _record(pool: Pool, source: Source, patient: Placed | None, mine: list[Placed], raw: bytes) -> Record:
    def of(*types: str) -> list[Placed]:
        return [one for one in mine if one.type in types]

    composition = next(iter(of("Composition")), None)
    reports, observations, requests = of("DiagnosticReport"), of("Observation"), of("ServiceRequest")
    conditions = of("Condition")
    kind = _kind(pool, mine, composition)
    who = person(pool, patient) if patient else _subject_only(mine)
    visit = encounter(pool, of("Encounter"), requests, _sender_organisation(pool, composition))
    found, tested = content.results(pool, observations, reports)
    diagnosed = content.diagnoses(pool, conditions, observations, kind == "case_notification")
    notes = content.report_notes(pool, reports, observations, of("Encounter")) + content.condition_notes(conditions)
    if composition:
        notes = content.sections(composition) + notes
    status = _status(kind, composition, reports, requests, mine, tested, [one.status for one in diagnosed])
    # The times of reports first: the collection of the specimen is when a laboratory report happened.
    return Record(
        kind,
        _key(pool, kind, source, composition, reports, requests, mine, who, visit, raw),
        status,
        source,
        who,
        visit,
        _when(pool, composition, reports, observations, visit),
        tuple(diagnosed + content.reasons(requests)),
        tuple(found + content.answers(pool, of("QuestionnaireResponse"))),
        tuple(content.drugs(pool, of(*_DRUGS))),
        tuple(content.immunizations(pool, of("Immunization"))),
        tuple(notes),
        tuple(pool.issues),
    )


def _subject_only(mine: list[Placed]) -> Person:
    """A person known only by the reference of a resource: its id within the sender."""
    for one in mine:
        subject = node(one.resource.get("subject")) or node(one.resource.get("patient"))
        reference = text(subject.get("reference")).rsplit("/", 1)[-1].removeprefix("urn:uuid:")
        if reference:
            return Person(identifiers=(identifier("other", reference),), name=text(subject.get("display")))
    return Person()


def _kind(pool: Pool, mine: list[Placed], composition: Placed | None) -> RecordKind:
    types = {one.type for one in mine}
    document = {code.code for code in concept(composition.resource.get("type")).codes} if composition else set()
    if document & _CASE_REPORTS and not ("DiagnosticReport" in types and "Condition" not in types):
        return "case_notification"
    header = next(iter(pool.of("MessageHeader")), None)
    event = {code.code for code in concept(header.resource.get("eventCoding")).codes} if header else set()
    if "DiagnosticReport" in types:
        return "lab_report"
    if event & _ORDER_EVENTS or ("ServiceRequest" in types and "Observation" not in types):
        return "order"
    if composition:
        return "document"
    if types & {"Encounter", "Condition"}:
        return "encounter"
    if "Observation" in types:
        return "lab_report"
    if "Immunization" in types:
        return "immunization"
    if types & set(_DRUGS):
        return "order"
    return "other" if types else "person"


def _status(
    kind: RecordKind,
    composition: Placed | None,
    reports: list[Placed],
    requests: list[Placed],
    mine: list[Placed],
    tested: list[Status],
    diagnosed: list[Status],
) -> Status:
    if composition:
        said = content.status_of(composition.resource)
        replaces = any(text(one.get("code")) == "replaces" for one in dicts(composition.resource.get("relatesTo")))
        if said == "final" and replaces:
            said = "corrected"
        if said != "final":
            return said
    if tested and all(status == "cancelled" for status in tested) and kind == "lab_report":
        return "cancelled"
    if reports:
        return codes.overall([content.status_of(one.resource) for one in reports])
    if kind == "lab_report":
        return codes.overall(tested)
    if kind == "order":
        return codes.overall([content.status_of(one.resource) for one in requests]) if requests else "final"
    if kind == "case_notification":
        return "cancelled" if diagnosed and codes.overall(diagnosed) == "cancelled" else "final"
    stated = [content.status_of(one.resource) for one in mine if one.type in ("Immunization", "Encounter")]
    return "cancelled" if stated and all(status == "cancelled" for status in stated) else "final"


def _key(
    pool: Pool,
    kind: RecordKind,
    source: Source,
    composition: Placed | None,
    reports: list[Placed],
    requests: list[Placed],
    mine: list[Placed],
    who: Person,
    visit: Encounter,
    raw: bytes,
) -> str:
    about = person_part(who)
    if composition and (number := first_identifier(composition.resource)):
        return report_key("case" if kind == "case_notification" else "document", number)
    if kind == "lab_report" and (number := _filler(pool, reports, requests)):
        ordered = content.panel_of(pool, reports[0]) if reports else concept(requests[0].resource.get("code"))
        return report_key("lab", number, ordered.codes[0].code if ordered.codes else "", about)
    if kind == "order" and (number := _typed(requests, "PLAC") or _typed(requests, "")):
        return report_key("order", number, about)
    if kind == "encounter" and visit.id:
        return report_key("visit", visit.id, about)
    if kind == "person" and about:
        return report_key("person", about)
    if source.control_id:
        return report_key("message", source.sender, source.message_type, source.control_id, about)
    return content_key("message", raw, about)


def _typed(found: list[Placed], kind: str) -> str:
    """The first identifier of the resources whose type is `kind` (`""`: no type at all)."""
    for one in found:
        for number in dicts(one.resource.get("identifier")):
            types = [code.code for code in concept(number.get("type")).codes]
            if text(number.get("system")) in _MESSAGE_SYSTEMS:
                continue
            if (kind in types if kind else not types) and text(number.get("value")):
                return text(number.get("value"))
    return ""


def _filler(pool: Pool, reports: list[Placed], requests: list[Placed]) -> str:
    """The filler's number of the report, else of the request; the placer's, the specimen's; the report's own id
    last."""
    for found, kind in (
        (reports[:1], "FILL"),
        (reports[:1], ""),
        (requests[:1], "FILL"),
        (requests[:1], ""),
        (reports[:1], "PLAC"),
        (requests[:1], "PLAC"),
        (pool.of("Specimen"), "FGN"),
        (pool.of("Specimen"), "PGN"),
    ):
        if number := _typed(found, kind):
            return number
    return text(reports[0].resource.get("id")) if reports else ""


def _sender_organisation(pool: Pool, composition: Placed | None) -> tuple[str, str]:
    """`(name, id)` of who sent the item: the author of the document, else the sender of the message."""
    starts: list[tuple[Placed, object]] = []
    if composition:
        starts += [(composition, author) for author in dicts(composition.resource.get("author"))]
        starts.append((composition, composition.resource.get("custodian")))
    for header in pool.of("MessageHeader"):
        starts.append((header, header.resource.get("sender")))
    for report in pool.of("DiagnosticReport"):
        starts += [(report, performer) for performer in dicts(report.resource.get("performer"))]
    for owner, reference in starts:
        target = pool.follow(reference, owner)
        if target and target.type == "PractitionerRole":
            target = pool.follow(target.resource.get("organization"), target)
        if target and target.type == "Organization":
            return text(target.resource.get("name")), first_identifier(target.resource)
    return "", ""


def _when(
    pool: Pool, composition: Placed | None, reports: list[Placed], observations: list[Placed], visit: Encounter
) -> Moment | None:
    for one in [*reports, *observations]:
        for key in ("effectiveDateTime", "issued"):
            if moment := pool.time(one.resource.get(key), f"{one.path}.{key}"):
                return moment
    if composition and (moment := pool.time(composition.resource.get("date"), f"{composition.path}.date")):
        return moment
    return visit.start
