"""How else a thing is written: in notes, in laboratory systems, in English. Says nothing about what it means.

The facts themselves stand in their own packs; an entry here adds words to the one that its `id` names.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from yifang.knowledge.models.base import ConceptId, DiseaseId, Entry, NegativeRuleId, Pack, TriggerId, VaccineId


class DiseaseNames(Entry):
    """More names of a disease, each of which alone means it."""

    id: DiseaseId
    names: tuple[str, ...]


class TestNames(Entry):
    """More names of a laboratory trigger's test."""

    id: TriggerId
    names: tuple[str, ...]


class ConceptNames(Entry):
    """More words for a symptom or sign."""

    id: ConceptId
    names: tuple[str, ...]


class OrderNames(Entry):
    """More words of an order or a visit by which a negative rule knows it (`when.order_context`)."""

    id: NegativeRuleId
    names: tuple[str, ...]


class Product(Entry):
    """A fixed-dose product: it counts as each of its `parts` in a rule about combinations."""

    id: str
    parts: tuple[str, ...]


class SpecimenNames(Entry):
    """Words that mean the specimen which the triggers pack calls `id`; compared in upper case, anywhere in the text."""

    id: str
    names: tuple[str, ...]


class VaccineNames(Entry):
    """Words of a dose's name, and CVX codes, that mean the vaccine."""

    id: VaccineId
    names: tuple[str, ...]
    cvx: tuple[str, ...] = ()


class VitalNames(Entry):
    """LOINC codes and names of a measured vital sign; `temp` in degrees, the others as syndromes ask for them."""

    id: Literal["temp", "spo2", "rr", "gcs", "sbp"]
    names: tuple[str, ...]
    loinc: tuple[str, ...]


class SpellingsPack(Pack):
    """`spellings.yaml`."""

    NAME: ClassVar[str] = "spellings"
    diseases: tuple[DiseaseNames, ...]
    tests: tuple[TestNames, ...]
    concepts: tuple[ConceptNames, ...]
    orders: tuple[OrderNames, ...]
    products: tuple[Product, ...]
    specimens: tuple[SpecimenNames, ...]
    vaccines: tuple[VaccineNames, ...]
    vitals: tuple[VitalNames, ...]
