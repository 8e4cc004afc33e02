"""Two writers at the same moment: the same person comes out once, whichever hospital was faster."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction

from tests import apps
from tests.records.people import THERE, child
from yifang.apps.ledger.services import NODE
from yifang.apps.records import services
from yifang.apps.records.models import Person, PersonPair, Record
from yifang.kernel.ids import new_id

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*works: Callable[[], object]) -> list[str]:
    """Run all of them in transactions of their own that overlap; the errors."""
    wrong: list[str] = []
    ready = threading.Barrier(len(works))

    def run(work: Callable[[], object]) -> None:
        try:
            for turn in range(3):  # as the intake does: a refused transaction is tried again
                try:
                    with transaction.atomic():
                        if turn == 0:
                            ready.wait(10)
                        work()
                    return
                except (IntegrityError, OperationalError):
                    continue
            wrong.append("gave up")
        except Exception as error:
            wrong.append(repr(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return wrong


def takes(where, *keys: str, **more) -> Callable[[], object]:
    records = [apps.hfmd(key, who=child(**more)) for key in keys]
    return lambda: services.receive(records, where, new_id(), NODE)


def test_one_hospital_twice() -> None:
    county = apps.county()
    assert at_once(takes(county.hospital, "A1"), takes(county.hospital, "A2")) == []
    assert Person.objects.count() == 1
    assert Record.objects.count() == 2


def test_one_number_at_two_hospitals() -> None:
    county, number = apps.county(), apps.id_no()
    both = (takes(county.hospital, "A1", number=number), takes(county.other_hospital, "B1", number=number, **THERE))
    assert at_once(*both) == []
    assert Person.objects.count() == 1


def test_two_hospitals_without_a_number_are_linked_afterwards() -> None:
    """Neither transaction saw the other's person: what the rules would have linked at once is linked by the ledger."""
    county = apps.county()
    assert at_once(takes(county.hospital, "A1"), takes(county.other_hospital, "B1")) == []
    apps.deliver()
    assert Person.objects.filter(merged_into=None).count() == 1
    assert Record.objects.values("person").distinct().count() == 1
    assert PersonPair.objects.count() <= 1
