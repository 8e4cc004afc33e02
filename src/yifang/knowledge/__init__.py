"""Rules of medicine as data: the packs, their models, and one frozen `Knowledge` that everything else reads.

Facts live in `packs/*.yaml` with their sources; nothing here decides anything about a patient.
"""

from yifang.knowledge.knowledge import Knowledge
from yifang.knowledge.loading import built_once, load, load_with, use
from yifang.knowledge.problems import PackError, Problem
from yifang.knowledge.provenance import Provenance
from yifang.knowledge.regions import Region, Regions

__all__ = [
    "Knowledge",
    "PackError",
    "Problem",
    "Provenance",
    "Region",
    "Regions",
    "built_once",
    "load",
    "load_with",
    "use",
]
