"""`yifang intake PATH…`: every file accounted for, what is wrong with the call told in one line."""

import argparse
import json
from pathlib import Path

import pytest
from django.conf import settings

from tests import apps
from yifang.apps.intake import command
from yifang.apps.intake.models import Quarantined
from yifang.kernel.errors import UserError

pytestmark = pytest.mark.django_db


def run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    command.configure(parser)
    args = parser.parse_args(words)
    args.config = settings.YIFANG
    with apps.as_jobs():
        return command.run(args)


@pytest.fixture
def folder(tmp_path) -> Path:
    (tmp_path / "below").mkdir()
    (tmp_path / "a.hl7").write_bytes(apps.hl7_report("R1"))
    (tmp_path / "below" / "b.hl7").write_bytes(apps.hl7_report("R2") + apps.hl7_report("R3"))
    (tmp_path / "c.bin").write_bytes(bytes(range(256)))
    return tmp_path


def test_a_folder_is_taken_with_all_that_is_in_it(folder, capsys):
    assert run(str(folder), "--json") == 0
    lines = {Path(one["source"]).name: one for one in map(json.loads, capsys.readouterr().out.splitlines())}
    assert {name: (one["items"], one["records"], one["quarantined"]) for name, one in lines.items()} == {
        "a.hl7": (1, 1, 0),
        "b.hl7": (2, 2, 0),
        "c.bin": (1, 0, 1),
    }
    assert sum(lines["c.bin"]["reasons"].values()) == Quarantined.objects.count() == 1


def test_the_summary_names_files_and_reasons(folder, capsys):
    run(str(folder))
    out = capsys.readouterr().out
    assert "合计 3 个文件、4 条，经数据源 inbox：存入 3，重复 0，隔离 1。" in out
    assert Quarantined.objects.get().code in out
    assert "b.hl7" in out


def test_sent_twice_nothing_doubles(folder, capsys):
    run(str(folder))
    capsys.readouterr()
    assert run(str(folder), "--json") == 0
    assert all(json.loads(line)["again"] for line in capsys.readouterr().out.splitlines())
    assert Quarantined.objects.count() == 1


def test_a_path_given_twice_is_taken_once(folder, capsys):
    run(str(folder / "a.hl7"), str(folder / "a.hl7"), "--json")
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_a_missing_path_is_told_before_anything_is_taken(folder):
    with pytest.raises(UserError, match="no file or folder"):
        run(str(folder), str(folder / "nothing"))
    assert not Quarantined.objects.exists()


def test_an_unknown_feed_is_told_with_those_there_are(folder):
    apps.county()
    with pytest.raises(UserError, match="hospital-his, other_hospital-his"):
        run(str(folder), "--feed", "nobody")


def test_a_feed_is_chosen_by_its_code(folder, capsys):
    county = apps.county()
    run(str(folder / "c.bin"), "--feed", "hospital-his")
    assert Quarantined.objects.get().organisation == county.hospital
