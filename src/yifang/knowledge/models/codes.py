"""Code sets: sex, ethnic group, documents, organisations, venues, departments, roles."""

from __future__ import annotations

from typing import ClassVar

from yifang.knowledge.models.base import Entry, Pack


class Code(Entry):
    """One code of a set."""

    code: str
    label: str
    id: str | None = None
    alpha: str | None = None
    category: str | None = None
    extension: bool = False
    legacy: bool = False


class CodeSet(Entry):
    """A set and the standard it is from; `extension` holds our own additions."""

    standard: str | None = None
    items: tuple[Code, ...]
    extension: tuple[Code, ...] = ()

    def label(self, code: str) -> str | None:
        """The label of a code, None where the set has none."""
        return next((item.label for item in (*self.items, *self.extension) if item.code == code), None)


class IdCardRule(Entry):
    """GB 11643 in words and numbers; the code is in the kernel, and a test compares the two."""

    standard: str
    length: int
    weights: tuple[int, ...]
    check_map: str
    check: str
    birth: str
    sex: str
    region: str
    legacy_15: str


class CodesPack(Pack):
    """`codes.yaml`."""

    NAME: ClassVar[str] = "codes"
    sex: CodeSet
    marital: CodeSet
    ethnic: CodeSet
    id_card_type: CodeSet
    id_card_rule: IdCardRule
    report_case_class: CodeSet
    patient_belongs: CodeSet
    org_type: CodeSet
    management_attribute: CodeSet
    hospital_level: CodeSet
    venue_types: CodeSet
    departments: CodeSet
    user_roles: tuple[str, ...]
    age_unit: CodeSet
    education: tuple[str, ...]
