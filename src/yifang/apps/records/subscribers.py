"""What records does when the ledger says something; `register` is called once, in `AppConfig.ready`."""

from yifang.apps.ledger.subscriptions import subscribe


def register() -> None:
    """Subscribe all of them."""
    from yifang.apps.records import linking, merging

    subscribe("records.late", ("records.received",), merging.on_received)
    subscribe("records.linking", linking.KINDS, linking.on_people, batch=1, later=True)
    subscribe("records.merging", merging.KINDS, merging.on_pairs, batch=50)
    subscribe("records.pairs_seen", linking.SEEN_KINDS, linking.on_seen, later=True)
