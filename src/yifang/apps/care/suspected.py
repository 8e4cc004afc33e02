"""Matters about a suspicion: what a doctor begins from it, and what begins by itself for unknown pneumonia.

A suspicion of unknown pneumonia is no report: its four criteria are checked, the hospital's experts consult within 12
hours, and its discussion starts. The rule that raises the suspicion is identification's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.urls import reverse

from yifang.apps.accounts.viewers import Viewer
from yifang.apps.care import services
from yifang.apps.care.models import Matter
from yifang.apps.care.presenting import matters as presenting
from yifang.apps.care.services.matters import Start
from yifang.apps.ledger.subscriptions import Heard
from yifang.apps.reporting.models import Suspicion, SuspicionState
from yifang.kernel import protocols
from yifang.kernel.errors import NotFound
from yifang.knowledge import load

UNKNOWN_PNEUMONIA = "unknown_pneumonia"
BEGUN_FROM_IT = ("rule_out", "consult", "discussion")
BEGINS_BY_ITSELF = ("pneumonia", "discussion")
KIND = "suspicion"


def on_suspicions(heard: Sequence[Heard]) -> None:
    """Begin what follows from a suspicion of unknown pneumonia, once for each."""
    told = {entry.subject for entry in heard if entry.subject}
    rows = Suspicion.objects.filter(id__in=told, disease=UNKNOWN_PNEUMONIA, state=SuspicionState.OPEN)
    for one in rows.select_related("person", "organisation"):
        for kind in BEGINS_BY_ITSELF:
            services.begin(
                kind,
                Start(
                    one.organisation, one.organisation.area_code, department=one.department, person=one.person,
                    about_kind=KIND, about=one.id, disease=one.disease, key=f"{kind}:{one.id}", waits=True,
                    seats=(f"clinician@user:{one.clinician_id}",) if one.clinician_id else (),
                ),
            )  # fmt: skip


def of_viewer(suspicion_id: UUID) -> Suspicion:
    """The suspicion that a doctor begins something from. Raises NotFound `care.no_suspicion`; the policies guard it."""
    found = Suspicion.objects.select_related("person").filter(id=suspicion_id).first()
    if found is None:
        raise NotFound("care.no_suspicion")
    return found


def tests_for(disease: str) -> list[str]:
    """The tests that speak of a disease in the triggers pack, each by its first name: what a rule-out list proposes."""
    return [trigger.names[0] for trigger in load().triggers.lab if trigger.disease == disease and trigger.names][:8]


def related(viewer: Viewer, kind: str, subject: UUID) -> Iterable[protocols.SearchHit]:
    """Beside a suspicion: the matters about it, and what the viewer may begin from it."""
    if kind != KIND or not viewer.can("matter.list"):
        return
    pack = load().matters
    begun = list(Matter.objects.filter(about_kind=KIND, about=subject).order_by("opened_at"))
    for one in begun:
        definition = pack.kind(one.kind)
        said, _tone = presenting.state(one, definition)
        yield protocols.SearchHit("matter", presenting.word(definition), said, reverse("care:matter", args=[one.id]))
    for name in BEGUN_FROM_IT:
        definition = pack.kind(name)
        if viewer.role in definition.step(definition.starts).by and name not in {one.kind for one in begun}:
            url = f"{reverse('care:new', args=[name])}?suspicion={subject}"
            yield protocols.SearchHit("begin", presenting.word(definition), presenting.begin_words(), url)
