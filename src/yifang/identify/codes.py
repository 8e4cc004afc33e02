"""Codes of diagnoses and reported conditions → diseases of the packs.

ICD-10 matches by prefix, the longest wins, with or without dots and with Chinese extension digits (`A16.200x002`);
`icd10_exclude` wins over everything. Event codes, SNOMED CT, ICD-10-CM and DEMIS go through the code maps.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from yifang.formats.canonical import Code
from yifang.identify.model import Level
from yifang.identify.values import Polarity
from yifang.knowledge import Knowledge
from yifang.knowledge.models.code_maps import CodeMap
from yifang.knowledge.models.diseases import Disease

_CACHE_LIMIT = 20_000
_DOTTED_ICD = re.compile(r"[A-Z]\d{2}\.[0-9X]+", re.IGNORECASE)
_MOST_OF_TEN = 6


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a code stands for. `needs_syndrome`: a code of `icd10_weak` only, nothing without evidence beside it."""

    disease: str
    rule: str
    level: Level
    subtype: str | None = None
    needs_syndrome: bool = False


def bare(code: str) -> str:
    """An ICD code as compared: upper case, no dots, no marks (`a15.0†` → `A150`)."""
    return code.upper().replace(".", "").strip(" †*+#")


def expand(prefixes: Iterable[str]) -> tuple[str, ...]:
    """Prefixes as compared; a range of categories (`B15-B19`) gives each of them."""
    found: list[str] = []
    for prefix in prefixes:
        first, _, last = prefix.partition("-")
        if last:
            found += [f"{first[0]}{number:02}" for number in range(int(first[1:3]), int(last[1:3]) + 1)]
        else:
            found.append(bare(first))
    return tuple(found)


def icd_of(codes: Sequence[Code]) -> tuple[str, ...]:
    """The ICD-10 codes among `codes`, as compared. A local code counts where it plainly has the shape of one."""
    if len(codes) == 1:
        return _icd_in(codes[0].system, codes[0].code)
    return tuple(icd for code in codes for icd in _icd_in(code.system, code.code))


@lru_cache(maxsize=_CACHE_LIMIT)
def _icd_in(system: str, code: str) -> tuple[str, ...]:
    if system == "icd10" or (system in ("", "local") and _DOTTED_ICD.fullmatch(code)):
        return tuple(bare(part) for part in re.split(r"[+\s,;/]+", code) if part)
    return ()


class CodeBook:
    """The code indexes of one set of packs."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._diseases = knowledge.diseases
        self._icd: dict[str, list[tuple[str, Level, bool]]] = {}
        children: dict[str, dict[str, int]] = {}
        for disease in knowledge.diseases.values():
            strong, weak = expand(disease.icd10), set(expand(disease.icd10_weak))
            for prefix in strong:
                self._icd.setdefault(prefix, []).append((disease.id, "moderate" if prefix in weak else "strong", False))
                if len(prefix) == 4:
                    group = children.setdefault(prefix[:3], {})
                    group[disease.id] = group.get(disease.id, 0) + 1
            for prefix in weak - set(strong):
                self._icd.setdefault(prefix, []).append((disease.id, "moderate", True))
        # A bare category (A15) stands for the disease that owns most of its ten subcategories, but with less certainty.
        self._bare: dict[str, str] = {
            category: name
            for category, group in children.items()
            for name, count in group.items()
            if count >= _MOST_OF_TEN and category not in self._icd
        }
        self._excluded = {one.id: expand(one.icd10_exclude) for one in knowledge.diseases.values()}
        maps = knowledge.code_maps
        self._cm = {bare(one.code): one for one in maps.icd10cm}
        self._maps: dict[str, tuple[str, dict[str, CodeMap]]] = {
            "phin": ("map_event", {one.code: one for one in maps.events}),
            "snomed": ("map_snomed", {one.code: one for one in maps.conditions}),
        }
        self._demis = {one.code.lower(): one for one in (*maps.demis_diseases, *maps.demis_pathogens)}
        self.qualifiers: dict[str, Polarity] = {one.code: one.means for one in maps.qualifiers}
        self._cache: dict[tuple[str, str], tuple[Meaning, ...]] = {}

    def meanings(self, codes: Sequence[Code]) -> list[tuple[Code, Meaning]]:
        """Every disease the codes of one diagnosis stand for, with the code that says so."""
        found: list[tuple[Code, Meaning]] = []
        for code in codes:
            key = (code.system, code.code)
            known = self._cache.get(key)
            if known is None:
                if len(self._cache) >= _CACHE_LIMIT:
                    self._cache.clear()
                known = self._cache[key] = tuple(self._of(code))
            found += [(code, meaning) for meaning in known]
        return found

    def _of(self, code: Code) -> list[Meaning]:
        if code.system in self._maps:
            rule, table = self._maps[code.system]
            return self._mapped(rule, table.get(code.code))
        if "notification" in code.system.lower() or code.system.lower().endswith("category"):
            return self._mapped("map_demis", self._demis.get(code.code.lower()))
        return [meaning for icd in icd_of((code,)) for meaning in self._icd_meanings(icd)]

    def _mapped(self, rule: str, entry: CodeMap | None) -> list[Meaning]:
        if entry is None or entry.disease is None:
            return []
        return [Meaning(entry.disease, rule, entry.level, entry.subtype)]

    def _icd_meanings(self, icd: str) -> list[Meaning]:
        for length in range(len(icd), 2, -1):
            prefix = icd[:length]
            if prefix in self._cm and (entry := self._cm[prefix]) is not None:
                return self._mapped("map_icd10cm", entry)
            if prefix in self._icd:
                return [
                    Meaning(name, "diag_icd", level, subtype_of(self._diseases[name], icd), needs)
                    for name, level, needs in self._icd[prefix]
                    if not icd.startswith(self._excluded[name])
                ]
        if icd in self._bare:
            return [Meaning(self._bare[icd], "diag_icd", "moderate")]
        return []


def subtype_of(disease: Disease, icd: str) -> str | None:
    """The subtype a code names by its longest prefix; a prefix that covers another subtype's too names none (A15)."""
    prefixes = {prefix: one.id for one in disease.subtypes for prefix in expand(one.icd10)}
    for length in range(len(icd), 2, -1):
        prefix = icd[:length]
        if prefix in prefixes:
            covers = any(
                other != prefix and other.startswith(prefix) and prefixes[other] != prefixes[prefix]
                for other in prefixes
            )
            return None if covers else prefixes[prefix]
    return None
