"""The form of the card as the pack gives it: fields in order, their code lists, the supplements and their questions.

Only the shape of the form; what must hold between fields is `logic`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from yifang.knowledge import Knowledge
from yifang.knowledge.models import report_card as pack_models
from yifang.knowledge.models.report_card import Field_

# Sealed apart from the rest: who somebody is, how to reach them, and free text that may name them.
IDENTITY = frozenset({"name", "guardian_name", "id_no", "phone", "employer", "residence_detail", "remark"})
_HOME_ADDRESS = "户籍所在地"
_FIRM = (None, "VERIFIED", "HIGH", "MEDIUM-HIGH")
_OPTIONS = re.compile(r"^(?P<label>.+?)\((?P<options>[^()]*/[^()]*)\)$")


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `codes` maps code to label where the answer is one of a list; `group` is the section or supplement."""

    id: str
    label: str
    group: str
    type: str
    required: bool = False
    conditional: bool = False  # required_when: `fields.REQUIRED_WHEN` decides
    codes: Mapping[str, str] | None = None
    max: int | None = None
    range: tuple[int, int] | None = None
    sensitive: bool = False
    filled_by_system: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Supplement:
    """附卡: further fields on the card of one of `diseases`; what the pack is not sure of (not `firm`) only warns."""

    id: str
    name: str
    diseases: frozenset[str]
    fields: tuple[Field, ...]
    firm: bool


@dataclass(frozen=True, slots=True)
class Form:
    """Fields by id, in the order of the pack, and the supplements."""

    fields: Mapping[str, Field]
    supplements: tuple[Supplement, ...]

    def supplement_of(self, disease: str) -> Supplement | None:
        """The supplement that a card of the disease carries, None for most."""
        return next((one for one in self.supplements if disease in one.diseases), None)

    def field(self, id: str) -> Field | None:
        """The field of that id, of the card or of a supplement."""
        if id in self.fields:
            return self.fields[id]
        return next((one for supplement in self.supplements for one in supplement.fields if one.id == id), None)

    def is_identity(self, id: str) -> bool:
        """Whether the answer is sealed: it says who somebody is or where they live."""
        found = self.field(id)
        return id in IDENTITY or (found is not None and found.sensitive)


def form_of(knowledge: Knowledge) -> Form:
    """The form of the effective packs, built once for each digest."""
    return _form(_Key(knowledge))


class _Key:
    """A `Knowledge` that compares by its digest, so that the cache holds one form for equal packs."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge = knowledge

    def __hash__(self) -> int:
        return hash(self.knowledge.digest)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and other.knowledge.digest == self.knowledge.digest


@lru_cache(maxsize=4)
def _form(key: _Key) -> Form:
    pack, codes = key.knowledge.report_card, key.knowledge.codes
    sets = {
        "id_card_type": {one.code: one.label for one in pack.id_card_types},
        "population": {str(one.code): one.label for one in pack.population_codes},
        "sex": {one.code: one.label for one in codes.sex.items},
    }
    return Form({one.id: _field(one, sets) for one in pack.fields}, tuple(map(_supplement, pack.supplements)))


def _field(raw: Field_, sets: Mapping[str, Mapping[str, str]]) -> Field:
    return Field(
        id=raw.id,
        label=raw.label,
        group=raw.section,
        type=raw.type,
        required=raw.required,
        conditional=bool(raw.required_when),
        codes={one.code: one.label for one in raw.options} or sets.get(raw.codeset or ""),
        max=raw.max,
        range=raw.range,
        sensitive=raw.sensitive is not None,
        filled_by_system=raw.filled_by is not None,
        note=raw.note or "",
    )


def _supplement(raw: pack_models.Supplement) -> Supplement:
    lists = {name: codes for name, codes in raw.codes.items() if codes and isinstance(codes[0], str)}
    fields = tuple(_question(raw.id, number, text, lists) for number, text in enumerate(raw.fields, 1))
    return Supplement(raw.id, raw.name, frozenset(raw.diseases), fields, raw.confidence in _FIRM)


def _question(supplement: str, number: int, text: str, lists: Mapping[str, Any]) -> Field:
    """`肝穿检测结果(急性病变/慢性病变/未测)` is a question with three answers; one without a list is free text."""
    found = _OPTIONS.match(text)
    label = found["label"] if found else text
    options = found["options"].split("/") if found else lists.get(text) or lists.get(text.split("/")[-1])
    codes = {one: one for one in options} if options else None
    kind = "code" if codes else "date" if label.endswith(("日期", "时间")) else "string"
    address = label.startswith(_HOME_ADDRESS)
    return Field(
        f"{supplement}.{number}", label, supplement, kind, bool(codes), codes=codes, max=200, sensitive=address
    )
