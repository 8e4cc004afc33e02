"""The mapping file: which columns of a table hold what, how its dates run, what its code words mean.

A mapping is data (YAML): the built-in ones stand beside this module in `builtin/`, a hospital's own is given to `read`.
Columns are matched without regard to case, blanks, underscores and full-width letters.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from yifang.formats.canonical import RecordKind
from yifang.formats.codes import words
from yifang.kernel.errors import UserError

TARGETS = words(
    """
    person.name person.family person.given person.middle person.sex person.birth person.age person.phone person.address
    person.area_code person.employer person.occupation person.guardian person.id.cn_id person.id.mrn person.id.insurance
    person.id.passport person.id.ssn person.id.other person.death
    encounter.id encounter.kind encounter.department encounter.clinician encounter.clinician_family
    encounter.clinician_given encounter.clinician_id encounter.organisation encounter.organisation_id encounter.start
    encounter.end encounter.reason encounter.order encounter.outcome
    diagnosis.code diagnosis.text diagnosis.at diagnosis.onset
    result.code result.name result.value result.value_code result.pair result.unit result.range result.flag
    result.specimen result.panel result.panel_code result.at result.issued result.status
    drug.code drug.name drug.at immunization.code immunization.name immunization.at
    note.complaint note.history note.past_history note.exam note.imaging note.laboratory note.diagnosis note.plan
    note.epidemiology note.other
    report.id report.corrects report.status report.at
    """
)


class Mapping(BaseModel):
    """How to read one kind of table."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    title: str = ""
    kind: RecordKind
    date_order: Literal["ymd", "mdy", "dmy"] = "ymd"
    columns: dict[str, list[str]]
    """Target → names of the columns that may hold it; all that are present are joined, in this order."""
    answers: dict[str, str] = Field(default_factory=dict)
    """Column → LOINC code of a question put to the person; each gives a result of its own."""
    constants: dict[str, str] = Field(default_factory=dict)
    values: dict[str, dict[str, str]] = Field(default_factory=dict)
    """Target → word in the table → word of the canonical record."""
    systems: dict[str, str] = Field(default_factory=dict)
    """Target of a code → its code system."""
    required: list[str] = Field(default_factory=list)
    """Targets without which a row says nothing."""
    recognise: list[str] = Field(default_factory=list)
    """Targets whose columns must be present for a table to be known as this kind without being told."""
    ignore: list[str] = Field(default_factory=list)
    """Columns known and left out on purpose."""

    @field_validator("columns", "constants", "values", "systems", mode="after")
    @classmethod
    def _known_targets(cls, value: dict[str, Any]) -> dict[str, Any]:
        unknown = sorted(set(value) - TARGETS)
        if unknown:
            raise ValueError(f"unknown target {unknown[0]}")
        return value

    @field_validator("required", "recognise", mode="after")
    @classmethod
    def _known_names(cls, value: list[str]) -> list[str]:
        unknown = sorted(set(value) - TARGETS)
        if unknown:
            raise ValueError(f"unknown target {unknown[0]}")
        return value

    def match(self, header: list[str]) -> dict[str, list[int]]:
        """Target → positions of its columns in a header."""
        places = positions(header)
        found: dict[str, list[int]] = {}
        for target, names in self.columns.items():
            at = [places[name] for name in map(normal, names) if name in places]
            if at:
                found[target] = list(dict.fromkeys(at))
        return found

    def recognises(self, header: list[str]) -> int:
        """How many columns of a header it knows; 0 when one it must find is missing."""
        found = self.match(header)
        if not self.recognise or any(target not in found for target in self.recognise):
            return 0
        return sum(len(at) for at in found.values())


def normal(name: str) -> str:
    """A column's name for comparison: full width narrowed, case, blanks, underscores and hyphens ignored."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(character for character in folded if character not in " \t\r\n_-\ufeff")


def positions(header: list[str]) -> dict[str, int]:
    """Normalised column name → its first position."""
    found: dict[str, int] = {}
    for at, name in enumerate(header):
        found.setdefault(normal(name), at)
    return found


def load_mapping(path: Path) -> Mapping:
    """A mapping from its YAML file. Raises UserError naming the file, the place and the rule when it is wrong."""
    try:
        return parse_mapping(path.read_text(encoding="utf-8-sig"), path.name)
    except UnicodeDecodeError as error:
        raise UserError("table.mapping_wrong", file=path.name, place="", rule="UTF-8") from error


def parse_mapping(text: str, name: str) -> Mapping:
    """A mapping from its YAML text; `name` stands for the file in what is said of it. Raises UserError as above."""
    try:
        return Mapping.model_validate(yaml.load(text, yaml.CSafeLoader))
    except yaml.YAMLError as error:
        raise UserError("table.mapping_wrong", file=name, place="", rule=str(error).split("\n")[0]) from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise UserError("table.mapping_wrong", file=name, place=place, rule=first["msg"]) from error


@lru_cache(maxsize=1)
def builtin() -> tuple[Mapping, ...]:
    """The mappings that come with Yifang."""
    return tuple(load_mapping(path) for path in sorted((Path(__file__).parent / "builtin").glob("*.yaml")))
