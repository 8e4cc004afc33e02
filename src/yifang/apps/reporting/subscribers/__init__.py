"""What reporting does when the ledger says something; `register` is called once, in `AppConfig.ready`.

The order matters only for speed: each subscriber is idempotent and has its own cursor.
"""

from yifang.apps.ledger.subscriptions import subscribe


def register() -> None:
    """Subscribe all of them."""
    from yifang.apps.reporting.missed import samples
    from yifang.apps.reporting.subscribers import cards, cases, duplicates, elsewhere, persons, quality, suspicions

    subscribe("reporting.suspicions", suspicions.KINDS, suspicions.on_records, batch=6)
    subscribe("reporting.answers", cards.SUSPICION_KINDS, cards.on_answers)
    subscribe("reporting.matches", cards.MATCH_KINDS, cards.on_matches)
    subscribe("reporting.cards", cards.KINDS, cards.on_cards)
    subscribe("reporting.cases", cases.KINDS, cases.on_cards)
    subscribe("reporting.duplicates", duplicates.KINDS, duplicates.on_cards)
    subscribe("reporting.persons", persons.KINDS, persons.on_persons)
    subscribe("reporting.elsewhere", elsewhere.KINDS, elsewhere.on_national)
    subscribe("reporting.quality", quality.KINDS, quality.on_cards, later=True)
    subscribe("reporting.samples", samples.KINDS, samples.on_asked)
