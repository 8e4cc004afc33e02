"""`yifang packs check | show | diff`."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from yifang import knowledge
from yifang.knowledge import command

OVERRIDE = """
pack: diseases
source: {id: city_2027, text: 市疾控〔2027〕3号, confidence: HIGH}
override: {diseases: {polio: {report_hours: 2}, clonorchiasis: null}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "city.yaml").write_text(OVERRIDE, encoding="utf-8")
    return tmp_path


def yifang_packs(*words: str) -> int:
    parser = argparse.ArgumentParser()
    command.configure(parser)
    return command.run(parser.parse_args(words))


def test_check_prints_every_pack_and_the_digest(capsys: pytest.CaptureFixture[str]) -> None:
    assert yifang_packs("check") == 0
    out = capsys.readouterr().out
    assert knowledge.load().digest in out
    assert len(out.splitlines()) == len(knowledge.load().packs) + 1


def test_check_of_a_wrong_override_is_exit_2_without_a_traceback(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "city.yaml").write_text(OVERRIDE.replace("polio", "pollio"), encoding="utf-8")
    assert yifang_packs("check", "--override", str(folder), "--lang", "en") == 2
    err = capsys.readouterr().err
    assert "city.yaml:4 diseases.pollio:" in err
    assert "polio" in err.replace("pollio", "")
    assert "Traceback" not in err


def test_show_prints_an_entry_and_where_its_values_come_from(capsys: pytest.CaptureFixture[str]) -> None:
    assert yifang_packs("show", "diseases", "measles") == 0
    out = capsys.readouterr().out
    assert "name: 麻疹" in out
    assert "report_hours: VERIFIED [report_rules_2026]" in out


def test_show_prints_a_part_by_its_dotted_place(capsys: pytest.CaptureFixture[str]) -> None:
    assert yifang_packs("show", "thresholds", "cidars.history") == 0
    assert "years: 5" in capsys.readouterr().out


def test_show_of_what_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert yifang_packs("show", "diseases", "measels") == 2
    assert "measels" in capsys.readouterr().err


def test_diff_names_each_value_and_its_source(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert yifang_packs("diff", "shipped", str(folder)) == 0
    out = capsys.readouterr().out.splitlines()
    assert "diseases.diseases.polio.report_hours: 24 → 2  [city_2027, HIGH]" in out
    assert all("polio.report_hours" in line or "clonorch" in line for line in out)
    assert any("clonorchiasis.name: 肝吸虫病 → —" in line for line in out)


def test_diff_of_the_same_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert yifang_packs("diff", "shipped", "shipped", "--lang", "en") == 0
    assert capsys.readouterr().out == "No value differs.\n"


def test_diff_with_a_missing_folder(capsys: pytest.CaptureFixture[str]) -> None:
    assert yifang_packs("diff", "shipped", "/nowhere/at/all") == 2
    assert "/nowhere/at/all" in capsys.readouterr().err
