"""The four criteria of unknown pneumonia: what the form says of each, and what evidence of the record speaks for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from yifang.apps.care.presenting import matters
from yifang.apps.care.queries.matters import Opened
from yifang.apps.forms import presenting as forms
from yifang.apps.forms import services as filled
from yifang.apps.records.models import Record
from yifang.apps.reporting.models import Suspicion
from yifang.apps.reporting.presenting.suspicions import kept_evidence
from yifang.knowledge import load
from yifang.web import packs
from yifang.web.components import Evidence

Line = tuple[str, str, Sequence[Evidence], str]  # the criterion, what the form says, its evidence, its id


def criteria(opened: Opened) -> list[Line]:
    """The criteria in the order of the pack."""
    pack = load().matters.unknown_pneumonia
    answers: dict[str, Any] = {}
    for step in opened.steps:
        if step.step == "criteria" and step.response:
            answers = filled.answers_of(step.response)
    questions = load().forms.form("pneumonia_criteria").questions
    found = _evidence(opened)
    lines = []
    for one in pack:
        words = (*one.tests, *(term for name in one.concepts for term in load().syndromes.concepts[name].terms))
        fits = [chip for chip in found if any(word in f"{chip.quote} {chip.says}" for word in words)]
        said = forms.in_words(questions[one.id], answers[one.id]) if one.id in answers else ""
        lines.append((matters.word(one), said, fits, one.id))
    return lines


def source() -> str:
    """Where the criteria come from, and how sure that is."""
    place = load().provenance("matters", "unknown_pneumonia")
    return f"{place.text} · {packs.confidence_name(place.confidence)}"


def _evidence(opened: Opened) -> list[Evidence]:
    suspicion = Suspicion.objects.filter(id=opened.matter.about).first() if opened.matter.about else None
    if suspicion is None:
        return []
    records = {
        str(one.id): one for one in Record.objects.filter(id__in={item["record"] for item in suspicion.evidence})
    }
    return kept_evidence(suspicion.evidence, records)
