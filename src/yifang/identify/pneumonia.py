"""The four criteria of pneumonia of unknown cause, each found by itself, as the triggers pack words them.

Fever, imaging, leucocytes, and no improvement after days of antibiotics: a patient's records hold them one by one, so
each is told with its place, and whoever knows all records puts them together. No code means this disease.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from yifang.formats.canonical import Record
from yifang.identify.model import Evidence, EvidenceKind
from yifang.identify.syndromes import Scene
from yifang.identify.text.lexicon import fold
from yifang.identify.values import plain
from yifang.knowledge import Knowledge

DISEASE = "unknown_pneumonia"
FEVER, IMAGING, BLOOD, TREATMENT = "up_fever", "up_imaging", "up_blood", "up_treatment"
ALL = frozenset((FEVER, IMAGING, BLOOD, TREATMENT))
_SENTENCE = re.compile(r"[。;；\n!！]")
_DAYS = re.compile(r"(\d{1,2}|[三四五六七八九十])\s*(?:余|多)?\s*[天日]|[一二两1-4]\s*周")
_NUMBER = re.compile(r"^\s*[<>]?\s*(\d+(?:\.\d+)?)")
_WORDS = {word: number for number, word in enumerate("三四五六七八九十", 3)}


class Criteria:
    """The criteria of one set of packs."""

    def __init__(self, knowledge: Knowledge) -> None:
        pack = knowledge.triggers.pneumonia_criteria
        self._pack = pack
        self._imaging = frozenset(pack.imaging)
        self._tests: dict[str, tuple[float | None, float | None]] = {}
        self._tests |= {plain(name): (None, pack.leucocytes_max) for name in pack.leucocytes}
        self._tests |= {plain(name): (pack.lymphocytes_below, None) for name in pack.lymphocytes}
        self._treatment = tuple(map(fold, pack.treatment))
        self._failed = tuple(map(fold, pack.failed))

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
        if treated := self._treated(record):
            found.append(treated)
        return tuple(found)

    def together(self, found: Sequence[Evidence]) -> Evidence | None:
        """The evidence that all four make; None while one is missing."""
        if {one.rule for one in found} < ALL:
            return None
        first = found[0]
        return Evidence(
            DISEASE, "note_text", "criteria", "strong", "；".join(dict.fromkeys(one.text for one in found))[:120],
            first.path, message="identify.evidence.criteria", case_class="suspected", urgent=True,
            at=max((one.at for one in found if one.at), default=None),
        )  # fmt: skip

    def _blood(self, record: Record) -> Evidence | None:
        for result in record.results:
            limits = self._tests.get(plain(result.name))
            if limits is None or result.status == "cancelled" or (match := _NUMBER.match(result.value)) is None:
                continue
            below, most = limits
            value = float(match.group(1))
            if (most is not None and value <= most) or (below is not None and value < below):
                return self._one(BLOOD, f"{result.name} {result.value}", record, result.path)
        return None

    def _treated(self, record: Record) -> Evidence | None:
        for note in record.notes:
            text = fold(note.text)
            if not any(word in text for word in self._failed):
                continue
            for sentence in _SENTENCE.split(text):
                said = any(word in sentence for word in self._treatment) and any(
                    word in sentence for word in self._failed
                )
                if said and any(self._long_enough(match) for match in _DAYS.finditer(sentence)):
                    return self._one(TREATMENT, sentence.strip()[:60], record, note.path)
        return None

    def _long_enough(self, match: re.Match[str]) -> bool:
        number = match.group(1)
        if number is None:
            return True  # a week and more
        return (int(number) if number.isascii() else _WORDS[number]) >= self._pack.treatment_days_min

    def _one(self, rule: str, text: str, record: Record, path: str = "") -> Evidence:
        moment = record.at or record.encounter.start
        path = path or (record.notes[0].path if record.notes else record.results[0].path if record.results else "")
        kinds: dict[str, EvidenceKind] = {BLOOD: "laboratory", IMAGING: "imaging"}
        return Evidence(
            DISEASE, kinds.get(rule, "note_text"), rule, "weak", text, path, message=f"identify.evidence.{rule}",
            at=moment.day if moment else None,
        )  # fmt: skip
