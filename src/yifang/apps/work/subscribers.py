"""What the earlier rooms say that somebody must act on.

A broken glass waits for the answer of a second person, and those who answer for the person it opened take note of it.
A text that names no known school or worksite waits for whoever knows the place: the hospital whose record bears it, and
the CDC of its county.
"""

from collections.abc import Sequence

from yifang.apps.accounts.queries import at_desk
from yifang.apps.ledger.services import NODE
from yifang.apps.ledger.subscriptions import Heard, subscribe
from yifang.apps.places.models import MatchState, PlaceMatch
from yifang.apps.places.naming import county
from yifang.apps.places.services import KIND
from yifang.apps.work.models import Desk, WorkState
from yifang.apps.work.services import DeskAt, end, open_item
from yifang.kernel import protocols

GLASS, NOTICE = "glass_answer", "glass_notice"
_ASKING = ("unmatched", "reopened")
_ANSWERS = ("matched", "created", "not_a_place", "withdrawn")  # in the words of the work pack, where it has one


def register() -> None:
    """Called once, when the app is ready."""
    subscribe("work.glass", ["accounts.glass_broken", "accounts.glass_answered"], on_glass)
    subscribe("work.glass_notice", ["accounts.glass_told", "accounts.glass_noted"], on_notice)
    subscribe("work.places", [f"places.{what}" for what in (*_ASKING, "shared", *_ANSWERS)], on_places)
    protocols.subject_pages.add(protocols.SubjectPage("glass", "accounts:glass"))


def on_glass(heard: Sequence[Heard]) -> None:
    """Open the item of the second person when a glass breaks; end what still stands when it is answered."""
    for entry in heard:
        if entry.kind == "accounts.glass_answered":
            end(GLASS, entry.subject, NODE, outcome=entry.facts["state"], state=WorkState.DONE)
            continue
        desks = [DeskAt(entry.facts["owner_scope"], role) for role in entry.facts["answerers"]]
        open_item(
            GLASS, "glass", entry.subject, desks, NODE,
            title=f"紧急查阅待审批 · {entry.facts['reason']}", title_en="Break-glass awaits approval",
        )  # fmt: skip


def on_notice(heard: Sequence[Heard]) -> None:
    """Open the notice to those who answer for the person; end it when one of them has noted it."""
    for entry in heard:
        if entry.kind == "accounts.glass_noted":
            end(NOTICE, entry.subject, NODE, outcome="noted", state=WorkState.DONE)
            continue
        desks = [DeskAt(scope, role) for scope, roles in entry.facts["desks"].items() for role in roles]
        open_item(
            NOTICE, "glass", entry.subject, desks, NODE,
            title=f"紧急查阅告知 · {entry.facts['reason']}", title_en="Notice of a break-glass",
        )  # fmt: skip


def on_places(heard: Sequence[Heard]) -> None:
    """Open the item of a text that waits, end that of one which was answered or which no record bears any more.

    Where a second hospital bears it, it is the district's alone.
    """
    for entry in heard:
        what = entry.kind.removeprefix("places.")
        match = PlaceMatch.objects.filter(id=entry.subject).first() if what in _ASKING else None
        if match is not None and match.state == MatchState.OPEN:
            open_item(KIND, KIND, match.id, _who_knows(match), NODE, title=match.text, title_en=match.text)
        elif what == "shared":
            Desk.objects.filter(item__subject=entry.subject, item__kind=KIND, role="hospital_desk").update(open=False)
        elif what in _ANSWERS:
            cancelled = what == "withdrawn"
            end(KIND, entry.subject, NODE, outcome=what, state=WorkState.CANCELLED if cancelled else WorkState.DONE)


def _who_knows(match: PlaceMatch) -> list[DeskAt]:
    """The hospital's desk, and the CDC of the text's county or, where nobody sits there, of the hospital's."""
    first = match.mentions.select_related("organisation").order_by("id").first()
    counties = [f"area:{one}" for one in (match.area_code, county(first.organisation.area_code)) if one]
    seated = [scope for scope in counties if at_desk(scope, "epidemiologist").exists()]
    desks = [DeskAt(scope, "epidemiologist") for scope in (seated or counties)[:1]]
    return desks if match.shared else [DeskAt(first.organisation.scope, "hospital_desk"), *desks]
