"""A hospital's node that was off-line for a week: 50,000 ledger entries about 12,500 cards catch up with the district.

Both nodes have their own database in one PostgreSQL with its usual settings, and take turns in one process, so that one
core does the work of both: built from the records, sealed, signed, taken in, opened, people found, stored, receipted.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

Figure = tuple[str, float, str, float]
CARDS = int(os.environ.get("YIFANG_BENCH_RELAY_CARDS", "12500"))
_STEPS = ("approved", "entered", "late_explained", "entry_corrected")
_AREA = "310112"


def run() -> list[Figure]:
    """Seconds until the district has applied everything and the hospital knows it; entries a second of that."""
    folder = Path(tempfile.mkdtemp(prefix="yifang-relay-"))
    folder.chmod(0o711)
    os.environ |= {"YIFANG_DATA": str(folder), "YIFANG_DB_ROLE": "owner", "DATABASE_URL": ""}
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    from yifang.node import secrets
    from yifang.node.postgres import Embedded

    cluster = Embedded(folder, secrets.load(folder))
    cluster.start()
    try:
        return _measured(folder, cluster)
    finally:
        cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _measured(folder: Path, cluster: Any) -> list[Figure]:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from tests.relay.nodes import Node, pair
    from yifang.apps.accounts import grants
    from yifang.apps.relay.models import Outgoing

    call_command("migrate", interactive=False, verbosity=0)
    grants.apply()
    template = connection.settings_dict["NAME"]
    connection.close()
    hospital, district = (Node(name, name, _AREA, folder, cluster, template) for name in ("hospital", "district"))
    for node in (hospital, district):
        node.make()
        node.with_county()
    pair(hospital, district, ["H31011201"])
    _fill(hospital, CARDS)
    _alone(hospital)
    began = time.perf_counter()
    hospital.deliver()
    queued = time.perf_counter() - began
    entries = hospital.rows("SELECT count(*) FROM relay_outgoing")[0][0]
    began = time.perf_counter()
    while hospital.turn(district) | district.turn():
        pass
    took = time.perf_counter() - began
    with hospital.on():
        assert not Outgoing.objects.filter(batch__isnull=True).exists()
    assert district.rows("SELECT count(*) FROM reporting_card") == [(CARDS,)]
    assert hospital.rows("SELECT count(*) FROM relay_batch WHERE acked_at IS NULL") == [(0,)]
    assert district.rows("SELECT count(*) FROM ledger_entry WHERE facts ? 'seq'") == [(entries,)]
    for node in (hospital, district):
        node.close()
    return [
        (f"{entries} entries sealed and queued, while the link was cut", queued, "s", 600.0),
        (f"{entries} entries about {CARDS} cards caught up, both ends on one core", took, "s", 60.0),
        ("entries carried, applied and receipted", entries / took, "/s", 833.0),
    ]


def _alone(hospital: Any) -> None:
    """What a node does with its own cards besides is not what is measured here."""
    from yifang.apps.ledger import subscriptions
    from yifang.apps.ledger.models import Cursor

    with hospital.on():
        for name in subscriptions._subscribers:
            if not name.startswith("relay."):
                Cursor.objects.update_or_create(name=name, defaults={"seq": 10**12})


def _fill(hospital: Any, number: int) -> None:
    """Cards that the hospital's desk has sent on and entered, with a ledger entry for each of their steps."""
    from django.db import transaction

    from tests import apps
    from tests.reporting.cards import right
    from yifang.apps.accounts.visibility import show_many
    from yifang.apps.ledger.bulk import copy_in
    from yifang.apps.ledger.services import NODE, Change, append
    from yifang.apps.reporting import versions, visible
    from yifang.apps.reporting.models import Card
    from yifang.apps.reporting.services import cards as verbs
    from yifang.kernel import clock

    with hospital.on():
        home, doctor = hospital.county.hospital, hospital.county.users["clinician"]
        now = clock.now()
        for start in range(0, number, 2000):
            made, answers = [], []
            for place in range(start, min(start + 2000, number)):
                birth = date(2019, 1, 1) + timedelta(days=place // 400)
                said = right(f"钱{chr(0x4E00 + place % 20000)}", birth_date=birth.isoformat(),
                             id_no=apps.id_no(birth=birth, order=1 + place % 400))  # fmt: skip
                card = Card(organisation=home, card_no=f"B{place:07d}", doctor=doctor, department="儿科",
                            report_area=_AREA, created_at=now, state="submitted", reviewed_at=now, sent_version=1,
                            national_card_id=f"N{place:09d}", entered_at=now, entry_source="typed")  # fmt: skip
                verbs.apply(card, said)
                made.append(card)
                answers.append(said)
            with transaction.atomic():
                show_many([(visible.subject_of(one, now.date()), visible.of_card(one)) for one in made], new=True)
                copy_in(made)
                for card, said in zip(made, answers, strict=True):
                    versions.write(card, 1, said, NODE, reported=True)
                for step in _STEPS:
                    append(
                        [
                            Change(f"reporting.card_{step}", "card", card.id, facts={"state": card.state, "version": 1})
                            for card in made
                        ],
                        NODE,
                    )
