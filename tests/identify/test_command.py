"""`yifang identify`: every input is accounted for, in the agreed words, without a database."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys

import pytest

from yifang.identify import command
from yifang.kernel.errors import UserError

KEYS = ["source", "index", "format", "status", "findings", "suspicions", "withheld", "issues"]


def run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    command.configure(parser)
    return command.run(parser.parse_args(words))


@pytest.fixture
def said(capsys):
    return lambda: [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_each_line_of_a_text_is_a_note(tmp_path, said):
    path = tmp_path / "notes.txt"
    path.write_text("患者发热38.9℃，咳嗽\n\n否认发热\r\n考虑麻疹\n", encoding="utf-8")
    assert run(str(path), "--text", "--json") == 0
    items = said()
    assert [item["index"] for item in items] == [0, 2, 3]
    assert all(list(item) == KEYS for item in items)
    assert {item["source"] for item in items} == {str(path)}
    fever = next(one for one in items[0]["findings"] if one["concept"] == "fever")
    assert (fever["start"], fever["end"], fever["text"], fever["assertion"]) == (2, 4, "发热", "present")
    assert [one["assertion"] for one in items[1]["findings"]] == ["absent"]
    assert [(one["disease"], one["confidence"]) for one in items[2]["suspicions"]] == [("measles", "moderate")]


def test_every_file_gives_at_least_one_object(tmp_path, said):
    (tmp_path / "b").mkdir()
    (tmp_path / "a.bin").write_bytes(bytes(range(256)))
    (tmp_path / "b" / "empty.hl7").write_bytes(b"")
    (tmp_path / "c.zip").write_bytes(b"PK\x03\x04broken")
    (tmp_path / "d.json").write_text("{", encoding="utf-8")
    assert run(str(tmp_path), "--json") == 0
    items = said()
    assert [item["source"] for item in items] == sorted(item["source"] for item in items)
    assert len({item["source"] for item in items}) == 4
    assert all(item["status"] == "refused" and item["issues"] for item in items)


def test_a_missing_path_is_one_clear_line(tmp_path):
    with pytest.raises(UserError) as error:
        run(str(tmp_path / "nowhere"), "--json")
    assert "nowhere" in error.value.render("zh")
    assert "\n" not in error.value.render("en")


def test_without_json_a_person_can_read_it(tmp_path, capsys):
    path = tmp_path / "notes.txt"
    path.write_text("考虑麻疹\n", encoding="utf-8")
    run(str(path), "--text")
    out = capsys.readouterr().out
    assert "measles" in out
    assert "麻疹" in out


def test_a_reader_that_leaves_is_no_error(tmp_path):
    path = tmp_path / "many.txt"
    path.write_text("发热3天\n" * 5000, encoding="utf-8")
    code = (
        "import argparse,sys; from yifang.identify import command; p=argparse.ArgumentParser(); command.configure(p);"
        f"sys.exit(command.run(p.parse_args([{str(path)!r}, '--text', '--json'])))"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 0
