"""Health-education prescriptions: plain words for patients, drafts until a hospital's public-health desk signs."""

from __future__ import annotations

from typing import ClassVar, Literal

from yifang.knowledge.models.base import DiseaseTarget, Entry, Model, Pack


class Prescription(Entry):
    """One leaflet; which parts it has depends on the disease."""

    id: str
    disease: DiseaseTarget
    title: str
    transmission: str
    isolation: str
    home_care: str
    medication: str | None = None
    side_effects: str | None = None
    when_return: str
    contacts: str
    school_work: str | None = None
    support: str | None = None
    animal: str | None = None
    food: str | None = None
    alcohol: str | None = None


class Personalise(Model):
    """What changes a leaflet for a person."""

    inputs: tuple[str, ...]
    rules: tuple[str, ...]


class EducationPack(Pack):
    """`education.yaml`."""

    NAME: ClassVar[str] = "education"
    review_status: Literal["draft", "signed"]
    prescriptions: tuple[Prescription, ...]
    scenes: dict[str, tuple[str, ...]]
    delivery: tuple[str, ...]
    personalise: Personalise
    lifestyle_common: tuple[str, ...]
