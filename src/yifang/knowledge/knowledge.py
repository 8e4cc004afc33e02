"""The packs as the program uses them: one frozen object, its digest, and where every value comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from yifang.kernel.errors import NotFound
from yifang.knowledge.models import (
    CalendarPack,
    CodeMapsPack,
    CodesPack,
    DiseasesPack,
    EducationPack,
    FormsPack,
    ImmunizationPack,
    IndicatorsPack,
    LinkagePack,
    ManagementPack,
    MattersPack,
    NationalSystemPack,
    QualityPack,
    RegistersPack,
    RemindersPack,
    ReportCardPack,
    ResourcesPack,
    ResponsibilitiesPack,
    SpellingsPack,
    SurveillancePack,
    SyndromesPack,
    ThresholdsPack,
    TriggersPack,
    VisibilityPack,
    WorkPack,
)
from yifang.knowledge.models.base import Pack
from yifang.knowledge.models.diseases import Disease
from yifang.knowledge.models.spellings import ConceptNames, DiseaseNames, OrderNames, TestNames
from yifang.knowledge.provenance import Provenance, Provenances
from yifang.knowledge.regions import Regions

P = TypeVar("P", bound=Pack)


@dataclass(frozen=True)
class Knowledge:
    """Every effective pack. `digest` (64 hex digits) names the content; each finding, card and signal stores it."""

    packs: Mapping[str, Pack]
    raw: Mapping[str, dict[str, Any]]
    regions: Regions
    digest: str

    @cached_property
    def diseases(self) -> dict[str, Disease]:
        """Diseases by id, in the order of the pack."""
        return {disease.id: disease for disease in self.diseases_pack.diseases}

    def disease(self, id: str) -> Disease:
        """The disease of that id. Raises NotFound `knowledge.no_disease`."""
        try:
            return self.diseases[id]
        except KeyError:
            raise NotFound("knowledge.no_disease", id=id) from None

    def provenance(self, pack: str, *place: str) -> Provenance:
        """Source and confidence of a value: `provenance("diseases", "diseases", "measles", "report_hours")`."""
        return self._provenances[pack].of(place)

    @cached_property
    def _provenances(self) -> dict[str, Provenances]:
        return {name: Provenances(raw) for name, raw in self.raw.items()}

    @property
    def diseases_pack(self) -> DiseasesPack:
        """The whole pack of diseases, with the law and the vocabularies."""
        return self._pack(DiseasesPack)

    @property
    def triggers(self) -> TriggersPack:
        """Evidence for automatic identification."""
        return self._pack(TriggersPack)

    @property
    def syndromes(self) -> SyndromesPack:
        """Syndromes, concepts and the negation contract."""
        return self._pack(SyndromesPack)

    @property
    def code_maps(self) -> CodeMapsPack:
        """Foreign codes → diseases and results."""
        return self._pack(CodeMapsPack)

    @property
    def spellings(self) -> SpellingsPack:
        """How else diseases, tests, symptoms, products, specimens, vaccines and vital signs are written."""
        return self._pack(SpellingsPack)

    @cached_property
    def spelled(self) -> Mapping[str, tuple[str, ...]]:
        """More names, by the id of the disease, laboratory trigger, concept or negative rule that they mean."""
        pack = self.spellings
        entries: tuple[DiseaseNames | TestNames | ConceptNames | OrderNames, ...] = (
            *pack.diseases,
            *pack.tests,
            *pack.concepts,
            *pack.orders,
        )
        return {one.id: one.names for one in entries}

    @property
    def report_card(self) -> ReportCardPack:
        """The card: fields, rules, limits, supplements."""
        return self._pack(ReportCardPack)

    @property
    def national_system(self) -> NationalSystemPack:
        """大疫情网: columns, states, clocks, counting."""
        return self._pack(NationalSystemPack)

    @property
    def visibility(self) -> VisibilityPack:
        """Who may see what of sensitive diseases."""
        return self._pack(VisibilityPack)

    @property
    def thresholds(self) -> ThresholdsPack:
        """Limits of events, clusters, schools, series, grading."""
        return self._pack(ThresholdsPack)

    @property
    def codes(self) -> CodesPack:
        """Code sets."""
        return self._pack(CodesPack)

    @property
    def immunization(self) -> ImmunizationPack:
        """Schedules and advice on vaccines."""
        return self._pack(ImmunizationPack)

    @property
    def management(self) -> ManagementPack:
        """Follow-up programmes."""
        return self._pack(ManagementPack)

    @property
    def indicators(self) -> IndicatorsPack:
        """Plan targets and computed indicators."""
        return self._pack(IndicatorsPack)

    @property
    def responsibilities(self) -> ResponsibilitiesPack:
        """Responsibility lists, inspection, evaluation."""
        return self._pack(ResponsibilitiesPack)

    @property
    def resources(self) -> ResourcesPack:
        """Beds, laboratories, teams, stock, drills."""
        return self._pack(ResourcesPack)

    @property
    def education(self) -> EducationPack:
        """Health-education prescriptions."""
        return self._pack(EducationPack)

    @property
    def calendar(self) -> CalendarPack:
        """Public holidays and working days."""
        return self._pack(CalendarPack)

    def names_of(self, disease: Disease) -> set[str]:
        """Name, aliases, other spellings, and the spoken order of a name in two parts: 病毒性肝炎·甲型 → 甲型肝炎."""
        names = {disease.name.split("(")[0], *disease.aliases, *self.spelled.get(disease.id, ())}
        if "·" in disease.name:
            whole, part = disease.name.split("·", 1)
            names |= {part + whole, part + whole.replace("病毒性", "")}
        return {one for one in names if one}

    def syndrome_name(self, id: str, lang: str = "zh") -> str:
        """What people call a syndrome; its id where there is none of that id."""
        names = self._syndrome_names.get(id)
        return names[lang == "en"] if names else id

    @cached_property
    def _syndrome_names(self) -> dict[str, tuple[str, str]]:
        english = {one.id: one.en for one in self.surveillance.syndrome_names}
        return {one.id: (one.name, english.get(one.id, one.name)) for one in self.syndromes.syndromes}

    @property
    def surveillance(self) -> SurveillancePack:
        """How cases are counted beside the general rule, and which series are watched."""
        return self._pack(SurveillancePack)

    @property
    def work(self) -> WorkPack:
        """Kinds of work items with their clocks and ladders."""
        return self._pack(WorkPack)

    @property
    def forms(self) -> FormsPack:
        """Questions, checks and advice of every form."""
        return self._pack(FormsPack)

    @property
    def matters(self) -> MattersPack:
        """What a hospital carries through in steps, and the rules of its clinics."""
        return self._pack(MattersPack)

    @property
    def reminders(self) -> RemindersPack:
        """Reminders of care for a clinician."""
        return self._pack(RemindersPack)

    @property
    def linkage(self) -> LinkagePack:
        """By which rules two records are of one person."""
        return self._pack(LinkagePack)

    @property
    def quality(self) -> QualityPack:
        """How well cards are reported, and which specialist systems want a number."""
        return self._pack(QualityPack)

    @property
    def registers(self) -> RegistersPack:
        """The registers that a hospital keeps, and their columns."""
        return self._pack(RegistersPack)

    def _pack(self, model: type[P]) -> P:
        pack = self.packs[model.NAME]
        assert isinstance(pack, model)
        return pack
