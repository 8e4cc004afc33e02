"""The four criteria of pneumonia of unknown cause, each found by itself, as the triggers pack words them.

Fever, imaging, leucocytes, and no improvement after days of antibiotics: a patient's records hold them one by one, so
each is told with its place, and whoever knows all records puts them together. No code means this disease; a
diagnosis that names what causes the pneumonia explains it, and so do leucocytes that were high before they were normal.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from yifang.formats.canonical import Diagnosis, Record, Result
from yifang.identify.codes import expand, icd_of
from yifang.identify.model import Evidence, EvidenceKind
from yifang.identify.syndromes import Scene
from yifang.identify.text.lexicon import fold
from yifang.identify.treated import Treatment
from yifang.identify.values import plain
from yifang.knowledge import Knowledge

DISEASE = "unknown_pneumonia"
FEVER, IMAGING, BLOOD, TREATMENT = "up_fever", "up_imaging", "up_blood", "up_treatment"
ALL = frozenset((FEVER, IMAGING, BLOOD, TREATMENT))
HIGH, EXPLAINED = "up_blood_high", "up_explained"  # what speaks against it
_NUMBER = re.compile(r"^\s*[<>]?\s*(\d+(?:\.\d+)?)(?!\s*[-~/+\d.])")  # 0-2/HP counts no blood
_DOUBTS = ("?", "待", "疑", "可能", "考虑", "排除", "除外")


class Criteria:
    """The criteria of one set of packs."""

    def __init__(self, knowledge: Knowledge) -> None:
        pack = knowledge.triggers.pneumonia_criteria
        self._pack = pack
        self._imaging = frozenset(pack.imaging)
        self._tests: dict[str, tuple[float | None, float | None]] = {}
        self._tests |= {plain(name): (None, pack.leucocytes_max) for name in pack.leucocytes}
        self._tests |= {plain(name): (pack.lymphocytes_below, None) for name in pack.lymphocytes}
        self._not_blood = tuple(map(fold, pack.not_blood))
        self._units = tuple(map(plain, pack.units))
        self._agents = tuple(map(fold, pack.explained.terms))
        self._codes = expand(pack.explained.icd10)
        self._treatment = Treatment(pack)

    def of(self, record: Record, scene: Scene, evidence: Iterable[Evidence]) -> tuple[Evidence, ...]:
        """Those that a record holds, weak each by itself."""
        found: list[Evidence] = []
        if scene.temperatures and max(scene.temperatures) >= self._pack.temperature_min:
            found.append(self._one(FEVER, f"{max(scene.temperatures):.1f}℃", record))
        elif "fever38" in scene.concepts and not scene.temperatures:
            found.append(self._one(FEVER, "≥38℃", record))
        if seen := next((one for one in evidence if one.rule in self._imaging), None):
            found.append(self._one(IMAGING, seen.text, record, seen.path))
        if blood := self._blood(record):
            found.append(blood)
        for note in record.notes:
            if said := self._treatment.failed(note.text):
                found.append(self._one(TREATMENT, said[:60], record, note.path))
                break
        if named := next(filter(self._explains, record.diagnoses), None):
            found.append(self._one(EXPLAINED, named.text, record, named.path))
        return tuple(found)

    def together(self, found: Sequence[Evidence]) -> tuple[Evidence, ...]:
        """The evidence that all four make, and each of them; none while one is missing or something speaks against.

        `found` holds the earliest of each kind.
        """
        by_rule = {one.rule: one for one in found}
        if not by_rule.keys() >= ALL or EXPLAINED in by_rule:
            return ()
        high = by_rule.get(HIGH)
        if high is not None and (high.at or "") < (by_rule[BLOOD].at or ""):
            return ()
        found = [one for one in found if one.rule in ALL]
        first = found[0]
        whole = Evidence(
            DISEASE, "note_text", "criteria", "strong", "；".join(dict.fromkeys(one.text for one in found))[:120],
            first.path, message="identify.evidence.criteria", case_class="suspected", urgent=True,
            at=max((one.at for one in found if one.at), default=None),
        )  # fmt: skip
        return whole, *found

    def _blood(self, record: Record) -> Evidence | None:
        """Leucocytes normal or low, or lymphocytes low, under a name that the pack knows; else those that are high."""
        high = None
        for result in record.results:
            limits = self._tests.get(plain(result.name))
            if limits is None or result.status == "cancelled" or not self._is_of_blood(result):
                continue
            if (match := _NUMBER.match(result.value)) is None:
                continue
            below, most = limits
            value = float(match.group(1))
            text = f"{result.name} {result.value}"
            if (most is not None and value <= most) or (below is not None and value < below):
                return self._one(BLOOD, text, record, result.path)
            if most is not None:
                high = self._one(HIGH, text, record, result.path)
        return high

    def _is_of_blood(self, result: Result) -> bool:
        taken, unit = fold(f"{result.specimen} {result.panel}"), plain(result.unit)
        known = not unit or any(one in unit for one in self._units)
        return known and not any(word in taken for word in self._not_blood)

    def _explains(self, one: Diagnosis) -> bool:
        """Whether a diagnosis without doubt names what causes the pneumonia, or another disease of the lungs."""
        text = fold(one.text)
        if one.status == "cancelled" or one.assertion != "present" or any(word in text for word in _DOUBTS):
            return False
        coded = any(code.startswith(self._codes) for code in icd_of(one.codes))
        return coded or any(word in text for word in self._agents)

    def _one(self, rule: str, text: str, record: Record, path: str = "") -> Evidence:
        moment = record.at or record.encounter.start
        path = path or (record.notes[0].path if record.notes else record.results[0].path if record.results else "")
        kinds: dict[str, EvidenceKind] = {BLOOD: "laboratory", HIGH: "laboratory", IMAGING: "imaging"}
        return Evidence(
            DISEASE, kinds.get(rule, "note_text"), rule, "weak", text, path, message=f"identify.evidence.{rule}",
            at=moment.day if moment else None,
        )  # fmt: skip
