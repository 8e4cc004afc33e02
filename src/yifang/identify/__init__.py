"""Identification: canonical records → findings → suspicions, each with its rule, its evidence and the pack's digest.

    identifier = identify.compiled(knowledge.load())
    outcomes = identifier.identify(records)

Pure and batched: no database, no web framework, no clock. It suggests and explains; it reports nothing.
"""

from yifang.identify.engine import Identifier, compiled
from yifang.identify.episodes import EpisodePolicy, episode_key
from yifang.identify.model import Evidence, Finding, Identified, PersonContext, Reported, Suspicion, Withheld

__all__ = [
    "EpisodePolicy",
    "Evidence",
    "Finding",
    "Identified",
    "Identifier",
    "PersonContext",
    "Reported",
    "Suspicion",
    "Withheld",
    "compiled",
    "episode_key",
]
