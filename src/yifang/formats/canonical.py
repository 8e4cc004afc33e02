"""The canonical record: what every reader yields and everything after it reads.

A *record* is one message, bundle, document or row about one person, as its source wrote it: nothing is guessed
and nothing is dropped. Readers are lenient and note what was odd in `issues`; identity-carrying fields live only in
`Person` and `Note.text`. The JSON Schema in `docs/api/canonical-record.schema.json` is generated from these classes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

Status = Literal["final", "preliminary", "corrected", "cancelled"]
RecordKind = Literal[
    "encounter", "lab_report", "order", "immunization", "case_notification", "document", "person", "other"
]
Precision = Literal["year", "month", "day", "hour", "minute", "second"]
Section = Literal[
    "complaint",
    "history",
    "past_history",
    "exam",
    "imaging",
    "laboratory",
    "diagnosis",
    "plan",
    "epidemiology",
    "other",
]
DiagnosisRole = Literal["reported", "admission", "discharge", "outpatient", "problem", "other"]


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time as the source gave it: `iso` holds only the digits known (`2026`, `2026-11-23T08:15`)."""

    iso: str
    precision: Precision
    offset_minutes: int | None = None  # None: the source named no zone

    @property
    def day(self) -> str | None:
        """The civil day `YYYY-MM-DD` in the source's own zone, None where only a year or month is known."""
        return self.iso[:10] if len(self.iso) >= 10 else None


@dataclass(frozen=True, slots=True)
class Code:
    """A coded term. `system` is normalised: icd10, icd9, loinc, snomed, cvx, phin (NNDSS event), local, or the raw
    URI."""

    system: str
    code: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Identifier:
    """An identifier of a person. `kind` is cn_id (resident identity number), passport, mrn, insurance, ssn, other."""

    kind: str
    value: str
    assigner: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """Who the record is about, as the source says; `sex` is male, female, other, unknown."""

    identifiers: tuple[Identifier, ...] = ()
    name: str = ""
    sex: str = "unknown"
    birth: Moment | None = None
    age_text: str = ""
    phone: str = ""
    address: str = ""
    area_code: str = ""
    employer: str = ""
    occupation: str = ""
    guardian: str = ""
    deceased: bool | None = None
    death: Moment | None = None


@dataclass(frozen=True, slots=True)
class Encounter:
    """The visit: `kind` is outpatient, emergency, inpatient, checkup, other."""

    id: str = ""
    kind: str = "other"
    department: str = ""
    clinician: str = ""
    clinician_id: str = ""
    organisation: str = ""
    organisation_id: str = ""
    start: Moment | None = None
    end: Moment | None = None
    reason: str = ""  # e.g. 术前筛查, 健康体检
    order: str = ""  # 初诊, 复诊, as the source says
    outcome: str = ""  # 治愈, 好转, 转院, 死亡, as the source says


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A diagnosis or reported condition, with `path` the place in the source (`OBR[1].31`,
    `entry[3].resource.code`)."""

    codes: tuple[Code, ...]
    text: str
    path: str
    role: DiagnosisRole = "other"
    at: Moment | None = None
    onset: Moment | None = None
    status: Status = "final"
    assertion: Literal["present", "absent", "uncertain", "historical"] = "present"


@dataclass(frozen=True, slots=True)
class Result:
    """One laboratory or examination result. `value` is the text as received, escapes resolved; coded values in
    `value_codes`."""

    codes: tuple[Code, ...]
    name: str
    value: str
    path: str
    value_codes: tuple[Code, ...] = ()
    value_type: str = ""
    unit: str = ""
    reference_range: str = ""
    flags: tuple[str, ...] = ()
    status: Status = "final"
    specimen: str = ""
    panel: str = ""  # text of the order the result belongs to (OBR-4)
    panel_codes: tuple[Code, ...] = ()
    at: Moment | None = None
    issued: Moment | None = None


@dataclass(frozen=True, slots=True)
class Drug:
    """A drug ordered, dispensed or given."""

    codes: tuple[Code, ...]
    name: str
    path: str
    at: Moment | None = None
    status: Status = "final"
    indication: str = ""


@dataclass(frozen=True, slots=True)
class Immunization:
    """A dose given (or refused: `status` cancelled)."""

    codes: tuple[Code, ...]
    name: str
    path: str
    at: Moment | None = None
    status: Status = "final"


@dataclass(frozen=True, slots=True)
class Note:
    """Free text of a section; offsets of findings count code points of `text`."""

    section: Section
    text: str
    path: str
    at: Moment | None = None


@dataclass(frozen=True, slots=True)
class Issue:
    """Something odd that was read all the same; `code` names a message of `kernel.messages` (`hl7.no_control_id`)."""

    code: str
    path: str = ""
    params: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """Where the record came from. `index` is 0-based: MSH segment, Bundle or ndjson line, CSV row, text line."""

    format: str  # hl7v2, fhir, cda, csv, xlsx, text
    path: str = ""
    index: int = 0
    message_type: str = ""  # ORU^R01, Bundle/message, ...
    version: str = ""
    control_id: str = ""  # MSH-10, Bundle.identifier, document id
    sender: str = ""  # MSH-3/MSH-4 joined, custodian, source endpoint
    charset: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """One message, bundle, document or row about one person.

    `key` is the report's own identity within its sender (filler order number, document set id, notification id, visit
    id): a later record with the same key corrects, withdraws or repeats the earlier one. `status` cancelled withdraws
    it.
    """

    kind: RecordKind
    key: str
    status: Status
    source: Source
    person: Person = field(default_factory=Person)
    encounter: Encounter = field(default_factory=Encounter)
    at: Moment | None = None
    diagnoses: tuple[Diagnosis, ...] = ()
    results: tuple[Result, ...] = ()
    drugs: tuple[Drug, ...] = ()
    immunizations: tuple[Immunization, ...] = ()
    notes: tuple[Note, ...] = ()
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True, slots=True)
class NationalCard:
    """One card as the national system's export states it; its words brought to the packs' ids.

    `disease` is empty for a name that no pack knows (`disease_text` keeps it); times are aware and to the minute.
    `finally_audited_at` is the final audit that counts now, `previous_*` what stood before a revision that waits for
    its own. `others` holds every further column with its header, so that nothing of the file is lost.
    """

    national_card_id: str
    card_no: str
    card_state: str
    audit_state: str
    person: Person
    disease: str
    disease_text: str
    subtype: str
    case_class: str
    acute_chronic: str
    population: str
    residence_area: str
    report_area: str
    report_org: str
    onset: date
    diagnosed_at: datetime
    entered_at: datetime
    county_audited_at: datetime | None = None
    finally_audited_at: datetime | None = None
    revised_at: datetime | None = None
    deleted_at: datetime | None = None
    died_on: date | None = None
    death_audited_at: datetime | None = None
    previous_disease: str = ""
    previous_diagnosed_at: datetime | None = None
    previous_audited_at: datetime | None = None
    others: tuple[tuple[str, str], ...] = ()


Period = Literal["day", "week", "month"]


@dataclass(frozen=True, slots=True)
class Tally:
    """A count that a source made itself: so many of a disease, a syndrome or something else in a period.

    `text` is what the source calls it, `label` what tells its series from others of the same text (a unit, an age
    group). `start` is the first day of the period; the period of dates is `day` until their distance says otherwise.
    """

    disease: str
    syndrome: str
    text: str
    label: str
    area: str
    period: Period
    start: date
    number: int
    deaths: int | None = None
    population: float | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """What another department tells: so many fell ill at a place since a day, with what, and what was done."""

    place: str
    number: int
    symptoms: str
    day: date
    disease: str = ""  # of the packs, empty where none is named
    told_by: str = ""
    measures: str = ""
    area: str = ""


@dataclass(frozen=True, slots=True)
class FrontEndState:
    """What the national front-end software says of a visit and a disease: its card stands there, or was taken back."""

    visit: str
    disease: str  # of the packs
    stands: bool


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an item could not be read; `code` names a message of `kernel.messages`, `place` the place in the source."""

    code: str
    place: str = ""
    params: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Item:
    """One item of an input: the records, cards of the national system or tallies that it holds, or the refusal.

    `raw` are its original bytes.

    `head` is what must stand before `raw` for a refused item to be read by itself: the header row of a table.
    `told` are the targets and names of the columns that its table has (`joining.joined`); None: not a table's row.
    """

    index: int
    format: str
    records: tuple[Record, ...]
    refusal: Refusal | None
    raw: bytes
    issues: tuple[Issue, ...] = ()
    head: bytes = b""
    cards: tuple[NationalCard, ...] = ()
    tallies: tuple[Tally, ...] = ()
    notices: tuple[Notice, ...] = ()
    states: tuple[FrontEndState, ...] = ()
    told: frozenset[str] | None = None

    @property
    def holds(self) -> bool:
        """Whether there is anything in it."""
        return bool(self.records or self.cards or self.tallies or self.notices or self.states)
