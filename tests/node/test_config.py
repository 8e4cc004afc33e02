"""Settings: flag, environment, yifang.toml, default; a wrong value says what, where and how to mend."""

import re
from pathlib import Path

import pytest

from yifang.kernel.errors import ConfigError
from yifang.node import config, docs, states

ROOT = Path(__file__).parents[2]
APPS = ROOT / "src/yifang/apps"


@pytest.mark.parametrize(
    ("flag", "environment", "file", "port"),
    [
        (None, None, None, 8000),
        (None, None, 8001, 8001),
        (None, "8002", 8001, 8002),
        ("8003", "8002", 8001, 8003),
        ("8003", None, None, 8003),
    ],
)
def test_the_nearer_place_wins(tmp_path, flag, environment, file, port):
    if file:
        (tmp_path / "yifang.toml").write_text(f"port = {file}\n")
    environ = {"YIFANG_PORT": environment} if environment else {}
    assert config.load({"port": flag}, environ, tmp_path).port == port


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({"YIFANG_PORT": "http"}, "1 to 65535"),
        ({"YIFANG_PORT": "70000"}, "1 to 65535"),
        ({"YIFANG_ROLE": "county"}, "hospital, district, city, province"),
        ({"YIFANG_AREA": "31011"}, "GB/T 2260"),
        ({"YIFANG_ZONE": "Shanghai"}, "Asia/Shanghai"),
        ({"YIFANG_DEMO": "maybe"}, "1 or 0"),
        ({"YIFANG_CIPHER": "rot13"}, "sm4-gcm"),
        ({"YIFANG_WEB_THREADS": "0"}, "1 to 64"),
        ({"YIFANG_SHARED": "/nowhere/at/all"}, "no such folder"),
        ({"DATABASE_URL": "mysql://a:b@c/d"}, "postgresql://"),
        ({"DATABASE_URL": "postgresql://a:b@c"}, "postgresql://"),
        ({"DATABASE_URL": "postgresql://a:b@c:port/d"}, "postgresql://"),
    ],
)
def test_a_wrong_value_names_the_setting_and_the_rule(tmp_path, environment, says):
    with pytest.raises(ConfigError) as wrong:
        config.load({}, environment, tmp_path)
    (name,) = environment
    english, chinese = wrong.value.render("en"), wrong.value.render("zh")
    assert name in english
    assert says in english
    assert name in chinese
    assert chinese != english


@pytest.mark.parametrize(
    ("text", "says"),
    [("prot = 8000", "prot"), ("port = ", "TOML"), ("port = 99999", "yifang.toml")],
)
def test_a_wrong_file_is_named(tmp_path, text, says):
    (tmp_path / "yifang.toml").write_text(text)
    with pytest.raises(ConfigError) as wrong:
        config.load({}, {}, tmp_path)
    assert says in wrong.value.render("en")


def test_paths_of_the_file_are_relative_to_it(tmp_path):
    (tmp_path / "yifang.toml").write_text('data = "here"\nhosts = ["a", "b"]\nhttps = true\n')
    loaded = config.load({}, {}, tmp_path)
    assert (loaded.data, loaded.inbox) == (tmp_path / "here", tmp_path / "here" / "inbox")
    assert (loaded.hosts, loaded.https) == (("a", "b"), True)


def test_a_child_process_loads_the_same_settings(tmp_path):
    told = {
        "YIFANG_PORT": "9",
        "YIFANG_DATA": "/d",
        "YIFANG_AREA": "310112",
        "YIFANG_HTTPS": "1",
        "YIFANG_HOSTS": "a,b",
    }
    ours = config.load({}, told, tmp_path)
    assert config.load({}, ours.environment(), tmp_path / "elsewhere") == ours


def test_every_setting_is_documented():
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("|")]
    for setting in config.SETTINGS:
        assert any(f"`{setting.env}`" in row and f"`{setting.flag}`" in row for row in rows), setting.env


def test_every_part_made_from_code_is_in_step():
    for (file, name), make in docs.PARTS.items():
        page = (ROOT / file).read_text(encoding="utf-8")
        assert docs.in_step(page, name, make()) == page, f"{file}: run ./dev docs"


def test_every_table_of_transitions_is_drawn():
    tables = {
        (path.relative_to(APPS).parts[0], name)
        for path in (*APPS.glob("*/models.py"), *APPS.glob("*/models/*.py"))
        for name in re.findall(r"^(\w*TRANSITIONS) = ", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert {(app, table) for _title, app, _states, table in states.MACHINES} == tables


def test_every_variable_that_the_code_reads_is_documented():
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    read = set()
    for path in (ROOT / "src").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if "environ" in text:
            read |= set(re.findall(r'"(YIFANG_[A-Z_]+)"', text))
    assert "YIFANG_DB_ROLE" in read
    assert sorted(name for name in read if f"`{name}`" not in page) == []
