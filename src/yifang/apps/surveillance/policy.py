"""From where a signal may be answered. Who may at all: `accounts.roles`; from which state: `models.TRANSITIONS`.

What we decided: the area that the signal is about answers, and those above it; an area that only reported one of the
cases looks.
"""

from yifang.apps.accounts.viewers import Viewer
from yifang.apps.surveillance.models import Signal
from yifang.kernel import areas
from yifang.kernel.errors import NotAllowed, YifangError


def check_answer(signal: Signal, viewer: Viewer) -> None:
    """Raises NotAllowed (role, or `surveillance.not_your_area`) unless the viewer may answer and give feedback."""
    viewer.check("signal.answer")
    looks_from_area = any(scope.startswith("area:") for scope in viewer.scopes)
    if not (looks_from_area and areas.contains(viewer.area_code, signal.area_code)):
        raise NotAllowed("surveillance.not_your_area")


def can_answer(signal: Signal, viewer: Viewer) -> bool:
    """Whether `check_answer` would pass: for buttons."""
    try:
        check_answer(signal, viewer)
    except YifangError:
        return False
    return True
