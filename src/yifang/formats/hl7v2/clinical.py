"""DG1, PRB, PDA, OBR-31 and case notifications → diagnoses; RXA, RXE, RXO, RXD, RXG → doses and drugs.

A reason for study (OBR-31 of an ordinary order) is a question, so it is read as uncertain; the event of a case
notification (OBR-31 of its epidemiologic section, NNDSS) is what was reported.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from yifang.formats import times
from yifang.formats.canonical import (
    Diagnosis,
    DiagnosisRole,
    Drug,
    Immunization,
    Moment,
    Person,
    Result,
    Status,
)
from yifang.formats.codes import words
from yifang.formats.hl7v2.fields import Draft, coded, get, part
from yifang.formats.hl7v2.reader import Message, Segment
from yifang.formats.hl7v2.results import Order

_EPI_SECTIONS = frozenset(("68991-9", "NOTF", "PERSUBJ", "PERSUBJA"))
_PLACEHOLDER = re.compile(r"INV\d+\Z")
DIAGNOSIS_SEGMENTS = frozenset(("DG1", "PRB", "PDA"))
_ONSET = frozenset(("11368-8", "INV137"))
_DIAGNOSED = frozenset(("77975-1", "INV136"))
_DIED = frozenset(("77978-5", "INV145"))
_DEATH = frozenset(("81956-5", "INV146"))
_CLASS = frozenset(("77990-0", "INV163"))
_NOT_A_CASE = frozenset(("PHC178", "410594000", "NOT A CASE"))
_UNCONFIRMED = frozenset(("2931005", "415684004", "PROBABLE", "SUSPECTED", "SUSPECT", "PROBABLE DIAGNOSIS"))
_CASE_ID = frozenset(("INV168",))
_STATUS_WORDS = words("I R RESOLVED INACTIVE HISTORICAL REMISSION 413322009 73425007")


@dataclass(frozen=True, slots=True)
class Notification:
    """What a case notification says of its case; `id` is the local case number with its namespace, `""` where none."""

    id: str
    diagnoses: tuple[Diagnosis, ...]
    status: Status
    deceased: bool | None
    death: Moment | None


def is_notification(message: Message, orders: list[Order]) -> bool:
    """Whether this is an NNDSS case notification: by its profile (MSH-21), or an epidemiologic section with an event.

    A laboratory report may carry an epidemiologic section too (VPD), but names no event there.
    """
    profile = get(message.segments[0], 21).upper()
    if "NOTF_ORU" in profile or "NND_ORU" in profile:
        return True
    return any(_is_epi(message, order) and get(order.obr, 31) for order in orders)


def _is_epi(message: Message, order: Order) -> bool:
    if not order.obr:
        return False
    return message.text(get(order.obr, 4)).upper() in _EPI_SECTIONS


def notification(
    draft: Draft, orders: list[Order], results: list[Result], statuses: list[Status | None]
) -> Notification:
    """The case of a notification: event codes from OBR-31 of its sections, dates and outcome from their answers."""
    message = draft.message
    epi = [(order, status) for order, status in zip(orders, statuses, strict=True) if _is_epi(message, order)]
    if not epi:  # a notification that names its section otherwise: its first order speaks for it
        epi = [(order, status) for order, status in zip(orders, statuses, strict=True) if order.obr][:1]
        if epi:
            draft.issue("hl7.section_unknown", f"OBR[{epi[0][0].number}].4")
    answers = {code.code: result for result in reversed(results) for code in result.codes}

    def answer(names: frozenset[str]) -> Result | None:
        return next((answers[name] for name in names if name in answers), None)

    def moment(names: frozenset[str]) -> Moment | None:
        found = answer(names)
        return times.hl7_time(found.value) if found and found.value else None

    status: Status = next((status for _, status in reversed(epi) if status), "final")
    onset, diagnosed = moment(_ONSET), moment(_DIAGNOSED)
    case_class = answer(_CLASS)
    classed = _words_of(case_class) if case_class else frozenset()
    refuted = bool(classed & _NOT_A_CASE)
    if refuted and case_class:
        draft.issue("hl7.not_a_case", case_class.path)
    diagnoses: dict[tuple[str, ...], Diagnosis] = {}
    for order, _ in epi:
        path = f"OBR[{order.number}].31"
        for one in message.repeats(get(order.obr, 31)):
            event = coded(message, one)
            if event.codes:
                key = tuple(code.code for code in event.codes)
                assertion = "uncertain" if refuted or classed & _UNCONFIRMED else "present"
                diagnoses.setdefault(
                    key,
                    Diagnosis(event.codes, event.text, path, "reported", diagnosed, onset, status, assertion),  # type: ignore[arg-type]
                )
    if epi and not diagnoses:
        draft.issue("hl7.event_missing", f"OBR[{epi[0][0].number}].31")
    died = answer(_DIED)
    dead = {"Y": True, "N": False}.get(died.value_codes[0].code) if died and died.value_codes else None
    death = moment(_DEATH)
    return Notification(
        _case_id(message, epi, answer(_CASE_ID)), tuple(diagnoses.values()), status, True if death else dead, death
    )


def _words_of(answered: Result) -> frozenset[str]:
    said = (answered.value, *(word for code in answered.value_codes for word in (code.code, code.text)))
    return frozenset(word.strip().upper() for word in said)


def _case_id(message: Message, epi: list[tuple[Order, Status | None]], answered: Result | None) -> str:
    for order, _ in epi:
        parts = message.components(get(order.obr, 3))
        if part(parts, 1) and not _PLACEHOLDER.match(part(parts, 1)):
            return "^".join(filter(None, (part(parts, 1), part(parts, 3) or part(parts, 2))))
    return answered.value if answered else ""


def with_death(person: Person, told: Notification) -> Person:
    """The person completed by what the notification says of a death, where PID says nothing."""
    if person.deceased is not None or (told.deceased is None and told.death is None):
        return person
    return replace(person, deceased=told.deceased, death=told.death)


def reasons(draft: Draft, orders: list[Order]) -> list[Diagnosis]:
    """OBR-31 of ordinary orders: why the test was asked for, hence uncertain."""
    message = draft.message
    found: dict[tuple[str, str], Diagnosis] = {}
    for order in orders:
        if not get(order.obr, 31) or _is_epi(message, order):
            continue
        for one in message.repeats(get(order.obr, 31)):
            reason = coded(message, one)
            key = (reason.codes[0].code if reason.codes else "", reason.text)
            if any(key):
                found.setdefault(
                    key,
                    Diagnosis(reason.codes, reason.text, f"OBR[{order.number}].31", "other", assertion="uncertain"),
                )
    return list(found.values())


def diagnoses(draft: Draft, segments: list[Segment], offsets: dict[str, int], visit: str) -> list[Diagnosis]:
    """DG1, PRB and PDA of a group; `visit` is the kind of encounter, which a working or final diagnosis belongs to."""
    message = draft.message
    counts = dict(offsets)
    found: list[Diagnosis] = []
    for segment in segments:
        name = segment[0]
        counts[name] = counts.get(name, 0) + 1
        where = f"{name}[{counts[name]}]"
        if name == "DG1":
            what = coded(message, get(segment, 3))
            text = message.text(get(segment, 4)) or what.text
            if not what.codes and not text:
                continue
            deleted = message.text(get(segment, 21)).upper() == "D"
            found.append(
                Diagnosis(
                    what.codes,
                    text,
                    f"{where}.3",
                    _role(message.text(get(segment, 6)).upper(), visit),
                    draft.time(get(segment, 5), f"{where}.5"),
                    status="cancelled" if deleted else "final",
                )
            )
        elif name == "PRB":
            what = coded(message, get(segment, 3))
            if not what.text:
                continue
            over = message.text(get(segment, 14)).upper() in _STATUS_WORDS
            found.append(
                Diagnosis(
                    what.codes,
                    what.text,
                    f"{where}.3",
                    "problem",
                    draft.time(get(segment, 7), f"{where}.7"),
                    draft.time(get(segment, 16), f"{where}.16"),
                    "cancelled" if message.text(get(segment, 1)).upper() in ("DE", "D") else "final",
                    "historical" if over else "present",
                )
            )
        elif name == "PDA":
            for one in message.repeats(get(segment, 1)):
                what = coded(message, one)
                found.append(Diagnosis(what.codes, what.text, f"{where}.1", "other"))
    return found


def _role(kind: str, visit: str) -> DiagnosisRole:
    """DG1-6 (HL7 table 0052): A admitting, W working, F final."""
    if kind == "A":
        return "admission"
    if visit in ("outpatient", "emergency"):
        return "outpatient"
    return "discharge" if kind == "F" else "other"


def doses(draft: Draft, segments: list[Segment], offsets: dict[str, int]) -> list[Immunization]:
    """RXA of a vaccination message. Completion RE, NA, NI (refused, not given) or action D withdraw the dose."""
    message = draft.message
    found: list[Immunization] = []
    number = offsets.get("RXA", 0)
    for segment in segments:
        if segment[0] != "RXA":
            continue
        number += 1
        what = coded(message, get(segment, 5))
        given = message.text(get(segment, 20)).upper() not in ("RE", "NA", "NI")
        deleted = message.text(get(segment, 21)).upper() == "D"
        found.append(
            Immunization(
                what.codes,
                what.text,
                f"RXA[{number}].5",
                draft.time(get(segment, 3), f"RXA[{number}].3"),
                "final" if given and not deleted else "cancelled",
            )
        )
    return found


# The field of each pharmacy segment that holds the drug, and the one that holds the time (0: none).
_DRUG_FIELDS = {"RXA": (5, 3), "RXE": (2, 0), "RXO": (1, 0), "RXD": (2, 3), "RXG": (4, 0)}
DRUG_SEGMENTS = frozenset(_DRUG_FIELDS)


def drugs(draft: Draft, segments: list[Segment], offsets: dict[str, int], with_rxa: bool) -> list[Drug]:
    """Drugs ordered, dispensed or given; `with_rxa` where RXA is no vaccination."""
    message = draft.message
    counts = dict(offsets)
    found: list[Drug] = []
    state: Status = "final"
    for segment in segments:
        name = segment[0]
        counts[name] = counts.get(name, 0) + 1
        if name == "ORC":
            state = "cancelled" if message.text(get(segment, 1)).upper() in ("CA", "OC", "DC", "OD") else "final"
        fields = _DRUG_FIELDS.get(name)
        if fields is None or (name == "RXA" and not with_rxa):
            continue
        drug, when = fields
        what = coded(message, get(segment, drug))
        if what.text:
            path = f"{name}[{counts[name]}]"
            at = draft.time(get(segment, when), f"{path}.{when}") if when else None
            found.append(Drug(what.codes, what.text, f"{path}.{drug}", at, state))
    return found
