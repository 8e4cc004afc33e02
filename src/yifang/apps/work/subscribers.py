"""What the earlier rooms say that somebody must act on: a broken glass waits for the answer of a second person."""

from collections.abc import Sequence

from yifang.apps.ledger.services import NODE
from yifang.apps.ledger.subscriptions import Heard, subscribe
from yifang.apps.work.models import WorkState
from yifang.apps.work.services import DeskAt, end, open_item
from yifang.kernel import protocols

GLASS = "glass_answer"


def register() -> None:
    """Called once, when the app is ready."""
    subscribe("work.glass", ["accounts.glass_broken", "accounts.glass_answered"], on_glass)
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
