"""What identification says: findings, evidence, suspicions, and what it holds back with the rule that holds it.

Plain frozen values without behaviour beyond putting themselves into words. `text` is as the source wrote it; `start`
and `end` count code points of the note at `path` (end exclusive) and are None where the evidence is coded.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple

from yifang.formats.canonical import Issue
from yifang.kernel import messages

Assertion = Literal["present", "absent", "uncertain", "historical", "other_person"]
Level = Literal["strong", "moderate", "weak"]
Effect = Literal["suppress", "weak", "route"]
FindingKind = Literal["symptom", "syndrome", "disease", "laboratory", "drug", "imaging", "exposure", "event"]
EvidenceKind = Literal["diagnosis_code", "diagnosis_text", "note_text", "laboratory", "drug", "imaging", "told"]

LEVELS: dict[Level, int] = {"weak": 0, "moderate": 1, "strong": 2}


class Finding(NamedTuple):
    """Something the record says about the person (or expressly not about them, see `assertion`).

    A tuple, not a data class: a record has about ten of them and they are a fifth of the time it takes.
    """

    concept: str
    text: str
    start: int | None
    end: int | None
    path: str
    assertion: Assertion
    kind: FindingKind
    section: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A finding that points to a disease, by the pack's rule `rule` and with the rule's level."""

    disease: str
    kind: EvidenceKind
    rule: str
    level: Level
    text: str
    path: str
    start: int | None = None
    end: int | None = None
    message: str = "identify.evidence.code"
    params: tuple[tuple[str, str], ...] = ()
    case_class: str | None = None
    subtype_hint: str | None = None
    urgent: bool = False
    at: str | None = None  # civil day of the evidence, where the source gave one

    def says(self, lang: str = "zh") -> str:
        """The evidence in words, `lang` zh or en."""
        return messages.render(self.message, dict(self.params), lang)


@dataclass(frozen=True, slots=True)
class Withheld:
    """Evidence that does not prompt, and the rule of the pack that says so; `to` is the list it goes to instead."""

    disease: str
    rule: str
    effect: Effect
    evidence: Evidence
    reason_zh: str
    to: str | None = None

    def says(self, lang: str = "zh") -> str:
        """Why it does not prompt, in words."""
        code = f"identify.withheld.{self.effect}"
        return messages.render(code, {"rule": self.rule, "name": self.reason_zh, "to": self.to or ""}, lang)


@dataclass(frozen=True, slots=True)
class Suspicion:
    """待排查线索: this person may have this disease. A clinician confirms; it reports nothing by itself."""

    disease: str
    confidence: Level
    rule: str
    evidence: tuple[Evidence, ...]
    case_class: str | None
    urgent: bool
    subtype_hint: str | None
    pack_digest: str


@dataclass(frozen=True, slots=True)
class Identified:
    """The outcome for one record."""

    findings: tuple[Finding, ...] = ()
    suspicions: tuple[Suspicion, ...] = ()
    withheld: tuple[Withheld, ...] = ()
    issues: tuple[Issue, ...] = ()
    criteria: tuple[Evidence, ...] = ()  # of pneumonia of unknown cause, each by itself


@dataclass(frozen=True, slots=True)
class Reported:
    """A card that exists for the person; `closed` is the day the episode ended (cured, course completed)."""

    disease: str
    on: date
    closed: date | None = None


@dataclass(frozen=True, slots=True)
class PersonContext:
    """What is known of the person from elsewhere. No context at all: unknown; an empty one: looked up, nothing found.

    `earlier` is evidence of other records (those within the pack's window are joined), `vaccinations` are pairs of
    vaccine id and day, `excluded` diseases a clinician has ruled out in this episode.
    """

    reported: tuple[Reported, ...] = ()
    vaccinations: tuple[tuple[str, date], ...] = ()
    earlier: tuple[Evidence, ...] = ()
    excluded: frozenset[str] = frozenset()
