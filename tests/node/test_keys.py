"""`yifang keys rotate`: everything is sealed anew and opens as before, from wherever it was cut short."""

import argparse
from types import SimpleNamespace

import pytest
from django.apps import apps as django_apps
from django.conf import settings
from django.db import models

from tests import apps
from yifang.apps.accounts.keys import sealing
from yifang.apps.accounts.viewers import enter
from yifang.apps.ledger.models import Entry
from yifang.apps.records import identity
from yifang.apps.records.models import PersonIdentity
from yifang.apps.reporting import versions
from yifang.apps.reporting.models import Card, CardVersion
from yifang.apps.reporting.services import draft_blank
from yifang.kernel import protocols
from yifang.node import keys

pytestmark = pytest.mark.django_db


@pytest.fixture
def known():
    """Twelve people with their identities, by id."""
    county = apps.county()
    apps.receive(
        county.hospital, *(apps.hfmd(f"K{one}", who=apps.person(f"陈小{one}", order=one)) for one in range(1, 13))
    )
    return {row.person_id: identity.unseal(row.person_id, row.sealed) for row in PersonIdentity.objects.all()}


def stale() -> int:
    head = sealing().head
    return sum(not bytes(row.sealed).startswith(head) for row in PersonIdentity.objects.all())


def rotate() -> int:
    with apps.as_jobs():
        return keys.run(argparse.Namespace(config=SimpleNamespace(data=settings.YIFANG.data, lang="zh")))


def test_everything_opens_as_before_under_a_new_key(known, capsys):
    before = sealing().current
    with apps.listening() as heard:
        assert rotate() == 0
    assert sealing().current != before
    assert stale() == 0
    opened = {row.person_id: identity.unseal(row.person_id, row.sealed) for row in PersonIdentity.objects.all()}
    assert opened == known
    assert heard.kinds == ["node.keys_rotated", "node.keys_resealed"]
    assert heard.entries[1].facts["rows"]["records.PersonIdentity.sealed"] == 12
    assert f"新密钥 {sealing().current}" in capsys.readouterr().out
    assert "陈" not in str([one.facts for one in Entry.objects.all()])


def test_cut_short_it_goes_on_without_a_further_key(known, monkeypatch, capsys):
    monkeypatch.setattr(keys, "BATCH", 5)
    batches = []

    def until_the_second(column, after, limit):
        if limit == 5 and column.name == "records.PersonIdentity.sealed":
            batches.append(after)
            if len(batches) == 2:
                raise KeyboardInterrupt
        return whole(column, after, limit)

    whole = keys._batch
    monkeypatch.setattr(keys, "_batch", until_the_second)
    with apps.as_jobs():
        keys.new_key(settings.YIFANG.data)
    with pytest.raises(KeyboardInterrupt), apps.as_jobs():
        keys.reseal()
    monkeypatch.setattr(keys, "_batch", whole)
    # the test's one transaction took the first batch back with it; half of it is done again here
    with apps.as_jobs():
        for row in PersonIdentity.objects.order_by("person_id")[:5]:
            row.sealed = identity.seal(row.person_id, known[row.person_id])
            row.save(update_fields=["sealed"])
    current = sealing().current
    assert stale() == 7
    assert rotate() == 0
    assert (sealing().current, stale()) == (current, 0)
    assert "接着用" in capsys.readouterr().out


def test_a_row_that_does_not_open_is_named_and_left_as_it_is(known, capsys):
    row = PersonIdentity.objects.order_by("person_id")[4]
    broken = bytes(row.sealed)[:-1] + bytes([bytes(row.sealed)[-1] ^ 1])
    PersonIdentity.objects.filter(person_id=row.person_id).update(sealed=broken)
    assert rotate() == 1
    assert str(row.person_id) in capsys.readouterr().out
    assert rotate() == 1  # it bars no further rotation
    assert "新密钥" in capsys.readouterr().out
    assert bytes(PersonIdentity.objects.get(person_id=row.person_id).sealed) == broken
    assert stale() == 1


def test_every_sealed_column_is_known():
    columns = {
        f"{model._meta.app_label}.{model.__name__}.{one.name}"
        for model in django_apps.get_models()
        if model.__module__.startswith("yifang.")
        for one in model._meta.concrete_fields
        # what has a length is a digest, a keyed hash or a public key
        if isinstance(one, models.BinaryField) and one.max_length is None
    }
    between_nodes = {"relay.Batch.content", "relay.Arrival.content", "relay.Peer.receipt", "relay.Nonce.receipt"}
    assert columns - between_nodes == {one.name for one in protocols.sealed}


def test_the_digest_of_a_card_outlives_the_key(db):
    county = apps.county()
    with enter(county.viewer("clinician")) as doctor:
        draft_blank(doctor, {"name": "陈小宝"})
    version = CardVersion.objects.get(card=Card.objects.get())
    before, sealed = versions.digest(version), bytes(version.sealed)
    rotate()
    version.refresh_from_db()
    assert bytes(version.sealed) != sealed
    assert versions.digest(version) == before
