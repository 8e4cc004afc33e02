"""Code maps: codes of other systems → our diseases, and what a coded result says.

A map carries no rule of medicine of its own where one exists already: a laboratory test names the trigger it is
equivalent to, so that the trigger's specimen and negative rules hold for coded results too.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from yifang.knowledge.models.base import DiseaseId, Entry, Pack, TriggerId
from yifang.knowledge.models.triggers import Level

Meaning = Literal["positive", "negative", "uncertain", "no_result"]


class CodeMap(Entry):
    """A foreign code for a condition. `disease` null: the code is known, and stands for nothing on our list."""

    code: str
    text: str
    disease: DiseaseId | None
    subtype: str | None = None
    level: Level = "strong"
    pathogen: str | None = None


class TestMap(Entry):
    """A LOINC test. `reads`: presence (positive is the finding), organism (the value names it), quantity, titre.

    `trigger` names the equivalent of the triggers pack; `disease` and `level` stand only where there is none.
    """

    code: str
    text: str
    reads: Literal["presence", "organism", "quantity", "titre"] = "presence"
    disease: DiseaseId | None = None
    trigger: TriggerId | None = None
    level: Level = "strong"
    pathogen: str | None = None
    subtype: str | None = None


class OrganismMap(Entry):
    """An organism or analyte named by a coded value; null disease: known, and of no concern here.

    `specimens` limits it to specimens whose text holds one of the words.
    """

    code: str
    text: str
    disease: DiseaseId | None
    names: tuple[str, ...] = ()
    level: Level = "strong"
    pathogen: str | None = None
    subtype: str | None = None
    specimens: tuple[str, ...] = ()
    trigger: TriggerId | None = None


class QualifierMap(Entry):
    """A coded answer; `system` is snomed, loinc or hl7 (table in the code)."""

    code: str
    system: Literal["snomed", "loinc"]
    text: str
    means: Meaning


class CodeMapsPack(Pack):
    """`code_maps.yaml`."""

    NAME: ClassVar[str] = "code_maps"
    events: tuple[CodeMap, ...]
    """NNDSS event codes (PHIN), as in OBR-31 of a case notification."""
    tests: tuple[TestMap, ...]
    """LOINC."""
    organisms: tuple[OrganismMap, ...]
    """SNOMED CT organisms and substances; `names` are spellings of the same in plain text, lower case."""
    conditions: tuple[CodeMap, ...]
    """SNOMED CT disorders and findings."""
    qualifiers: tuple[QualifierMap, ...]
    icd10cm: tuple[CodeMap, ...]
    """ICD-10-CM where it differs from the Chinese ICD-10 (prefix match, the longest wins)."""
    demis_diseases: tuple[CodeMap, ...]
    """DEMIS notificationDiseaseCategory (§6 IfSG)."""
    demis_pathogens: tuple[CodeMap, ...]
    """DEMIS notificationCategory (§7 IfSG)."""
