"""What an audit found, held against what was planted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from yifang.world.audited.truth import DECOY, LATE, MISSED, WRONG, Planted


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of the audit's list: the visits that its evidence stands in, the disease, the verdict and its kinds."""

    visits: frozenset[str]
    disease: str
    kinds: frozenset[str]
    reason: str = ""


@dataclass(slots=True)
class Score:
    """Of each kind: planted, found; `false` are lines that say missed of what was not planted as such."""

    planted: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    by_source: dict[str, tuple[int, int]] = field(default_factory=dict)
    unfound: list[Planted] = field(default_factory=list)
    false: list[Listed] = field(default_factory=list)
    false_late: list[Listed] = field(default_factory=list)
    false_wrong: list[Listed] = field(default_factory=list)
    decoys_listed: int = 0


def score(planted: Sequence[Planted], listed: Iterable[Listed]) -> Score:
    """Match by visit and disease; a decoy has no disease: any line of missed on its visit is false."""
    lines = list(listed)
    by_visit: dict[str, list[Listed]] = {}
    for line in lines:
        for visit in line.visits:
            by_visit.setdefault(visit, []).append(line)
    found = Score()
    right: set[int] = set()
    sources: dict[str, list[int]] = {}
    for one in planted:
        found.planted[one.kind] += 1
        mine = by_visit.get(one.visit, [])
        if one.kind == DECOY:
            found.decoys_listed += any(MISSED in line.kinds for line in mine)
            continue
        hits = [line for line in mine if line.disease == one.disease and one.kind in line.kinds]
        right.update(id(line) for line in hits)
        found.found[one.kind] += bool(hits)
        if not hits:
            found.unfound.append(one)
        if one.kind == MISSED:
            sources.setdefault(one.source, []).append(bool(hits))
    found.by_source = {name: (sum(hits), len(hits)) for name, hits in sources.items()}
    for kind, wrongly in ((MISSED, found.false), (LATE, found.false_late), (WRONG, found.false_wrong)):
        wrongly += [line for line in lines if kind in line.kinds and id(line) not in right]
    return found


def account(score: Score) -> list[tuple[str, dict[str, object]]]:
    """Messages of the catalogue that tell it, in order."""
    told: list[tuple[str, dict[str, object]]] = [
        (f"world.audit_score.{kind}", {"found": score.found[kind], "planted": score.planted[kind], "false": len(false)})
        for kind, false in ((MISSED, score.false), (LATE, score.false_late), (WRONG, score.false_wrong))
    ]
    told.append(("world.audit_score.decoys", {"planted": score.planted[DECOY], "listed": score.decoys_listed}))
    told += [
        ("world.audit_score.source", {"source": source, "found": found, "planted": planted})
        for source, (found, planted) in sorted(score.by_source.items())
    ]
    told += [
        ("world.audit_score.unfound", {"kind": one.kind, "visit": one.visit, "disease": one.disease})
        for one in score.unfound
    ]
    told += [
        ("world.audit_score.false", {"kind": kind, "visit": ", ".join(sorted(line.visits)), "disease": line.disease,
                                     "reason": line.reason})
        for kind, wrongly in ((MISSED, score.false), (LATE, score.false_late), (WRONG, score.false_wrong))
        for line in wrongly
    ]  # fmt: skip
    return told
