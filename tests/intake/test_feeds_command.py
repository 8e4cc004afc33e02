"""`yifang feeds …`: feeds made, given away before they are used, closed and opened; each step in the ledger."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest
from django.conf import settings

from tests import apps
from yifang.apps.intake import feeds_command, services
from yifang.apps.intake.models import Feed
from yifang.apps.ledger.models import Entry
from yifang.apps.ledger.services import NODE
from yifang.kernel.errors import UserError, WrongState

pytestmark = pytest.mark.django_db


@pytest.fixture
def county() -> apps.County:
    return apps.county()


@pytest.fixture
def yifang(county, capsys):
    def run(*words: str) -> str:
        parser = argparse.ArgumentParser()
        feeds_command.configure(parser)
        with apps.as_jobs():
            assert feeds_command.run(parser.parse_args(words)) == 0
        return capsys.readouterr().out

    return run


def test_a_feed_is_made_and_its_folder_named(yifang, county):
    said = yifang("add", "lis", "检验", "--organisation", "H31011201")
    feed = Feed.objects.get(code="lis")
    assert (feed.name, feed.organisation, feed.active) == ("检验", county.hospital, True)
    assert str(Path(settings.YIFANG.inbox) / "lis") in said
    assert Entry.objects.latest("id").kind == "intake.feed_made"


WRONG = {
    "taken": (("hospital-his",), "feed_taken"),
    "no code": (("../x",), "feed_code"),
    "outside": (("x", "--folder", "../../etc"), "feed_folder"),
    "absolute": (("x", "--folder", "/etc"), "feed_folder"),
    "another's folder": (("x", "--folder", "hospital-his"), "feed_folder"),
}


@pytest.mark.parametrize(("words", "code"), WRONG.values(), ids=WRONG)
def test_a_feed_that_will_not_do_is_refused(yifang, words, code):
    with pytest.raises(UserError) as refused:
        yifang("add", *words, "--organisation", "H31011201")
    assert refused.value.code == f"intake.{code}"


def test_an_organisation_that_is_not_there_is_refused(yifang):
    with pytest.raises(UserError, match="places import"):
        yifang("add", "x", "--organisation", "nobody")
    with pytest.raises(UserError, match="hospital-his"):
        yifang("close", "nobody")


def test_the_inbox_is_given_to_the_hospital_until_something_came_through_it(yifang, county):
    yifang("move", "inbox", "--organisation", "H31011201")
    feed = services.feed_by_code("inbox")
    assert feed.organisation == county.hospital
    assert Entry.objects.latest("id").facts["organisation"] == str(county.hospital.id)
    with apps.as_jobs():
        services.take_bytes(apps.hl7_report(), "a.hl7", feed, NODE)
    with pytest.raises(WrongState):
        yifang("move", "inbox", "--organisation", "H31011202")


def test_a_closed_feed_takes_nothing_and_is_listed_as_closed(yifang):
    yifang("close", "hospital-his")
    with pytest.raises(UserError):
        services.feed_by_code("hospital-his")
    told = {one["code"]: one for one in map(json.loads, yifang("list", "--json").splitlines())}
    assert (told["hospital-his"]["active"], told["inbox"]["active"]) == (False, True)
    assert "已停用" in yifang("list")
    yifang("open", "hospital-his")
    yifang("open", "hospital-his")
    assert services.feed_by_code("hospital-his").active
    kinds = Entry.objects.filter(kind__in=("intake.feed_closed", "intake.feed_opened")).order_by("id")
    assert list(kinds.values_list("kind", flat=True)) == ["intake.feed_closed", "intake.feed_opened"]
