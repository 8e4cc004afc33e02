"""Which specimens a laboratory rule counts on, by the specimen sets of the triggers pack.

Foreign words for a specimen are brought to the pack's before they are compared; a specimen nobody named is `unknown`.
"""

from __future__ import annotations

from dataclasses import dataclass

from yifang.formats.canonical import Result
from yifang.identify.model import Level
from yifang.identify.values import plain
from yifang.knowledge import Knowledge
from yifang.knowledge.models.triggers import SpecimenSet

_CHILD_DAYS = 18 * 365.25


@dataclass(frozen=True, slots=True)
class Verdict:
    """`level` caps the evidence; `reject` says that the set refuses the specimen; `disease` replaces the rule's."""

    level: Level | None = None
    reject: bool = False
    disease: str | None = None


class SpecimenWords:
    """Reads the specimens of one set of packs."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._means = [(plain(word), one.id) for one in knowledge.spellings.specimens for word in one.names]

    def words_of(self, specimen: str) -> str:
        """The specimen's text (as `values.plain`) with the pack's words for it added."""
        return specimen + " " + " ".join(means for word, means in self._means if word in specimen)

    def named_in(self, result: Result) -> str:
        """The specimen in the test's own name (`… in Stool by Culture`, `痰培养`), empty where none is."""
        name = plain(result.name + " " + result.panel)
        found = self.words_of(name).removeprefix(name).strip()
        return found or ("痰" if "痰" in name else "")

    def judge(self, rules: SpecimenSet, specimen: str, age_days: float | None) -> Verdict:
        """What a positive result of this specimen means. `specimen` as `values.plain`, empty where nobody named one."""
        text = self.words_of(specimen)
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

    def only(self, words: tuple[str, ...], specimen: str) -> Verdict:
        """A rule that holds for the named specimens only: others are refused, an unknown one is at most moderate."""
        text = self.words_of(specimen)
        if any(word in text for word in words):
            return Verdict()
        return Verdict(reject=True) if specimen.strip() else Verdict(level="moderate")
