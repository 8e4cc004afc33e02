"""What every pack has in common: sources, confidence, provenance rules, and references that must resolve.

A pack is a YAML file with `meta` (name, version, sources), `provenance` (which source and confidence stand behind which
part) and its content. Unknown keys are errors everywhere: a misspelt threshold must never pass as a comment.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationInfo
from pydantic_core import PydanticCustomError

Confidence = Literal["VERIFIED", "HIGH", "MEDIUM-HIGH", "MEDIUM", "LOW-MEDIUM", "LOW", "UNVERIFIED"]


class Model(BaseModel):
    """Frozen, and strict about names."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def resolves(kind: str) -> AfterValidator:
    """Refuse a value that names nothing; the loader puts what exists into the validation context."""

    def check(value: str, info: ValidationInfo) -> str:
        known = info.context["known"] if info.context else None
        if known is not None and value not in known[kind]:
            raise PydanticCustomError("broken_reference", "no {kind} named {value}", {"kind": kind, "value": value})
        return value

    return AfterValidator(check)


DiseaseId = Annotated[str, resolves("disease")]
SyndromeId = Annotated[str, resolves("syndrome")]
ConceptId = Annotated[str, resolves("concept")]
ProgrammeId = Annotated[str, resolves("programme")]
VaccineId = Annotated[str, resolves("vaccine")]
ThresholdId = Annotated[str, resolves("threshold")]
TriggerId = Annotated[str, resolves("trigger")]
NegativeRuleId = Annotated[str, resolves("negative_rule")]
AreaCode = Annotated[str, resolves("area")]
DepartmentCode = Annotated[str, resolves("department")]
UserRole = Annotated[str, resolves("user_role")]
"""A role as the visibility matrix names it (`codes.user_roles`)."""
RoleKey = Annotated[str, resolves("role")]
"""A role of the house (`work.roles`, DESIGN §6)."""
CodeSetName = Annotated[str, resolves("code_set")]
CardFieldId = Annotated[str, resolves("card_field")]
SourceId = Annotated[str, resolves("source")]
DiseaseTarget = Annotated[str, resolves("disease_target")]
"""A disease, or one of the wider words a threshold may speak of (`any`, `statutory_B_or_C`, `rabies_exposure` …)."""


class Source(Model):
    """Where facts come from, and how sure we are of the fact as written here unless a rule says otherwise."""

    id: str
    text: str
    confidence: Confidence


class Entry(Model):
    """Part of a pack that may name its own source and confidence; without them the pack's provenance rules apply."""

    source: SourceId | None = None
    confidence: Confidence | None = None
    note: str | None = None


class ProvenanceRule(Model):
    """Source of the values under a path; without `confidence` that of the entry, else of the source."""

    source: SourceId
    confidence: Confidence | None = None
    note: str | None = None


class Meta(Model):
    """The head of a pack."""

    pack: str
    version: str
    as_of: str
    sources: tuple[Source, ...]
    changes: tuple[str, ...] = ()
    note: str | None = None


class Pack(Model):
    """A whole file. `provenance` maps dotted paths (`lab`, `diseases.*.report_hours`) to rules; the deepest wins."""

    NAME: ClassVar[str]
    meta: Meta
    provenance: dict[str, ProvenanceRule]


def ids_of(items: Any, key: str = "id") -> set[str]:
    """The values of `key` in a raw list of mappings; anything malformed is left for validation to report."""
    if not isinstance(items, list):
        return set()
    return {str(item[key]) for item in items if isinstance(item, dict) and key in item}
