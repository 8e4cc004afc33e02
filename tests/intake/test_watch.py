"""What lies in a feed's folder is taken when it is whole, and laid aside; nothing is deleted."""

import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from tests import apps
from yifang.apps.accounts.viewers import enter
from yifang.apps.intake import jobs, services
from yifang.apps.intake.models import Batch, BatchState, Feed, Quarantined
from yifang.apps.records.models import Record

pytestmark = pytest.mark.django_db


@pytest.fixture
def inbox(settings, tmp_path) -> Path:
    settings.YIFANG = replace(settings.YIFANG, inbox=tmp_path)
    return tmp_path


@pytest.fixture
def county() -> apps.County:
    return apps.county()


def look() -> list[Batch]:
    with apps.as_jobs():
        return jobs.Watcher().look()


def names(folder: Path) -> set[str]:
    return {str(one.relative_to(folder)) for one in folder.rglob("*") if one.is_file()}


def test_a_file_in_a_feeds_folder_belongs_to_the_feed(county, inbox):
    folder = inbox / "hospital-his" / "2026"
    folder.mkdir(parents=True)
    (folder / "a.hl7").write_bytes(apps.hl7_report())
    (batch,) = look()
    assert (batch.feed, batch.state, batch.records) == (county.feeds["hospital"], BatchState.DONE, 1)
    assert batch.name == "2026/a.hl7"
    day = jobs.clock.today().isoformat()
    assert names(inbox / "hospital-his") == {f"taken/{day}/2026/a.hl7"}


def test_a_file_in_the_inbox_itself_belongs_to_the_nodes_own_feed(inbox):
    (inbox / "a.hl7").write_bytes(apps.hl7_report())
    (batch,) = look()
    assert batch.feed.code == "inbox"
    assert Record.objects.get().organisation.code == "NODE"


def test_a_feed_made_a_moment_ago_gets_what_lies_in_its_folder(county, inbox):
    with apps.as_jobs():
        watcher = jobs.Watcher()
        watcher.look()
        feed = Feed.objects.create(code="new", name="新", organisation=county.other_hospital, folder="new")
        (inbox / "new").mkdir()
        (inbox / "new" / "a.hl7").write_bytes(apps.hl7_report())
        (batch,) = watcher.look()
    assert batch.feed == feed


def test_what_is_taken_is_not_taken_again(county, inbox):
    (inbox / "a.hl7").write_bytes(apps.hl7_report())
    assert len(look()) == 1
    assert look() == []


def test_two_files_of_one_name_lie_beside_each_other(county, inbox):
    for key in ("R1", "R2"):
        (inbox / "a.hl7").write_bytes(apps.hl7_report(key))
        look()
    assert len(names(inbox / "taken")) == 2


@pytest.mark.parametrize("name", [".a.hl7", "a.hl7.part", "a.hl7.tmp"])
def test_unfinished_names_are_left_alone(inbox, name):
    (inbox / name).write_bytes(apps.hl7_report())
    assert look() == []
    (inbox / name).rename(inbox / "a.hl7")
    assert len(look()) == 1


def test_a_file_that_is_still_written_is_left_alone(inbox):
    report = apps.hl7_report()
    with (inbox / "a.hl7").open("wb") as writer:
        writer.write(report[:60])
        writer.flush()
        assert look() == []
        writer.write(report[60:])
    (batch,) = look()
    assert (batch.records, batch.refused) == (1, 0)


def test_where_the_system_cannot_say_who_writes_a_file_must_lie_still(inbox, monkeypatch):
    monkeypatch.setattr(jobs, "_is_written", lambda path: None)
    path = inbox / "a.hl7"
    path.write_bytes(apps.hl7_report())
    assert look() == []
    os.utime(path, (time.time() - 5, time.time() - 5))
    assert len(look()) == 1


def test_an_empty_file_is_given_time_and_then_quarantined(inbox):
    path = inbox / "a.hl7"
    path.touch()
    assert look() == []
    os.utime(path, (time.time() - 60, time.time() - 60))
    (batch,) = look()
    assert batch.refused == 1


def test_a_file_that_cannot_be_opened_is_quarantined_with_the_reason(inbox, monkeypatch):
    (inbox / "a.hl7").write_bytes(apps.hl7_report())

    def refuse(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(services, "take_path", refuse)
    look()
    assert Quarantined.objects.get().code == "intake.unopened"
    assert names(inbox) == {"a.hl7"}  # it stays where it is


def test_one_file_that_fails_does_not_hold_up_the_others(inbox, monkeypatch):
    (inbox / "a.hl7").write_bytes(b"x")
    (inbox / "b.hl7").write_bytes(apps.hl7_report())
    take = services.take_path

    def fail_on_a(path, *args, **kwargs):
        if path.name == "a.hl7":
            raise ZeroDivisionError
        return take(path, *args, **kwargs)

    monkeypatch.setattr(services, "take_path", fail_on_a)
    assert [batch.name for batch in look()] == ["b.hl7"]
    assert "a.hl7" in names(inbox)


def test_an_upload_opens_its_batch_at_once_and_goes_through_the_folder(county, inbox):
    desk = county.viewer("hospital_desk")
    with enter(desk):
        batch = services.upload(county.feeds["hospital"], "化验单.hl7", apps.hl7_report(), desk)
        assert batch.state == BatchState.RECEIVING
    (path,) = (inbox / "hospital-his").iterdir()
    assert path.stat().st_mode & 0o077 == 0
    (taken,) = look()
    assert (taken.id, taken.state, taken.name, taken.records) == (batch.id, BatchState.DONE, "化验单.hl7", 1)


def test_the_same_upload_again_is_the_batch_there_is(county, inbox):
    desk, report = county.viewer("hospital_desk"), apps.hl7_report()
    with enter(desk):
        first = services.upload(county.feeds["hospital"], "a.hl7", report, desk)
    look()
    with enter(desk):
        again = services.upload(county.feeds["hospital"], "b.hl7", report, desk)
    assert (again.id, again.state) == (first.id, BatchState.DONE)
    assert look() == []
