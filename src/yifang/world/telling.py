"""A score in words, line by line, for a terminal: outbreaks, cases by disease, decoys by kind, signals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from yifang import knowledge
from yifang.kernel import messages
from yifang.world.scoring import OutbreakFate, Score


def account(score: Score, lang: str = "zh") -> Iterator[str]:
    """The lines of a score in `lang`, zh or en."""

    def say(code: str, **params: Any) -> str:
        return messages.render(f"world.score.{code}", params, lang)

    totals = score.totals
    yield say("outbreaks", found=totals.outbreaks_found, outbreaks=totals.outbreaks)
    for one in score.outbreaks:
        yield _outbreak(one, lang)
    share = "–" if totals.sensitivity is None else f"{totals.sensitivity:.1%}"
    yield say("cases", cases=totals.cases, expected=totals.expected, found=totals.expected_suspected, share=share)
    for disease, (expected, found) in score.by_disease.items():
        if found < expected:
            yield say("disease", disease=_name(disease, lang), expected=expected, found=found)
    for reason, count in sorted(score.reasons.items(), key=lambda one: -one[1]):
        yield say("reason", reason=say(f"reason.{reason}"), count=count)
    kinds = Counter(one.kind for one in score.decoys)
    wrong = Counter(one.kind for one in score.decoys if one.suspected)
    yield say("decoys", decoys=totals.decoys, suspected=totals.decoys_suspected)
    for kind, count in wrong.most_common():
        yield say("decoy", kind=kind, suspected=count, decoys=kinds[kind])
    yield say("others", other=totals.other_diseases, nobody=totals.on_nobody)
    yield say("cards", carded=totals.carded, in_signal=totals.in_signal)
    yield say(
        "signals", signals=totals.signals, chance=totals.chance_signals, false=totals.false_signals,
        weekly=f"{totals.false_signals_a_week:.2f}",
    )  # fmt: skip


def _outbreak(one: OutbreakFate, lang: str) -> str:
    params: dict[str, Any] = {
        "id": one.id, "disease": _name(one.disease, lang), "cases": one.cases, "visited": one.visited,
        "suspected": one.suspected, "carded": one.carded,
    }  # fmt: skip
    if one.delay is None:
        why = messages.render(f"world.score.missed.{one.missed}", None, lang)
        return messages.render("world.score.outbreak_missed", {**params, "why": why}, lang)
    found = {"delay": one.delay, "method": one.method, "raised": one.first_raised[:10]}
    return messages.render("world.score.outbreak", {**params, **found}, lang)


def _name(disease: str, lang: str) -> str:
    entry = knowledge.load().diseases.get(disease)
    return disease if entry is None else entry.name if lang == "zh" else entry.en
