"""The third-party files are the ones the manifest names, each with its licence; a change is seen."""

import json
import shutil

import pytest

from yifang.web import vendor


def test_every_file_is_the_one_the_manifest_names():
    assert vendor.problems() == []


def test_htmx_stays_on_version_two():
    packages = json.loads((vendor.FOLDER / "manifest.json").read_text())["packages"]
    assert {package["name"]: package["version"].split(".")[:2] for package in packages}["htmx.org"] == ["2", "0"]


@pytest.fixture
def copy(tmp_path, monkeypatch):
    folder = tmp_path / "vendor"
    shutil.copytree(vendor.FOLDER, folder)
    monkeypatch.setattr(vendor, "FOLDER", folder)
    return folder


def _edit(folder):
    with (folder / "htmx/htmx.min.js").open("a") as file:
        file.write("\n")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_edit, "htmx/htmx.min.js: differs"),
        (lambda folder: (folder / "icons/LICENSE").unlink(), "icons/LICENSE: listed in manifest.json but missing"),
        (lambda folder: (folder / "extra.js").write_text(""), "extra.js: not in manifest.json"),
    ],
)
def test_a_change_is_named_and_fails_the_command(copy, capsys, change, said):
    change(copy)
    assert vendor.main(["check"]) == 1
    assert said in capsys.readouterr().err


def test_sealing_accepts_an_upgrade(copy):
    _edit(copy)
    assert vendor.main(["seal"]) == 0


def test_icons_are_added_to_those_there_are(copy, tmp_path, monkeypatch):
    monkeypatch.setattr(vendor, "SPRITE", copy / "icons/icons.svg")
    outline = tmp_path / "tabler" / "icons" / "outline"
    outline.mkdir(parents=True)
    for name in [*vendor.icon_names(), "zebra"]:
        (outline / f"{name}.svg").write_text(
            '<svg>\n  <path stroke="none" d="M0 0" fill="none" />\n  <path d="M1 2" />\n</svg>'
        )
    try:
        assert vendor.main(["icons", str(tmp_path / "tabler"), "zebra"]) == 0
        assert {"zebra", "clock"} <= vendor.icon_names()
        assert '<symbol id="zebra" viewBox="0 0 24 24"><path d="M1 2" /></symbol>' in vendor.SPRITE.read_text()
    finally:
        vendor.icon_names.cache_clear()
