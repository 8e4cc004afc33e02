"""What must hold once two nodes have come to rest: nothing lost, nothing doubled, in order, and both say the same."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

from tests.relay.nodes import Node
from yifang.apps.care.models import Matter
from yifang.apps.ledger.models import Entry, Seal
from yifang.apps.relay.models import Outgoing, Peer, Waiting
from yifang.apps.reporting import versions
from yifang.apps.reporting.models import Card, Case

_CARD = ("state", "reason", "disease", "case_class", "residence_area", "onset_date", "diagnosed_at", "national_card_id",
         "entered_at", "reviewed_at", "audited_at", "card_no", "late_reason")  # fmt: skip
_CASE = (
    "disease",
    "case_class",
    "onset_date",
    "diagnosed_at",
    "entered_on",
    "audited_on",
    "excluded",
    "sex",
    "age_days",
)


def same_cards(hospital: Node, district: Node) -> None:
    """Every card that was sent on stands at both, once, alike: state, steps, versions and the answers in force."""
    here, there = _cards(hospital), _cards(district)
    assert here.keys() == there.keys()
    for id, said in here.items():
        assert said == there[id], id


def same_cases(district: Node, city: Node) -> None:
    """Every case of the district stands at the city, once, alike but for who it is."""
    here, there = _cases(district), _cases(city)
    assert here == there


def same_matters(hospital: Node, district: Node) -> None:
    """Every whistle stands at both, with the same steps and answers, and waits for the same."""
    assert _matters(hospital) == _matters(district)


def same_steps(sender: Node, receiver: Node) -> None:
    """Each step that was queued for the receiver was taken there once, and each subject's in their order."""
    sender_id = _node(sender)
    with receiver.on():
        sealed = dict(Seal.objects.filter(stream="change").values_list("entry_id", "seq"))
        node = sender_id
        taken = [
            (str(one.subject), one.facts["seq"])
            for one in sorted(Entry.objects.filter(facts__node=node, facts__has_key="seq", subject_kind="card"),
                              key=lambda one: sealed.get(one.id, 1 << 60))
        ]  # fmt: skip
        assert not Waiting.objects.exists()
    with sender.on():
        peer = Peer.objects.get(node=_node(receiver))
        rows = Outgoing.objects.filter(peer=peer, kind="card").values_list("subject", "seq")
        queued = [(str(subject), seq) for subject, seq in rows]
    assert Counter(taken) == Counter(queued)
    order: dict[str, list[int]] = defaultdict(list)
    for subject, seq in taken:
        order[subject].append(seq)
    assert all(seqs == sorted(seqs) for seqs in order.values())


def _node(node: Node) -> str:
    from yifang.apps.relay.keys import node_keys

    with node.on():
        return node_keys().node


def _cards(node: Node) -> dict[Any, Any]:
    with node.on():
        found = {}
        for card in Card.objects.filter(reviewed_at__isnull=False):
            sent = card.versions.filter(reported=True, number__lte=card.sent_version)
            found[card.id] = (
                {name: getattr(card, name) for name in _CARD},
                sorted(str(one.id) for one in sent),
                str(versions.in_force(card).id),
                versions.answers_of(versions.in_force(card)),
            )
        return found


def _matters(node: Node) -> dict[Any, Any]:
    with node.on():
        found = {}
        for one in Matter.objects.filter(kind="whistle"):
            steps = one.steps.select_related("response").order_by("id")
            told = [(step.id, step.step, step.role, step.response and step.response.answers) for step in steps]
            found[one.id] = (told, sorted(one.waiting), one.state, one.outcome)
        return found


def _cases(node: Node) -> dict[Any, Any]:
    with node.on():
        return {case.id: {name: getattr(case, name) for name in _CASE} for case in Case.objects.all()}
