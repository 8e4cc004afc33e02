"""Whistles as those who blew them see them."""

from yifang.apps.accounts.viewers import Viewer
from yifang.apps.care.models import Matter, Unsealing
from yifang.apps.care.queries.matters import Opened, steps_of
from yifang.apps.care.services import whistling
from yifang.knowledge import load


def own_whistles(viewer: Viewer, limit: int = 20) -> list[Matter]:
    """The whistles that the viewer blew by name, the newest first."""
    rows = Matter.objects.filter(kind=whistling.KIND, opened_by_id=viewer.user_id).order_by("-opened_at")
    return list(rows[:limit])


def by_code(viewer: Viewer, code: str) -> tuple[Opened, list[Unsealing]]:
    """An anonymous whistle, what its reporter may read of it, and when it was opened who they are.

    Raises NotFound `care.no_code`.

    No access entry is left: who shows the code is its reporter, and stays unknown.
    """
    viewer.check("whistle.blow")
    told = {step.id for step in load().matters.kind(whistling.KIND).steps if step.told} | {"blow"}
    with whistling.by_code(code) as found:
        opened = Opened(found, [step for step in steps_of([found])[found.id] if step.step in told], {}, ())
        return opened, list(Unsealing.objects.filter(matter=found).order_by("opened_at"))
