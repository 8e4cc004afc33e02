"""The words of the export → ids of the packs. A word that no pack knows is empty, and the caller says so."""

from __future__ import annotations

from collections import Counter

from yifang.formats.tabular.mapping import normal
from yifang.knowledge import Knowledge


class Words:
    """What the export writes for diseases, classes, states and population groups; built once for a file."""

    def __init__(self, knowledge: Knowledge) -> None:
        pack = knowledge.national_system
        self._diseases = disease_names(knowledge)
        self._subtypes = {
            plain(word): (one.disease, one.subtype) for one in knowledge.surveillance.names for word in one.names
        }
        for disease in knowledge.diseases.values():
            for part in disease.subtypes:
                self._subtypes.setdefault(plain(part.name), (disease.id, part.id))
        self._audit_states = {word: one.id for one in pack.audit_states for word in (one.label, *one.export)}
        self._card_states = {one.label: one.id for one in pack.card_states}
        self._classes = {one.label: one.id or "" for one in knowledge.codes.report_case_class.items}
        column = next(one for one in pack.columns if one.id == "case_class")
        self._classes |= {word: self._classes[means] for word, means in column.map.items()}
        self._populations = {one.label: str(one.code) for one in knowledge.report_card.population_codes}
        self._seen: dict[str, tuple[str, str]] = {}

    def disease(self, text: str) -> tuple[str, str]:
        """Disease and subtype, both empty for a name that no pack knows."""
        found = self._seen.get(text)
        if found is None:
            name = plain(text)
            found = self._subtypes.get(name) or (self._diseases.get(name, ""), "")
            self._seen[text] = found
        return found

    def audit_state(self, text: str) -> str:
        return self._audit_states.get(text, "")

    def card_state(self, text: str) -> str:
        return self._card_states.get(text, "")

    def case_class(self, text: str) -> str:
        return self._classes.get(text, "")

    def population(self, text: str) -> str:
        return self._populations.get(text, "")


def disease_names(knowledge: Knowledge) -> dict[str, str]:
    """What tables call a disease or a subtype → its pack id; a disease's own name wins over another's alias.

    A statutory name that several diseases share (病毒性肝炎) means none of them.
    """
    names: dict[str, str] = {}
    shared = Counter(one.statutory_name for one in knowledge.diseases.values())
    for one in knowledge.diseases.values():
        for text in (*sorted(knowledge.names_of(one)), *(part.name for part in one.subtypes)):
            names.setdefault(plain(text), one.id)
    for one in knowledge.diseases.values():
        own = (one.name, one.statutory_name if shared[one.statutory_name] == 1 else None)
        names |= {plain(text): one.id for text in own if text}
    return names


def plain(text: str) -> str:
    """A name for comparison: as a column's, without brackets; 其它 is 其他."""
    return normal(text).replace("(", "").replace(")", "").replace("其它", "其他")
