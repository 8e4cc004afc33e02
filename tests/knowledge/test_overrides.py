"""A region changes single values by a file of its own, and the changed values point to the region's source."""

from __future__ import annotations

from pathlib import Path

import pytest

from yifang import knowledge

CITY = """
pack: diseases
source: {id: city_2027, text: 市疾控〔2027〕3号, confidence: LOW}
override:
  diseases:
    measles: {alert: {percentile: 85}}
    varicella: {statutory_class: C, statutory_name: 水痘}
    clonorchiasis: null
    legionellosis:
      {name: 军团菌病, statutory_name: null, en: Legionellosis, aliases: [], statutory_class: O, managed_as_A: false,
       report_hours: 24, case_classes: [confirmed], acute_chronic: not_applicable, icd10: [A48.1], codes: {},
       incubation_days: null, infectious_period: null, case_isolation: null, contact_observation_days: null,
       transmission: [aerosol], syndromes: [pneumonia], alert: {mode: none}}
"""


@pytest.fixture
def city(tmp_path: Path) -> Path:
    path = tmp_path / "10-city.yaml"
    path.write_text(CITY, encoding="utf-8")
    return path


def test_only_the_named_values_change(city: Path) -> None:
    shipped, local = knowledge.load(), knowledge.load([city])
    before, after = shipped.disease("measles"), local.disease("measles")
    assert (before.alert.percentile, after.alert.percentile) == (90, 85)
    assert after.alert.window_days == before.alert.window_days
    assert after.model_copy(update={"alert": before.alert}) == before
    assert local.disease("rubella") == shipped.disease("rubella")


def test_an_entry_is_removed_by_null_and_added_by_a_new_id(city: Path) -> None:
    local = knowledge.load([city])
    assert "clonorchiasis" not in local.diseases
    # and what looked for it
    assert "clonorchiasis" not in {rule.disease for rule in local.triggers.lab}
    assert len(local.triggers.lab) < len(knowledge.load().triggers.lab)
    assert local.disease("legionellosis").icd10 == ("A48.1",)
    assert len(local.diseases) == len(knowledge.load().diseases)


@pytest.mark.parametrize(
    ("place", "source", "confidence"),
    [
        (("diseases", "measles", "alert", "percentile"), "city_2027", "LOW"),
        (("diseases", "varicella", "statutory_class"), "city_2027", "LOW"),
        (("diseases", "legionellosis", "icd10"), "city_2027", "LOW"),
        (("diseases", "measles", "report_hours"), "report_rules_2026", "VERIFIED"),
    ],
)
def test_a_local_number_never_passes_as_the_national_one(
    city: Path, place: tuple[str, ...], source: str, confidence: str
) -> None:
    found = knowledge.load([city]).provenance("diseases", *place)
    assert (found.source, found.confidence) == (source, confidence)


def test_the_digest_names_what_is_in_force(city: Path) -> None:
    assert knowledge.load([city]).digest != knowledge.load().digest
    assert knowledge.load([city]).digest == knowledge.load([city]).digest
    assert len(knowledge.load().digest) == 64


def test_a_folder_is_read_by_name_and_the_last_file_wins(city: Path) -> None:
    (city.parent / "20-county.yaml").write_text(
        "pack: diseases\nsource: {id: county, text: 县文件, confidence: HIGH}\n"
        "override: {diseases: {measles: {alert: {percentile: 70}}}}\n",
        encoding="utf-8",
    )
    local = knowledge.load([city.parent])
    assert local.disease("measles").alert.percentile == 70
    assert local.provenance("diseases", "diseases", "measles", "alert", "percentile").source == "county"
    assert local.provenance("diseases", "diseases", "varicella", "statutory_class").source == "city_2027"


def test_loading_twice_gives_the_same_object() -> None:
    assert knowledge.load() is knowledge.load()


@pytest.mark.parametrize(
    ("pack", "override", "read"),
    [
        ("thresholds", "cluster: {cl_hfmd_class: {cases: 3}}", lambda k: k.thresholds.cluster[1].cases == 3),
        ("thresholds", "cidars: {min_cases: 3}", lambda k: k.thresholds.cidars.min_cases == 3),
        ("work", "kinds: {card_audit: {clock: {hours: 12}}}", lambda k: k.work.kind("card_audit").clock.hours == 12),
        ("triggers", "positive_values: [阳性]", lambda k: k.triggers.positive_values == ("阳性",)),
        ("immunization", "nip: {dtap_2025: {note: 省口径}}",
         lambda k: any(one.note == "省口径" for one in k.immunization.nip if one.schedule_id == "dtap_2025")),
        ("code_maps", "events: {'10490': {disease: legionella_x}}", None),
    ],
)  # fmt: skip
def test_any_pack_can_be_overridden(tmp_path: Path, pack: str, override: str, read: object) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(
        f"pack: {pack}\nsource: {{id: a, text: 文件, confidence: HIGH}}\noverride:\n  {override}\n", encoding="utf-8"
    )
    if read is None:
        with pytest.raises(knowledge.PackError):
            knowledge.load([path])
    else:
        assert callable(read)
        assert read(knowledge.load([path]))


def test_what_a_node_names_at_its_start_is_in_force_everywhere(tmp_path):
    from yifang import knowledge

    (tmp_path / "measles.yaml").write_text(
        "pack: diseases\nsource: {id: here, text: test, confidence: HIGH}\n"
        "override:\n  diseases:\n    measles: {report_hours: 6}\n",
        encoding="utf-8",
    )
    (tmp_path / "regions.csv").write_text("code,name,level,parent\n649921,禾澍县,county,649900\n", encoding="utf-8")
    try:
        knowledge.use([tmp_path])
        assert knowledge.load().disease("measles").report_hours == 6
        assert knowledge.load().regions["649921"].name == "禾澍县"
        assert knowledge.load(()).disease("measles").report_hours == 24
    finally:
        knowledge.use([])
    assert "649921" not in knowledge.load().regions


def test_a_division_of_the_wrong_level_is_named_with_its_line(tmp_path):
    import pytest

    from yifang import knowledge

    (tmp_path / "regions.csv").write_text("code,name,level,parent\n649921,禾澍县,city,649900\n", encoding="utf-8")
    with pytest.raises(knowledge.PackError) as wrong:
        knowledge.load([tmp_path])
    assert [(one.line, one.code) for one in wrong.value.problems] == [(2, "knowledge.region_row")]
