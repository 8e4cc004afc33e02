"""Real messages of others: the mapped disease is among the suspicions, and two forms of one report say the same."""

from __future__ import annotations

import csv
from collections import defaultdict

from yifang import formats

# The fixture's Chinese names → disease ids; one name there stands for two diseases of the packs.
NAMES = {
    "传染性非典型肺炎": {"sars"},
    "疟疾": {"malaria"},
    "猴痘": {"mpox"},
    "麻风病": {"leprosy"},
    "细菌性和阿米巴性痢疾": {"bacillary_dysentery", "amoebic_dysentery"},
    "其他感染性腹泻病": {"other_infectious_diarrhoea"},
    "病毒性肝炎(甲型)": {"hepatitis_a"},
    "病毒性肝炎(乙型)": {"hepatitis_b"},
    "流行性腮腺炎": {"mumps"},
    "登革热": {"dengue"},
    "梅毒": {"syphilis"},
    "水痘": {"varicella"},
}


def suspected(identifier, item) -> set[str]:
    return {one.disease for outcome in identifier.identify(item.records) for one in outcome.suspicions}


def test_case_notifications_give_the_mapped_disease(identifier, shared):
    folder = shared / "fixtures/hl7v2"
    wanted: dict[str, dict[int, set[str]]] = defaultdict(dict)
    cancelled: dict[str, set[int]] = defaultdict(set)
    with (folder / "event_to_cn_notifiable.csv").open(encoding="utf-8-sig") as rows:
        for row in csv.DictReader(rows):
            place = int(row["message"])
            if row["obr25_status"] == "X":
                cancelled[row["file"]].add(place)
            elif row["cn_notifiable_disease"]:
                wanted[row["file"]][place] = NAMES[row["cn_notifiable_disease"].split(" ")[0]]
    missed = []
    for file in wanted.keys() | cancelled.keys():
        items = {item.index: item for item in formats.read(folder / file)}
        for place, names in wanted[file].items():
            if not names & suspected(identifier, items[place]):
                missed.append((file, place, names))
        for place in cancelled[file]:
            assert suspected(identifier, items[place]) == set(), (file, place)
    assert missed == []
    assert sum(map(len, wanted.values())) > 20


def test_a_pair_says_the_same_as_fhir_and_as_hl7(identifier, shared):
    pairs = sorted((shared / "fixtures/elr-pairs").glob("*.hl7"))
    assert pairs
    for path in pairs:
        other = path.with_name(path.stem + ".fhir.json")
        sides = [
            {name for item in formats.read(each) for name in suspected(identifier, item)} for each in (path, other)
        ]
        assert sides[0] == sides[1], path.name


def test_every_span_of_every_fixture_is_the_text_it_says(identifier, shared):
    for path in sorted((shared / "fixtures/cda").rglob("*.xml")):
        for item in formats.read(path):
            for record, outcome in zip(item.records, identifier.identify(item.records), strict=True):
                texts = {note.path: note.text for note in record.notes}
                for one in outcome.findings:
                    if one.start is not None and one.path in texts:
                        assert texts[one.path][one.start : one.end] == one.text
