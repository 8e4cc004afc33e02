"""大疫情网 (NIDRIS): the export's columns and habits, states of a card, clocks, and the official way of counting."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from yifang.knowledge.models.base import DiseaseId, DiseaseTarget, Entry, Model, Pack


class HeaderRow(Model):
    """Where the header is found: within the first rows, by the words it must hold."""

    search_first_rows: int
    must_contain: tuple[str, ...]
    note: str | None = None


class ExportFile(Entry):
    """Habits of the export."""

    formats: tuple[str, ...]
    encoding: tuple[str, ...]
    header_row: HeaderRow
    empty_values: tuple[str, ...]
    strip: tuple[str, ...]
    date_formats: tuple[str, ...]
    age_format: str
    area_code: str
    scopes: tuple[str, ...]
    key: str
    fallback_key: tuple[str, ...]
    rule: str


class Column(Entry):
    """A column by its header; match by header text, never by position."""

    id: str
    header: str
    also: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    map: dict[str, str] = Field(default_factory=dict)
    sensitive: Literal["identity", "contact", "address"] | None = None
    only: tuple[DiseaseId, ...] = ()


class CardState(Model):
    """卡片状态."""

    id: str
    label: str


class AuditState(Entry):
    """审核状态: our word, the export's words, and whether the card counts."""

    id: str
    label: str
    export: tuple[str, ...] = ()
    db: str | None = None
    counts: bool | Literal["previous"]


class Transition(Entry):
    """A step between audit states."""

    from_: str | tuple[str, ...] = Field(alias="from")
    to: str
    by: str
    when: str | None = None
    then: tuple[str, ...] = ()
    needs: str | None = None


class SystemClock(Entry):
    """A clock of the national system: from one column to another."""

    id: str
    name: str
    from_: str = Field(alias="from")
    to: str
    limit: str
    when: str | None = None
    exclude: tuple[str, ...] = ()


class CountingException(Entry):
    """A disease that is counted otherwise."""

    disease: DiseaseTarget
    rule: str


class OfficialCounting(Entry):
    """What public and yearly figures count."""

    counts: str
    case_classes: tuple[str, ...]
    excluded_classes: tuple[str, ...]
    place: str
    date: str
    deaths: str
    denominator: str
    exceptions: tuple[CountingException, ...]


class AnalysisCounting(Entry):
    """What analysis and warning count."""

    date: str
    case_classes: str
    place: tuple[str, ...]


class Statistics(Model):
    """Two ways of counting, which never agree and must both be labelled."""

    official: OfficialCounting
    analysis: AnalysisCounting
    labels_required: tuple[str, ...]
    reconcile: str
    frozen: str


class FrontEndWords(Entry):
    """How the national front-end software (前置软件) puts the state of its cards: columns by their meaning, words.

    `stands`: there is a card, drafted or further; `taken_back`: there is none any more.
    """

    columns: dict[Literal["visit", "disease", "state"], tuple[str, ...]]
    stands: tuple[str, ...]
    taken_back: tuple[str, ...]


class NationalSystemPack(Pack):
    """`national_system.yaml`."""

    NAME: ClassVar[str] = "national_system"
    file: ExportFile
    columns: tuple[Column, ...]
    required_on_import: tuple[str, ...]
    unknown_column: str
    card_states: tuple[CardState, ...]
    audit_states: tuple[AuditState, ...]
    transitions: tuple[Transition, ...]
    local_vs_national: str
    clocks: tuple[SystemClock, ...]
    clock_precision: str
    statistics: Statistics
    front_end: FrontEndWords
