"""Syndromes: concepts found in words, vital signs and codes, and the rules that join them.

The engine's contract (clauses, negation, history, informants) is data here and code in the identify room.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from yifang.knowledge.models.base import ConceptId, DiseaseId, Entry, Model, Pack, ProgrammeId, SyndromeId


class Negation(Entry):
    """Cues of negation; `pseudo` words begin like one and are none; `terminate` ends the reach of a cue."""

    scope: Literal["clause"]
    clause_split: tuple[str, ...]
    pre: tuple[str, ...]
    pseudo: tuple[str, ...]
    terminate: tuple[str, ...]


class Vital(Model):
    """Limits of measured values, inclusive."""

    temp_c_min: float | None = None
    spo2_max: float | None = None
    rr_min: float | None = None
    gcs_max: float | None = None
    sbp_max: float | None = None


class Duration(Model):
    """A base term with a duration of at least `days_min` in the same clause."""

    base: tuple[str, ...]
    days_min: int


class Count(Model):
    """A base term counted at least `min` times."""

    base: tuple[str, ...]
    min: int
    per_hours: int | None = None


class Near(Model):
    """Any of the concepts `of`, told in a clause that names one of `sites`."""

    of: tuple[ConceptId, ...]
    sites: tuple[str, ...]


class Concept(Entry):
    """One thing a patient may have or be: by words, vital signs, codes, a known age of at most `age_max` years.

    Or by somebody around the patient who has the disease `contact`.
    """

    terms: tuple[str, ...]
    vital: Vital | None = None
    icd10: tuple[str, ...] = ()
    event: Literal["admission"] | None = None
    context: Literal["exposure", "silent"] | None = None
    duration: Duration | None = None
    count: Count | None = None
    near: Near | None = None
    contact: DiseaseId | None = None
    age_max: int | None = None


class Rule(Model):
    """Exactly one of `all`, `any` (concepts or nested rules) and `icd` (prefixes)."""

    all: tuple[ConceptId | Rule, ...] | None = Field(None)
    any: tuple[ConceptId | Rule, ...] | None = Field(None)
    icd: tuple[str, ...] | None = None


class Exclude(Model):
    """Words or codes with which the syndrome does not hold."""

    terms: tuple[str, ...] = ()
    icd10: tuple[str, ...] = ()


class Syndrome(Entry):
    """A named combination of concepts."""

    id: str
    name: str
    rule: Rule
    icd10: tuple[str, ...]
    icd10_exclude: tuple[str, ...] = ()
    exclude: Exclude | None = None
    min_temp_c: float | None = None
    age_min: int | None = None
    age_max: int | None = None
    age_min_days: int | None = None
    boost: tuple[ConceptId, ...] = ()
    urgent: bool = False
    verified: bool = False
    refer: bool | Literal["food"] = False
    programme: ProgrammeId | None = None


class Example(Model):
    """A note and what must, and must not, be found in it."""

    text: str
    expect: tuple[SyndromeId, ...]
    not_: tuple[SyndromeId, ...] = Field((), alias="not")
    temp_c: float | None = None
    age_days: int | None = None


class SyndromesPack(Pack):
    """`syndromes.yaml`."""

    NAME: ClassVar[str] = "syndromes"
    negation: Negation
    uncertain: tuple[str, ...]
    historical: tuple[str, ...]
    informant: tuple[str, ...]
    informant_rule: str
    self_words_of_other: tuple[str, ...]
    other_person: tuple[str, ...]
    age_words: dict[str, int]
    concepts: dict[str, Concept]
    told: dict[str, Concept]
    syndromes: tuple[Syndrome, ...]
    examples: tuple[Example, ...]
    school_symptoms: dict[str, str]

    @property
    def all_concepts(self) -> dict[str, Concept]:
        """The concepts of the pack, and those that only people's own words have."""
        return self.concepts | self.told
