"""Which hospitals of an area have their clinics: the latest set-up form of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from yifang.apps.accounts.viewers import Viewer
from yifang.apps.care.models import Matter, Step
from yifang.apps.care.queries.matters import of_kind
from yifang.apps.forms import services as forms

KIND = "clinic_setup"


@dataclass(frozen=True, slots=True)
class Setup:
    """One hospital's set-up, as last said."""

    matter: Matter
    answers: Mapping[str, Any]

    @property
    def counts(self) -> bool:
        """A general hospital of the second grade or above: it should have a department of infectious diseases."""
        return self.answers.get("grade") in ("l2", "l3") and self.answers.get("general") == "yes"


def setups(viewer: Viewer) -> Sequence[Setup]:
    """The latest set-up of each hospital that the viewer sees, by name."""
    rows = of_kind(viewer, KIND).select_related("organisation")
    steps = Step.objects.filter(matter__in=rows, response__isnull=False).select_related(
        "matter__organisation", "response__form"
    )
    latest = {step.matter.organisation_id: Setup(step.matter, forms.answers_of(step.response))
              for step in steps.order_by("at")}  # fmt: skip
    return sorted(latest.values(), key=lambda one: str(one.matter.organisation))


def infectious(found: Sequence[Setup]) -> dict[str, list[Setup]]:
    """The general hospitals of the second grade and above (`counted`), those that have the department, those not."""
    counted = [one for one in found if one.counts]
    having = [one for one in counted if one.answers.get("infectious") == "yes"]
    return {"counted": counted, "having": having, "lacking": [one for one in counted if one not in having]}
