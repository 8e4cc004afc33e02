"""The choices that the situation page offers: areas from one's own down, diseases by class of the law, syndromes."""

from __future__ import annotations

from functools import lru_cache

from yifang.apps.accounts.viewers import Viewer
from yifang.apps.accounts.words import message_language
from yifang.apps.surveillance.presenting import words
from yifang.kernel import areas
from yifang.knowledge import load

Option = tuple[str, str]


def areas_below(chosen: str, viewer: Viewer) -> list[Option]:
    """From the viewer's own area down to the chosen one, then what lies directly below it; indented by level."""
    own = viewer.area_code
    if not own or not chosen:
        return []
    path = [one for one in reversed(areas.ancestors(chosen)) if areas.contains(own, one)]
    found = [(code, "　" * depth + words.area_words(code)) for depth, code in enumerate(path)]
    below = load().regions.children(chosen)
    if not below and areas.parent(chosen) and chosen != own:  # at the bottom: the neighbours are offered
        found.pop()
        return found + [
            (one.code, "　" * (len(path) - 1) + one.name) for one in load().regions.children(areas.parent(chosen))
        ]
    return found + [(one.code, "　" * len(path) + one.name) for one in below]


def diseases() -> list[tuple[str, list[Option]]]:
    """(class of the law, its diseases)."""
    return [(str(words.CLASSES_OF_LAW[law]), found) for law, found in _diseases(load().digest, message_language())]


@lru_cache(maxsize=16)
def _diseases(digest: str, language: str) -> tuple[tuple[str, list[Option]], ...]:
    all_of = load().diseases.values()
    return tuple(
        (law, [(one.id, one.en if language == "en" else one.name) for one in all_of if one.statutory_class == law])
        for law in "ABCO"
    )


def syndromes() -> list[Option]:
    """Every syndrome of the pack."""
    return [(one.id, words.subject_name(one.id)) for one in load().syndromes.syndromes]
