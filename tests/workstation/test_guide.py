"""The guide's examples make the guide's link, and the guide's link is one that we read."""

from __future__ import annotations

import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from yifang.apps.workstation import links

GUIDE = (Path(__file__).parent.parent.parent / "docs" / "workstation.md").read_text()
VECTOR = dict(re.findall(r"^\| (key|secret|payload|link) \| `(.+)` \|$", GUIDE, re.M))
GIVEN = (VECTOR["key"], VECTOR["secret"], "D001", "MZ20261128001")
AT, NONCE = 1795855200, "7f3c9a52d1e84b06"


def example(language: str) -> str:
    found = re.search(rf"<!-- example: {language} -->\n```{language}\n(.+?)```", GUIDE, re.S)
    assert found
    return found[1]


def test_the_vector_is_a_link_that_we_read():
    links.verify_hmac(VECTOR["link"], VECTOR["secret"])
    asked = links.read(VECTOR["link"], datetime.fromtimestamp(AT, UTC))
    assert (asked.doctor, asked.visit, asked.nonce) == ("D001", "MZ20261128001", NONCE)


def test_the_example_in_python():
    space: dict[str, object] = {}
    exec(example("python"), space)
    assert space["link"](*GIVEN, AT, NONCE) == VECTOR["link"]


@pytest.mark.skipif(shutil.which("node") is None, reason="no node")
def test_the_example_in_javascript():
    program = f"{example('javascript')}\nprocess.stdout.write(link({', '.join(map(repr, GIVEN))}, {AT}, {NONCE!r}))"
    assert _run(["node", "-e", program]) == VECTOR["link"]


@pytest.mark.skipif(shutil.which("javac") is None, reason="no javac")
def test_the_example_in_java(tmp_path):
    words = ", ".join(f'"{one}"' for one in GIVEN)
    call = f'System.out.print(Link.link({words}, {AT}L, "{NONCE}"));'
    main = f"class Main {{ public static void main(String[] words) throws Exception {{ {call} }} }}"
    (tmp_path / "Main.java").write_text(f"{example('java')}\n{main}\n")
    subprocess.run(["javac", "-d", str(tmp_path), str(tmp_path / "Main.java")], check=True)
    assert _run(["java", "-cp", str(tmp_path), "Main"]) == VECTOR["link"]


def test_no_link_is_written_into_a_log():
    from yifang.node.logs import without_links

    told = without_links(None, "error", {"event": f"Internal Server Error: /w/{VECTOR['link']}"})
    assert told["event"] == "Internal Server Error: /w/…"


def _run(command: list[str]) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
