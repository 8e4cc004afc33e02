"""Which specimens a laboratory rule counts on, by the specimen sets of the triggers pack.

Foreign words for a specimen are brought to the pack's before they are compared; a specimen nobody named is `unknown`.
"""

from __future__ import annotations

from dataclasses import dataclass

from yifang.identify.model import Level
from yifang.knowledge.models.triggers import SpecimenSet

_WORDS = {
    "SPUTUM": "痰", "BRONCHOALVEOLAR": "支气管肺泡灌洗液", "BAL": "支气管肺泡灌洗液", "肺泡灌洗": "支气管肺泡灌洗液",
    "BRONCHIAL": "支气管抽吸物", "TRACHEAL": "支气管抽吸物", "THROAT": "咽喉拭子", "PLEURAL": "胸水", "STOOL": "粪便",
    "FECES": "粪便", "FAECES": "粪便", "大便": "粪便", "便": "粪便",
    "RECTAL": "肛拭子", "肛门拭子": "肛拭子", "直肠拭子": "肛拭子",
    "URINE": "尿", "CEREBROSPINAL": "脑脊液", "CSF": "脑脊液", "BLOOD": "血", "SERUM": "血", "PLASMA": "血",
    "PUS": "脓液", "LYMPH": "淋巴结", "BONE": "骨组织", "ASCIT": "腹水", "PERITONEAL": "腹水", "SYNOVIAL": "关节液",
    "GASTRIC": "胃液", "LUNG": "肺组织", "浓痰": "痰", "胸腔": "胸水",
}  # fmt: skip
_CHILD_DAYS = 18 * 365.25


@dataclass(frozen=True, slots=True)
class Verdict:
    """`level` caps the evidence; `reject` says that the set refuses the specimen; `disease` replaces the rule's."""

    level: Level | None = None
    reject: bool = False
    disease: str | None = None


def words_of(specimen: str) -> str:
    """The specimen's text (as `values.plain`) with the pack's words for it added."""
    return specimen + " " + " ".join(word for foreign, word in _WORDS.items() if foreign in specimen)


def judge(rules: SpecimenSet, specimen: str, age_days: float | None) -> Verdict:
    """What a positive result of this specimen means. `specimen` as `values.plain`, empty where nobody named one."""
    text = words_of(specimen)
    for way in rules.reroute:
        if any(word in text for word in way.specimens):
            return Verdict(disease=way.disease)
    for word in rules.accept:
        name, _, condition = word.partition("(")
        if name in text and (not condition or age_days is None or age_days < _CHILD_DAYS):
            return Verdict()
    if any(word in text for word in rules.reject):
        return Verdict(reject=True)
    return Verdict(level=rules.unknown_specimen)


def only(words: tuple[str, ...], specimen: str) -> Verdict:
    """A rule that holds for the named specimens only: others are refused, an unknown one is at most moderate."""
    text = words_of(specimen)
    if any(word in text for word in words):
        return Verdict()
    return Verdict(reject=True) if specimen.strip() else Verdict(level="moderate")
