"""A pack or override that is not right does not load, and says file, line, place, rule and mend: all of it at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from yifang import knowledge
from yifang.kernel.messages import LANGUAGES

PACKS = Path(knowledge.__file__).parent / "packs"
HEAD = "source: {id: here, text: 本市文件, confidence: HIGH}\n"


@pytest.fixture
def packs(tmp_path: Path) -> Path:
    """The shipped packs in a folder of their own; a test puts a spoilt file in the place of a link."""
    folder = tmp_path / "packs"
    folder.mkdir()
    for path in PACKS.iterdir():
        (folder / path.name).symlink_to(path)
    return folder


def spoil(path: Path, text: str) -> None:
    path.unlink()
    path.write_text(text, encoding="utf-8")


def problems_of(*overrides: Path, packs: Path = PACKS) -> list[knowledge.Problem]:
    with pytest.raises(knowledge.PackError) as refusal:
        knowledge.load(overrides, packs=packs)
    for lang in LANGUAGES:
        assert refusal.value.render(lang).count("\n") == len(refusal.value.problems)
    return list(refusal.value.problems)


@pytest.mark.parametrize(
    ("pack", "old", "new", "code", "place"),
    [
        ("diseases", "subtype_optional: true\n", "subtype_optionel: true\n", "knowledge.unknown_key",
         "diseases.plague.subtype_optionel"),
        ("diseases", "  en: Plague\n", "", "knowledge.missing_key", "diseases.plague.en"),
        ("diseases", "report_hours: 2\n", "report_hours: two\n", "knowledge.bad_value", "diseases.plague.report_hours"),
        ("diseases", "syndromes: [jaundice]", "syndromes: [jaundise]", "knowledge.broken_reference",
         "diseases.hepatitis_a.syndromes.0"),
        ("diseases", "programme: hiv\n", "programme: hivv\n", "knowledge.broken_reference",
         "diseases.hiv_aids.programme"),
        ("diseases", "vaccines: [hepb]", "vaccines: [hebp]", "knowledge.broken_reference",
         "diseases.hepatitis_b.vaccines.0"),
        ("triggers", "{id: lb_clonorchis, ", "{id: lb_rpr, ", "knowledge.duplicate_id", "lab.lb_rpr"),
        ("diseases", "  law: {source: law_2025}\n", "", "knowledge.missing_source", "law"),
        ("diseases", "  law: {source: law_2025}\n", "  law: {source: law_2052}\n", "knowledge.broken_reference",
         "provenance.law.source"),
        ("diseases", "  confidence: HIGH\n- id: cholera", "  confidence: SURE\n- id: cholera", "knowledge.bad_value",
         "diseases.plague.confidence"),
        ("triggers", "disease: novel_influenza, level: strong, urgent", "disease: bird_flu, level: strong, urgent",
         "knowledge.broken_reference", "lab.lb_h5_h7.disease"),
        ("triggers", "pair_with: lb_rpr", "pair_with: lb_prp", "knowledge.broken_reference", "lab.lb_tppa.pair_with"),
        ("syndromes", "rule: {any: [diarrhoea, rice_water]}", "rule: {any: [diarrhea, rice_water]}",
         "knowledge.broken_reference", "syndromes.acute_diarrhoea.rule.any.0"),
        ("thresholds", "disease: dengue, unit: county", "disease: dengue, unit: shire", "knowledge.bad_value",
         "event_report.er_dengue.unit"),
        ("resources", "expect: [er_cholera]", "expect: [er_chorela]", "knowledge.broken_reference",
         "scenarios.sc_cholera_single.expect.0"),
        ("resources", "area: '140602'", "area: '140699'", "knowledge.broken_reference",
         "beds_shuozhou.county.0.area"),
        ("visibility", "role: 护士", "role: 护土", "knowledge.broken_reference", "matrix.护土.role"),
        ("work", "role: grid_worker\n", "role: grid_walker\n", "knowledge.broken_reference", "kinds.grid_visit.role"),
        ("work", "    clock: {hours: 24}\n    legal: true\n", "    clock: {working_days: 1}\n    legal: true\n",
         "knowledge.bad_value", "kinds.card_review"),
        ("code_maps", "disease: anthrax}", "disease: antrax}", "knowledge.broken_reference", "events.10350.disease"),
    ],
)  # fmt: skip
def test_one_slip_is_named_with_its_line(packs: Path, pack: str, old: str, new: str, code: str, place: str) -> None:
    path = packs / f"{pack}.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    spoil(path, text.replace(old, new, 1))

    found = problems_of(packs=packs)

    assert [(one.code, one.place) for one in found] == [(code, place)]
    assert found[0].path.name == f"{pack}.yaml"
    lines = path.read_text(encoding="utf-8").split("\n")
    changed = text.split(old, 1)[0].count("\n") + 1
    if code == "knowledge.missing_source":
        assert lines[found[0].line - 1].startswith(place)
    else:  # a key that is missing is sought from the head of its entry, which stands a few lines above
        assert changed - 12 <= found[0].line <= changed + old.count("\n")


def test_a_near_word_is_offered(packs: Path) -> None:
    path = packs / "diseases.yaml"
    spoil(path, path.read_text("utf-8").replace("syndromes: [jaundice]", "syndromes: [jaundise]", 1))
    assert "jaundice" in problems_of(packs=packs)[0].render("zh")


def test_all_problems_of_all_files_come_at_once(packs: Path) -> None:
    for name in ("diseases", "triggers"):
        path = packs / f"{name}.yaml"
        spoil(path, path.read_text("utf-8").replace("disease: hfmd", "disease: hfdm").replace("  en: ", "  eng: "))
    found = problems_of(packs=packs)
    assert {one.path.name for one in found} == {"diseases.yaml", "triggers.yaml"}
    assert len(found) > 100


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("pack: diseases\nsource: [\n", "knowledge.unreadable", 3),
        ("pack: diseases\npack: diseases\n", "knowledge.unreadable", 2),
        ("pack: deseases\n" + HEAD + "override: {}\n", "knowledge.no_such_pack", 1),
        ("pack: diseases\noverride: {}\n", "knowledge.missing_source", 1),
        ("pack: diseases\nsource: {id: here, text: 文件}\noverride: {}\n", "knowledge.missing_key", 2),
        ("pack: diseases\n" + HEAD + "overide: {}\noverride: {}\n", "knowledge.unknown_key", 3),
        ("pack: diseases\n" + HEAD + "override:\n  diseases:\n    measles:\n      report_hours: soon\n",
         "knowledge.bad_value", 6),
        ("pack: diseases\n" + HEAD + "override:\n  diseases:\n    measles:\n      programme: measels\n",
         "knowledge.broken_reference", 6),
        ("pack: diseases\n" + HEAD + "override:\n  diseases:\n    measles:\n      alert: {percentil: 85}\n",
         "knowledge.unknown_key", 6),
    ],
)  # fmt: skip
def test_an_override_is_named_by_its_own_file_and_line(tmp_path: Path, text: str, code: str, line: int) -> None:
    path = tmp_path / "city.yaml"
    path.write_text(text, encoding="utf-8")
    found = problems_of(path)
    assert [(one.path.name, one.code, one.line) for one in found] == [("city.yaml", code, line)]


def test_what_is_not_there_is_said(tmp_path: Path, packs: Path) -> None:
    assert [one.code for one in problems_of(tmp_path / "none.yaml")] == ["knowledge.override_missing"]
    (packs / "work.yaml").unlink()
    assert [one.code for one in problems_of(packs=packs)] == ["knowledge.pack_missing"]


def test_bytes_that_are_no_text_are_said(tmp_path: Path) -> None:
    path = tmp_path / "city.yaml"
    path.write_bytes("pack: 病种".encode("gb18030"))
    assert [one.code for one in problems_of(path)] == ["knowledge.unreadable"]
