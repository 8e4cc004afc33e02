"""The linkage pack: what a region may change, and what does not load."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from yifang import knowledge
from yifang.knowledge import PackError

SOURCE = {"id": "city", "text": "市卫健委〔2027〕1号", "confidence": "MEDIUM"}
RULE = {"zh": "测试", "en": "Test", "verdict": "same"}


def override(tmp_path: Path, **changes: object) -> list[Path]:
    path = tmp_path / "city.yaml"
    said = {"pack": "linkage", "source": SOURCE, "override": changes}
    path.write_text(yaml.safe_dump(said, allow_unicode=True), encoding="utf-8")
    return [path]


WRONG = {
    "a rule that no block finds": ({"rules": {"new": {**RULE, "agree": ["sex", "township"]}}}, "no block"),
    "a rule one way of which no block finds": (
        {"rules": {"new": {**RULE, "agree": ["name"], "any": ["phone", "township"]}}}, "no block"
    ),
    "a rule of nothing": ({"rules": {"new": {**RULE, "agree": []}}}, "at least one term"),
    "a term that is none": ({"rules": {"new": {**RULE, "agree": ["shoe_size"]}}}, "shoe_size"),
    "a verdict that is none": ({"rules": {"name_birth": {"verdict": "perhaps"}}}, "perhaps"),
    "sparing a rule that is gone": ({"forbids": {"different_sex": {"spares": ["nobody"]}}}, "nobody"),
    "forbidding nothing": ({"forbids": {"twins": {"differ": []}}}, "must differ"),
    "a block of one": ({"limits": {"block": 1}}, "2"),
    "a key that is none": ({"rules": {"name_birth": {"verdit": "same"}}}, "verdit"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_does_not_load(tmp_path: Path, name: str) -> None:
    changes, word = WRONG[name]
    with pytest.raises(PackError) as refusal:
        knowledge.load(override(tmp_path, **changes))
    assert word in refusal.value.render("en")


def test_a_region_asks_where_we_link(tmp_path: Path) -> None:
    ours = knowledge.load(override(tmp_path, rules={"name_birth_township": {"verdict": "uncertain"}}))
    rule = next(one for one in ours.linkage.rules if one.id == "name_birth_township")
    assert rule.verdict == "uncertain"
    found = ours.provenance("linkage", "rules", "name_birth_township", "verdict")
    assert (found.source, found.confidence) == ("city", "MEDIUM")


def test_each_rule_says_how_sure_we_are_and_none_that_is_ours_is_called_verified() -> None:
    pack = knowledge.load()
    for rule in pack.linkage.rules:
        found = pack.provenance("linkage", "rules", rule.id, "verdict")
        assert found.confidence != "VERIFIED", rule.id
    assert pack.provenance("linkage", "rules", "name_birth", "verdict").confidence == "MEDIUM"
