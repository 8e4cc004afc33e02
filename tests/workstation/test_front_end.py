"""What the national front-end software drafted is silent here, whichever comes first, its export or the record."""

from __future__ import annotations

import pytest

from tests import apps
from yifang.apps.ledger.services import NODE
from yifang.apps.reporting.models import Suspicion, SuspicionState
from yifang.apps.work.models import WorkItem
from yifang.apps.workstation.services import front_end
from yifang.kernel.errors import UserError

pytestmark = pytest.mark.django_db
HEAD = "就诊号,病种,状态\n"


def take(county, text: str) -> tuple[int, int]:
    lines, wrong = front_end.read(HEAD + text)
    assert not wrong
    with apps.as_jobs():
        return front_end.take(county.hospital, lines, NODE)


def test_a_card_that_is_drafted_there_ends_the_question_here(county, child):
    assert take(county, "HFMD1,手足口病,已起草\n") == (1, 0)
    child.refresh_from_db()
    assert child.state == SuspicionState.TRACKED
    assert not WorkItem.objects.filter(subject=child.id, state="open").exists()
    assert take(county, "HFMD1,手足口病,已撤销\n") == (0, 1)
    child.refresh_from_db()
    assert child.state == SuspicionState.OPEN
    assert WorkItem.objects.filter(subject=child.id, state="open").exists()


def test_a_card_that_was_drafted_before_the_record_came(county):
    take(county, "HFMD1,hfmd,已上报\n")
    apps.receive(county.hospital, apps.hfmd())
    apps.deliver()
    assert Suspicion.objects.get().state == SuspicionState.TRACKED


def test_another_disease_or_visit_is_still_asked(county, child):
    assert take(county, "HFMD1,水痘,已起草\nHFMD9,手足口病,已起草\n") == (0, 0)
    child.refresh_from_db()
    assert child.state == SuspicionState.OPEN


def test_lines_that_cannot_be_read_are_named_and_the_others_taken():
    lines, wrong = front_end.read(HEAD + "V1,手足口病,已起草\n,手足口病,已起草\nV2,怪病,已起草\nV3,水痘,飞了\n")
    assert [one.visit for one in lines] == ["V1"]
    assert wrong == [(3, "就诊号", ""), (4, "病种", "怪病"), (5, "状态", "飞了")]


def test_a_file_without_its_columns():
    with pytest.raises(UserError) as refused:
        front_end.read("a,b\n1,2\n")
    assert refused.value.params["columns"] == ["就诊号", "病种", "状态"]
