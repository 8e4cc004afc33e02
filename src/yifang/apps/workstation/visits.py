"""The suspicions of the one visit that a window is about."""

from __future__ import annotations

from yifang.apps.reporting.models import Suspicion, SuspicionState
from yifang.apps.workstation.models import VisitKey
from yifang.apps.workstation.services.opening import Opened

_WAITING = (SuspicionState.OPEN, SuspicionState.CONSULTING)


def suspicions_of(window: Opened) -> list[Suspicion]:
    """Those that its doctor may see, those that wait first, then by their time. Inside its viewer's transaction."""
    window.viewer.check("suspicion.list")
    keys = VisitKey.objects.filter(key__in=list(window.keys), organisation_id=window.viewer.organisation_id)
    found = Suspicion.objects.filter(id__in=keys.values("suspicion_id")).exclude(state=SuspicionState.WITHDRAWN)
    return sorted(found, key=lambda one: (one.state not in _WAITING, one.due_at, one.id))
