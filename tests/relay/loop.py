"""Steps of the loop on a node of its own: what a doctor, a desk, a district does there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from tests.relay.nodes import Node
from tests.reporting import cards
from yifang.apps.accounts.viewers import enter
from yifang.apps.reporting import services
from yifang.apps.reporting.models import Card
from yifang.kernel import clock


def do(node: Node, who: str, step: Callable[[Any], Any]) -> Any:
    """A step of somebody of the cast, on that node."""
    assert node.county is not None
    with node.on():
        viewer = node.county.viewer(who)
        with enter(viewer):
            return step(viewer)


def reported(hospital: Node, **changes: Any) -> Card:
    """A card that its doctor has reported: it waits for the hospital's desk."""

    def step(viewer: Any) -> Card:
        card = services.draft_blank(viewer)
        services.save_draft(card.id, cards.right(**changes), viewer)
        return services.report(card.id, viewer)

    card: Card = do(hospital, "clinician", step)
    return card


def submitted(hospital: Node, **changes: Any) -> Card:
    """A card that the hospital's desk has sent on and entered."""
    card = reported(hospital, **changes)
    hospital.deliver()
    sent: Card = do(
        hospital, "hospital_desk",
        lambda viewer: services.approve(
            card.id, viewer, national_card_id=cards.number(card), entered_at=clock.now(), late_reason="网络故障"
        ),
    )  # fmt: skip
    return sent


def at(node: Node, card_id: UUID) -> Card | None:
    """The card as that node has it."""
    with node.on():
        return Card.objects.select_related("organisation", "person", "case").filter(id=card_id).first()
