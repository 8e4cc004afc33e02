"""The packs that ship: they load, they are the facts of `shared/domain`, and every value has a source."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from yifang import knowledge
from yifang.kernel import areas
from yifang.kernel.errors import NotFound
from yifang.knowledge.models import PACKS
from yifang.knowledge.reading import identity

K = knowledge.load()
# What we added to the facts of a domain file: whole parts, and entries that name one of these sources.
ADDED_PARTS = {
    "triggers": {
        "interruption",
        "case_classes",
        "follow_up",
        "pneumonia_criteria",
        "clinic_clusters",
        "told",
        "critical_results",
    },
    "syndromes": {"told"},
    "national_system": {"front_end"},
}
ADDED_SOURCES = frozenset({"house", "diagnosis_standards"})
# What we changed in an entry of a domain file: pack, entry, and the fields as they are now.
CHANGED: dict[str, dict[str, dict[str, Any]]] = {
    "triggers": {
        "lb_dengue": {"names": ["登革NS1", "登革热NS1抗原", "登革病毒核酸"]},  # IgM alone confirms nothing
        "dr_hiv": {"no_reroute": ["恩曲他滨"]},  # not used against hepatitis B
        "nr_prophylaxis": {
            "when": {
                "icd10": ["Z20", "Z29"],
                "terms": ["PEP", "PrEP", "职业暴露", "暴露前预防", "暴露后预防", "预防性治疗", "预防性用药", "预防用药",
                          "预防性措施", "TPT"],
            }
        },
    }
}  # fmt: skip
OWN = {"code_maps", "spellings", "calendar", "work", "linkage", "surveillance", "quality", "registers", "forms",
       "matters", "reminders"}  # fmt: skip
FROM_DOMAIN = sorted(set(PACKS) - OWN)


def test_the_statutory_list_counts_as_the_law_says() -> None:
    names: dict[str, set[str]] = {"A": set(), "B": set(), "C": set()}
    for disease in K.diseases.values():
        if disease.is_statutory:
            assert disease.statutory_name is not None, disease.id
            names[disease.statutory_class].add(disease.statutory_name)
    assert {letter: len(found) for letter, found in names.items()} == K.diseases_pack.law.classes


@pytest.mark.parametrize("name", sorted(PACKS))
def test_every_value_of_a_pack_has_a_source(name: str) -> None:
    raw = K.raw[name]
    sources = {source["id"] for source in raw["meta"]["sources"]}
    places = list(_places({key: part for key, part in raw.items() if key not in ("meta", "provenance")}, ()))
    assert places
    for place in places:
        assert K.provenance(name, *place).source in sources, place


@pytest.mark.parametrize("name", sorted(PACKS))
def test_every_provenance_rule_speaks_of_something(name: str) -> None:
    raw = K.raw[name]
    content = {key: part for key, part in raw.items() if key not in ("meta", "provenance")}
    for rule in raw["provenance"]:
        assert _exists(content, rule.split(".")), f"{name}: {rule}"


@pytest.mark.parametrize("name", sorted(PACKS))
def test_every_source_is_used(name: str) -> None:
    raw = K.raw[name]
    content = yaml.safe_dump({key: part for key, part in raw.items() if key != "meta"})
    for source in raw["meta"]["sources"]:
        assert f"source: {source['id']}\n" in content, f"{name}: {source['id']}"


@pytest.mark.parametrize("name", FROM_DOMAIN)
def test_a_shipped_pack_says_what_the_domain_file_says(name: str, shared: Path) -> None:
    """Only where a fact comes from was rewritten; a change of a fact must be made on purpose, here too."""
    path = shared / "domain" / ("codes/codes.yaml" if name == "codes" else f"{name}.yaml")
    domain = yaml.safe_load(path.read_text(encoding="utf-8"))
    ours = yaml.safe_load((Path(knowledge.__file__).parent / "packs" / f"{name}.yaml").read_text(encoding="utf-8"))
    moved = {**domain.pop("meta"), **domain}
    said = _bare(_with_changed(moved, CHANGED.get(name, {})))
    for key, value in _bare(_without_added(ours)).items():
        if key not in ("meta", "provenance") and key not in ADDED_PARTS.get(name, ()):
            assert value == said[key], f"{name}.{key}"
    assert set(domain) <= set(ours)


def test_nothing_is_more_certain_than_the_domain_file_says(shared: Path) -> None:
    domain = yaml.safe_load((shared / "domain" / "diseases.yaml").read_text(encoding="utf-8"))
    for entry in domain["diseases"]:
        ours = K.disease(entry["id"]).confidence
        assert ours == entry["confidence"].upper(), entry["id"]


def test_the_law_carries_other_certainty_than_planning_figures() -> None:
    hours = K.provenance("diseases", "diseases", "hfrs", "report_hours")
    incubation = K.provenance("diseases", "diseases", "hfrs", "incubation_days")
    assert (hours.source, hours.confidence) == ("report_rules_2026", "VERIFIED")
    assert (incubation.source, incubation.confidence) == ("clinical_knowledge", "MEDIUM")


@pytest.mark.parametrize(
    ("disease", "subtype", "hours", "class_a_like", "watched_singly"),
    [
        ("plague", None, 2, True, True),
        ("sars", None, 2, True, True),
        ("anthrax", None, 24, False, True),
        ("anthrax", "anthrax_inhalational", 2, True, True),
        ("anthrax", "anthrax_cutaneous", 24, False, True),
        ("measles", None, 24, False, False),
        ("covid19", None, 24, False, False),
        ("unknown_pneumonia", None, 2, False, True),
    ],
)
def test_limits_of_a_disease(
    disease: str, subtype: str | None, hours: int, class_a_like: bool, watched_singly: bool
) -> None:
    found = K.disease(disease).for_subtype(subtype)
    assert (found.report_hours, found.is_class_a_like, found.is_watched_singly) == (hours, class_a_like, watched_singly)
    assert found.is_urgent == (hours <= 2)


def test_an_unknown_disease_is_named() -> None:
    with pytest.raises(NotFound) as refusal:
        K.disease("measels")
    assert "measels" in refusal.value.render("zh")


def test_regions_are_read_only_when_asked() -> None:
    fresh = knowledge.Regions(Path(knowledge.__file__).parent / "packs" / "regions.csv")
    assert "310112" in fresh
    assert "310199" not in fresh
    assert "_rows" not in fresh.__dict__
    assert len(fresh) == 44_703
    assert "310112" in fresh


def test_regions_know_names_levels_and_children() -> None:
    assert K.regions["310112"].name == "闵行区"
    assert K.regions.full_name("310112001") == "上海市闵行区" + K.regions["310112001"].name
    assert K.regions.full_name("310112001003001") == K.regions.full_name("310112001")
    assert K.regions.full_name("999999") == ""
    assert {child.parent for child in K.regions.children("310112")} == {"310112"}
    assert [province.code for province in K.regions.children()][:2] == ["110000", "120000"]


def test_the_kernel_computes_the_level_and_parent_of_every_region() -> None:
    regions = [region for region in K.regions if not region.code.endswith("000") or len(region.code) == 6]
    assert len(regions) == len(K.regions) - 1  # 金门县 stands in the list as a township of itself
    for region in regions:
        assert areas.level(region.code) == region.level, region
        assert areas.parent(region.code) == region.parent, region


def test_sensitive_groups_and_roles() -> None:
    visibility = K.visibility
    assert visibility.group_of("hiv_aids") == "hiv"
    assert visibility.group_of("measles") == "ordinary"
    assert visibility.level("网格员", "hiv") == "none"
    assert visibility.level("学校校医", "bloodborne_hepatitis") == "none"
    assert visibility.level("药店", "tb") == "none"
    assert visibility.level("临床医生", "hiv") == "case"
    assert visibility.level("网格员", "ordinary") is None


def _places(value: Any, place: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _places(part, (*place, str(key)))
    elif isinstance(value, list) and value and all(identity(item) for item in value):
        for item in value:
            yield from _places(item, (*place, str(identity(item))))
    elif place:
        yield place


def _exists(value: Any, steps: list[str]) -> bool:
    if not steps:
        return True
    first, rest = steps[0], steps[1:]
    if isinstance(value, dict):
        parts = list(value.values()) if first == "*" else [value[first]] if first in value else []
    elif isinstance(value, list):
        parts = [item for item in value if first == "*" or identity(item) == first]
    else:
        parts = []
    return any(_exists(part, rest) for part in parts)


def _without_added(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_added(part) for key, part in value.items()}
    if isinstance(value, list):
        return [
            _without_added(one) for one in value if not (isinstance(one, dict) and one.get("source") in ADDED_SOURCES)
        ]
    return value


def _with_changed(value: Any, changed: dict[str, dict[str, Any]]) -> Any:
    if isinstance(value, dict):
        return {key: _with_changed(part, changed) for key, part in value.items()} | changed.get(value.get("id", ""), {})
    return [_with_changed(one, changed) for one in value] if isinstance(value, list) else value


def _bare(value: Any) -> Any:
    """Without the words on certainty and source, which were rewritten; `days_from` was a source in name only."""
    rewritten = ("source", "confidence", "conf", "days_from")
    if isinstance(value, dict):
        return {str(key): _bare(part) for key, part in value.items() if key not in rewritten}
    if isinstance(value, list):
        return [_bare(item) for item in value]
    return value
