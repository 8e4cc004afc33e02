"""What a broken glass opens beyond the person themself, and what a refusal closes: the web role may do neither."""

from collections.abc import Sequence
from datetime import datetime

from yifang.apps.accounts.models import BreakGlass, GlassState, Visibility
from yifang.apps.accounts.services import row_reason
from yifang.apps.accounts.visibility import Subject, show_many
from yifang.apps.ledger.subscriptions import Heard, subscribe
from yifang.kernel import clock


def register() -> None:
    """Called once, when the app is ready."""
    subscribe("accounts.glass", ["accounts.glass_broken", "accounts.glass_answered"], on_glass)


def on_glass(heard: Sequence[Heard]) -> None:
    """Open or close the rows of each glass."""
    for entry in heard:
        glass = BreakGlass.objects.get(id=entry.subject)
        if entry.kind == "accounts.glass_broken":
            _open(glass)
        elif glass.state == GlassState.REFUSED:
            Visibility.objects.filter(reason=row_reason(glass.id)).update(until=clock.now())


def _open(glass: BreakGlass) -> None:
    if glass.state == GlassState.REFUSED or glass.until <= clock.now():
        return
    known = Visibility.objects.filter(person=glass.person).exclude(subject=glass.person)
    rows = known.order_by("subject").distinct("subject").values_list("kind", "subject", "day", "disease")
    # In the ordinary group: an exposed nurse must learn of the HIV that her own role would never show her.
    pairs = [
        (Subject(kind, subject, day, disease, "ordinary", glass.person), f"user:{glass.user_id}")
        for kind, subject, day, disease in rows
    ]
    until: datetime = glass.until
    show_many(pairs, row_reason(glass.id), until=until, by=glass.user_id)
