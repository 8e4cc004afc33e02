"""What a record yields before it is judged."""

from __future__ import annotations

from dataclasses import dataclass, field

from yifang.formats.canonical import Issue
from yifang.identify.model import Evidence, Finding, Withheld
from yifang.identify.syndromes import Scene


@dataclass(slots=True)
class Gathered:
    """Findings, positive evidence, what its own words withhold, and the scene that syndromes are judged by."""

    findings: list[Finding] = field(default_factory=list)
    evidence: list[Evidence] = field(default_factory=list)
    withheld: list[Withheld] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    scene: Scene = field(default_factory=Scene)
