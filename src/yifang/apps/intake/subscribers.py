"""What fills or empties a quarantine opens or ends the work item of its hospital: one for a feed, while it lasts."""

from collections.abc import Sequence
from uuid import UUID

from yifang.apps.intake.models import Feed, Quarantined, QuarantineState
from yifang.apps.ledger.services import NODE
from yifang.apps.ledger.subscriptions import Heard, subscribe
from yifang.apps.work import services as work

KIND = "quarantine_mend"
HEARS = ("intake.batch_done", "intake.replayed", "intake.discarded", "intake.reopened")


def register() -> None:
    """Called once, when the app is ready."""
    subscribe("intake.desk", HEARS, on_quarantine)


def on_quarantine(heard: Sequence[Heard]) -> None:
    """Bring the work item of each feed that was heard of in step with its quarantine."""
    ids = {UUID(entry.facts["feed"]) for entry in heard}
    waiting = set(
        Quarantined.objects.filter(batch__feed__in=ids, state=QuarantineState.OPEN)
        .values_list("batch__feed", flat=True)
        .distinct()
    )
    for feed in Feed.objects.filter(id__in=ids).select_related("organisation"):
        if feed.id in waiting:
            desks = [work.DeskAt(feed.organisation.scope, "hospital_desk")]
            work.open_item(KIND, "feed", feed.id, desks, NODE, title=feed.name, title_en=feed.name_en or feed.name)
        else:
            work.end(KIND, feed.id, NODE, outcome="done")
