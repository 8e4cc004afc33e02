"""When a suspicion may ask again: once per episode, by the pack's list of lifelong and episodic diseases.

A policy for callers that keep what was asked; this module keeps nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from yifang.identify.model import Reported
from yifang.knowledge import Knowledge


@dataclass(frozen=True, slots=True)
class EpisodePolicy:
    """Diseases reported once in a life, once per closed episode, and the window in days of all others."""

    lifetime: frozenset[str]
    per_episode: frozenset[str]
    window_days: int

    @classmethod
    def of(cls, knowledge: Knowledge) -> EpisodePolicy:
        """The policy of the packs; the window is the one within which evidence is combined (`14日内`)."""
        rules = knowledge.triggers.rules
        window = re.search(r"(\d+)\s*日内", rules.combine)
        if window is None:
            raise ValueError("triggers.rules.combine names no window (…日内)")
        return cls(
            frozenset(rules.already_reported.lifetime),
            frozenset(one.disease for one in rules.already_reported.per_episode),
            int(window.group(1)),
        )

    def same_episode(self, disease: str, known: Reported, at: date) -> bool:
        """Whether evidence of day `at` belongs to the episode of a card (or question) of day `known.on`."""
        if disease != known.disease:
            return False
        if disease in self.lifetime:
            return True
        if disease in self.per_episode:
            return known.closed is None or at <= known.closed
        return abs((at - known.on).days) <= self.window_days


def episode_key(policy: EpisodePolicy, disease: str, person: str, at: date, earlier: Sequence[Reported] = ()) -> str:
    """The key under which a suspicion asks: equal for all evidence of one episode.

    `earlier` are the episodes already opened for this person, `on` the day each began. Evidence that falls into one of
    them gets that one's key; otherwise a new episode begins on day `at`.
    """
    if disease in policy.lifetime:
        return f"{disease}:{person}"
    for known in earlier:
        if policy.same_episode(disease, known, at):
            return f"{disease}:{person}:{known.on.isoformat()}"
    return f"{disease}:{person}:{at.isoformat()}"
