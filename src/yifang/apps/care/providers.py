"""What care shows on pages of earlier apps: a person's time line."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from django.urls import reverse

from yifang.apps.accounts.viewers import Viewer
from yifang.apps.care.models import Matter
from yifang.apps.care.presenting import matters as presenting
from yifang.kernel.protocols import TimelineEntry
from yifang.knowledge import load


def timeline(viewer: Viewer, person_id: UUID) -> Iterator[TimelineEntry]:
    """The matters about a person that the viewer sees: when each began, what it waits for or came to."""
    if not viewer.can("matter.list"):
        return
    for one in Matter.objects.filter(person=person_id):
        kind = load().matters.kind(one.kind)
        said, _tone = presenting.state(one, kind)
        yield TimelineEntry(one.opened_at, "matter", presenting.word(kind), said, reverse("care:matter", args=[one.id]))
