"""Foreign codes: well formed, mapped to what the fixtures say, and tied to the triggers whose rules they share."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from yifang import knowledge

K = knowledge.load()
MAPS = K.code_maps

VERHOEFF_D = [
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 2, 3, 4, 0, 6, 7, 8, 9, 5], [2, 3, 4, 0, 1, 7, 8, 9, 5, 6],
    [3, 4, 0, 1, 2, 8, 9, 5, 6, 7], [4, 0, 1, 2, 3, 9, 5, 6, 7, 8], [5, 9, 8, 7, 6, 0, 4, 3, 2, 1],
    [6, 5, 9, 8, 7, 1, 0, 4, 3, 2], [7, 6, 5, 9, 8, 2, 1, 0, 4, 3], [8, 7, 6, 5, 9, 3, 2, 1, 0, 4],
    [9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
]  # fmt: skip
VERHOEFF_P = [
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 5, 7, 6, 2, 8, 3, 0, 9, 4], [5, 8, 0, 3, 7, 9, 6, 1, 4, 2],
    [8, 9, 1, 6, 0, 4, 3, 5, 2, 7], [9, 4, 5, 3, 1, 2, 6, 8, 7, 0], [4, 2, 8, 6, 5, 7, 3, 9, 0, 1],
    [2, 7, 9, 3, 8, 0, 6, 4, 1, 5], [7, 0, 4, 6, 9, 1, 3, 2, 5, 8],
]  # fmt: skip


def test_every_loinc_code_has_its_check_digit() -> None:
    """Mod 10 of LOINC Users' Guide, appendix: catches a digit copied wrongly. Part codes (LP…) have another rule."""
    wrong = []
    for test in MAPS.tests:
        if not test.code.startswith("LP"):
            digits, check = test.code.split("-")
            doubled = [int(digit) * (2 if i % 2 == 0 else 1) for i, digit in enumerate(reversed(digits))]
            if -sum(value // 10 + value % 10 for value in doubled) % 10 != int(check):
                wrong.append(test.code)
    assert wrong == []


def test_every_snomed_code_has_its_check_digit() -> None:
    """Verhoeff, SNOMED CT Technical Implementation Guide."""
    qualifiers = [one.code for one in MAPS.qualifiers if one.system == "snomed"]
    organisms = [one.code for one in MAPS.organisms if not one.code.startswith("local:")]
    wrong = []
    for code in [*qualifiers, *organisms, *(one.code for one in MAPS.conditions)]:
        check = 0
        for i, digit in enumerate(reversed(code)):
            check = VERHOEFF_D[check][VERHOEFF_P[i % 8][int(digit)]]
        if check:
            wrong.append(code)
    assert wrong == []


def test_every_event_of_the_fixtures_leads_to_its_chinese_disease(shared: Path) -> None:
    events = {event.code: event for event in MAPS.events}
    path = shared / "fixtures" / "hl7v2" / "event_to_cn_notifiable.csv"
    checked = 0
    for row in csv.DictReader(path.open(encoding="utf-8")):
        name = row["cn_notifiable_disease"].split(" (")[0]
        if not name:
            continue
        event = events[row["event_code"]]
        assert event.disease is not None, row
        disease = K.disease(event.disease)
        said = {disease.name, disease.statutory_name, disease.name.replace("·", "(") + ")", *disease.aliases}
        said |= {f"{one}病" for one in disease.aliases}
        assert name in said, (row, said)
        checked += 1
    assert checked > 20


@pytest.mark.parametrize("test", [test for test in MAPS.tests if test.trigger], ids=lambda test: test.code)
def test_a_test_with_a_trigger_says_nothing_of_its_own(test: object) -> None:
    """Two places that say one thing end in saying two."""
    assert getattr(test, "disease", None) is None
    assert getattr(test, "level", None) == "strong"


def test_an_organism_and_its_trigger_agree_on_the_disease() -> None:
    triggers = {trigger.id: trigger for trigger in K.triggers.lab}
    for organism in MAPS.organisms:
        if organism.trigger:
            assert organism.disease == triggers[organism.trigger].disease, organism


def test_names_of_organisms_are_lower_case_and_belong_to_one_organism() -> None:
    seen: dict[str, str] = {}
    for organism in MAPS.organisms:
        for name in organism.names:
            assert name == name.lower().strip()
            assert name not in seen, (name, seen[name], organism.code)
            seen[name] = organism.code


def test_a_subtype_belongs_to_its_disease() -> None:
    for entry in (*MAPS.events, *MAPS.conditions, *MAPS.organisms, *MAPS.demis_diseases):
        if entry.subtype:
            assert entry.disease is not None
            assert K.disease(entry.disease).subtype(entry.subtype), entry


@pytest.mark.parametrize(
    ("code", "disease", "level"),
    [("10140", "measles", "strong"), ("10470", "cholera", "strong"), ("10316", "syphilis", "strong"),
     ("10220", "pulmonary_tb", "moderate"), ("11550", "other_infectious_diarrhoea", "strong"),
     ("11080", None, "strong")],
)  # fmt: skip
def test_well_known_events(code: str, disease: str | None, level: str) -> None:
    event = next(event for event in MAPS.events if event.code == code)
    assert (event.disease, event.level) == (disease, level)
