"""The command line: wrong use is one line and exit 2; a bug is loud and exit 1."""

import subprocess
import sys

import pytest

from yifang import cli
from yifang.kernel.errors import UserError


def yifang(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "yifang.cli", *words]
    return subprocess.run(command, capture_output=True, text=True, env={"PATH": "/usr/bin:/bin", **environment})


@pytest.mark.parametrize(
    ("words", "environment", "says"),
    [
        ((), {}, "COMMAND"),
        (("identfy",), {}, "identfy"),
        (("run", "--port", "http"), {}, "--port"),
        (("run",), {"YIFANG_PORT": "http"}, "YIFANG_PORT"),
        (("run", "--colour", "red"), {}, "--colour"),
        (("backup",), {}, "file"),
        (("restore", "no-such-file"), {}, "no-such-file"),
        (("identify", "--no-such-option"), {}, "yifang identify"),
    ],
)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_wrong_use_is_one_line_and_exit_2(tmp_path, words, environment, says, lang):
    done = yifang(*words, **{"YIFANG_DATA": str(tmp_path / "data"), "YIFANG_LANG": lang, **environment})
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("words", [("--help",), ("run", "--help"), ("identify", "--help"), ("backup", "--help")])
def test_help_is_exit_0_and_makes_nothing(tmp_path, words):
    done = yifang(*words, YIFANG_DATA=str(tmp_path / "data"))
    assert (done.returncode, done.stderr) == (0, "")
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("raised", "code", "traceback"),
    [
        (UserError("node.backup_missing", path="x"), 2, False),
        (BrokenPipeError(), 0, False),
        (KeyboardInterrupt(), 130, False),
    ],
)
def test_what_a_command_raises_becomes_an_exit_code(monkeypatch, capfd, raised, code, traceback):
    def fail(name, words):
        raise raised

    monkeypatch.setattr(cli, "_run", fail)
    monkeypatch.setattr(cli.os, "dup2", lambda old, new: None)
    assert cli.main(["packs"]) == code
    assert ("x" in capfd.readouterr().err) is (code == 2)


def test_a_bug_stays_loud(monkeypatch):
    monkeypatch.setattr(cli, "_run", lambda name, words: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        cli.main(["packs"])


def test_pure_commands_load_neither_django_nor_the_database():
    code = (
        "import sys; from yifang import cli\n"
        "try: cli.main(['identify', '--help'])\n"
        "except SystemExit: pass\n"
        "print([name for name in ('django', 'psycopg', 'procrastinate') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "[]"
