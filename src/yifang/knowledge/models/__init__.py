"""The shape of each pack, one module a pack. `PACKS` is the list of files that must be there."""

from yifang.knowledge.models.base import Pack
from yifang.knowledge.models.calendar import CalendarPack
from yifang.knowledge.models.code_maps import CodeMapsPack
from yifang.knowledge.models.codes import CodesPack
from yifang.knowledge.models.diseases import DiseasesPack
from yifang.knowledge.models.education import EducationPack
from yifang.knowledge.models.forms import FormsPack
from yifang.knowledge.models.immunization import ImmunizationPack
from yifang.knowledge.models.indicators import IndicatorsPack
from yifang.knowledge.models.linkage import LinkagePack
from yifang.knowledge.models.management import ManagementPack
from yifang.knowledge.models.matters import MattersPack
from yifang.knowledge.models.national_system import NationalSystemPack
from yifang.knowledge.models.quality import QualityPack
from yifang.knowledge.models.registers import RegistersPack
from yifang.knowledge.models.reminders import RemindersPack
from yifang.knowledge.models.report_card import ReportCardPack
from yifang.knowledge.models.resources import ResourcesPack
from yifang.knowledge.models.responsibilities import ResponsibilitiesPack
from yifang.knowledge.models.spellings import SpellingsPack
from yifang.knowledge.models.surveillance import SurveillancePack
from yifang.knowledge.models.syndromes import SyndromesPack
from yifang.knowledge.models.thresholds import ThresholdsPack
from yifang.knowledge.models.triggers import TriggersPack
from yifang.knowledge.models.visibility import VisibilityPack
from yifang.knowledge.models.work import WorkPack

_ALL: tuple[type[Pack], ...] = (
    DiseasesPack,
    TriggersPack,
    SyndromesPack,
    CodeMapsPack,
    SpellingsPack,
    ReportCardPack,
    NationalSystemPack,
    VisibilityPack,
    ThresholdsPack,
    SurveillancePack,
    CodesPack,
    ImmunizationPack,
    ManagementPack,
    IndicatorsPack,
    ResponsibilitiesPack,
    ResourcesPack,
    EducationPack,
    CalendarPack,
    WorkPack,
    LinkagePack,
    QualityPack,
    RegistersPack,
    FormsPack,
    MattersPack,
    RemindersPack,
)
PACKS: dict[str, type[Pack]] = {pack.NAME: pack for pack in _ALL}

__all__ = [
    "PACKS",
    "CalendarPack",
    "CodeMapsPack",
    "CodesPack",
    "DiseasesPack",
    "EducationPack",
    "FormsPack",
    "ImmunizationPack",
    "IndicatorsPack",
    "LinkagePack",
    "ManagementPack",
    "MattersPack",
    "NationalSystemPack",
    "QualityPack",
    "RegistersPack",
    "RemindersPack",
    "ReportCardPack",
    "ResourcesPack",
    "ResponsibilitiesPack",
    "SpellingsPack",
    "SurveillancePack",
    "SyndromesPack",
    "ThresholdsPack",
    "TriggersPack",
    "VisibilityPack",
    "WorkPack",
]
