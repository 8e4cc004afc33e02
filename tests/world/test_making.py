"""Same seed, same bytes; another seed, another county; what is written down hangs together."""

import csv
import hashlib
import json
from collections import Counter
from pathlib import Path

import pytest

from yifang.kernel import identity_number
from yifang.kernel.errors import UserError
from yifang.knowledge import load
from yifang.world import command, county, making
from yifang.world import map as drawing
from yifang.world.county import County, Scale

from .conftest import SMALL, UNTIL


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as rows:
        return list(csv.DictReader(rows))


def lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_the_same_seed_gives_the_same_bytes(made: Path, tmp_path: Path) -> None:
    making.make(county.found(SMALL), tmp_path / "again")
    assert digests(tmp_path / "again") == digests(made)


def test_another_seed_gives_another_county(made: Path, tmp_path: Path) -> None:
    making.make(county.found(Scale(12, UNTIL, 1000, 300, 30)), tmp_path / "other")
    shared = digests(tmp_path / "other").items() & digests(made).items()
    assert {name for name, _ in shared} == {"packs/regions.csv", "feeds.csv"}


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path, small: County) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(UserError) as wrong:
        making.make(small, tmp_path)
    assert wrong.value.code == "world.not_empty"
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize(("option", "value"), [("residents", 10), ("encounters", 1), ("days", 5), ("days", 9999)])
def test_a_size_that_cannot_hold_the_county_is_refused(option: str, value: int) -> None:
    with pytest.raises(UserError) as wrong:
        county.found(Scale(**{"seed": 1, "until": UNTIL, option: value}))
    assert wrong.value.params["option"] == f"--{option}"


def test_the_area_codes_and_names_are_nobodys(made: Path) -> None:
    """Neither a code nor a name of a county or township is in the list of real divisions."""
    regions = load().regions
    real = {region.name for region in regions}
    for area in table(made / "areas.csv"):
        assert area["code"] not in regions
        assert area["level"] == "village" or area["name"] not in real, area["name"]
        assert area["code"][:4] in ("6499", "6498", "6299")
        assert area["name_en"]


def test_the_list_of_areas_can_be_joined_to_the_shipped_one(made: Path, tmp_path: Path) -> None:
    """`packs/regions.csv` holds rows of the shipped list's form; the joined folder loads and knows every area."""
    from yifang.knowledge.loading import SHIPPED

    for path in SHIPPED.iterdir():
        if path.is_file():
            (tmp_path / path.name).write_bytes(path.read_bytes())
    added = (made / "packs" / "regions.csv").read_text().splitlines()[2:]
    with (tmp_path / "regions.csv").open("a", encoding="utf-8") as out:
        out.write("\n".join(added) + "\n")
    knowledge = load(packs=tmp_path)
    assert knowledge.regions.full_name("649921001") == "宁夏回族自治区云澍市禾澍县禾澍城关镇"
    for row in table(made / "organisations.csv"):
        assert row["area_code"] in knowledge.regions


def test_townships_share_their_borders_and_overlap_nowhere(made: Path, small: County) -> None:
    rings = [one.cell.ring for one in small.places.townships]
    edges = Counter(frozenset(edge) for ring in rings for edge in zip(ring, [*ring[1:], ring[0]], strict=True))
    assert set(edges.values()) == {1, 2}
    outer = [edge for edge, times in edges.items() if times == 1]
    ends = Counter(point for edge in outer for point in edge)
    assert set(ends.values()) == {2}, "what is not shared is one closed coast"
    assert all(drawing.area(ring) > 0 for ring in rings)
    coast = abs(_area_of(outer))
    assert sum(map(drawing.area, rings)) == pytest.approx(coast, rel=1e-6)
    for village in small.places.villages:
        inside = [number for number, ring in enumerate(rings) if drawing.inside(village.point, ring)]
        assert inside == [village.township]


def _area_of(edges: list[frozenset]) -> float:
    """The area within a coast given as edges in no order."""
    nexts: dict = {}
    for edge in edges:
        a, b = tuple(edge)
        nexts.setdefault(a, []).append(b)
        nexts.setdefault(b, []).append(a)
    first = here = next(iter(nexts))
    before, ring = None, []
    while True:
        ring.append(here)
        before, here = here, next(one for one in nexts[here] if one != before)
        if here == first:
            return drawing.area(tuple(ring))


def test_the_map_is_geojson_of_every_township_and_village(made: Path, small: County) -> None:
    features = json.loads((made / "map.geojson").read_text(encoding="utf-8"))["features"]
    assert Counter(one["properties"]["level"] for one in features) == {
        "township": len(small.places.townships), "village": len(small.places.villages),
    }  # fmt: skip
    for one in features:
        assert set(one["properties"]) == {"code", "name", "name_en", "level"}
        if one["geometry"]["type"] == "Polygon":
            (ring,) = one["geometry"]["coordinates"]
            assert ring[0] == ring[-1]


def test_registers_refer_to_each_other(made: Path) -> None:
    areas = {one["code"] for one in table(made / "areas.csv")}
    organisations = table(made / "organisations.csv")
    codes = [one["code"] for one in organisations]
    assert len(codes) == len(set(codes))
    assert {one["area_code"] for one in organisations} <= areas
    kinds = {"hospital", "primary", "school", "pharmacy", "cdc", "bureau", "supervision", "worksite", "group", "other",
             "blood_centre"}  # fmt: skip
    assert {one["kind"] for one in organisations} == kinds
    for place in table(made / "places.csv"):
        assert place["area"] in areas
        assert place["organisation"] in {*codes, ""}
        assert place["kind"] in {"class", "dormitory", "worksite", "village"}


def test_residents_have_numbers_of_their_own_that_pass_the_check(small: County) -> None:
    people = small.people
    assert len(set(people.id_no.tolist())) == len(people) == SMALL.residents
    for number in range(0, len(people), 37):
        who = people.resident(number)
        told = identity_number.parse(who.id_no)
        assert (told.birth, told.sex) == (who.birth, who.sex)
        assert told.area not in load().regions
        assert who.phone.startswith("154")


def test_children_learn_where_they_live_and_classes_have_one_age(small: County) -> None:
    people, places = small.people, small.places
    for number, room in enumerate(places.classes):
        pupils = people.of_class(number)
        assert len(pupils)
        ages = {(people.at.toordinal() - int(people.birth[one])) // 365.25 for one in pupils}
        assert ages == {room.age}


def test_history_holds_five_years_of_known_diseases(made: Path) -> None:
    rows = table(made / "history.csv")
    assert list(rows[0]) == ["area_code", "disease", "date", "count"]
    assert {row["disease"] for row in rows} <= set(load().diseases)
    assert all(int(row["count"]) > 0 for row in rows)
    assert max(row["date"] for row in rows) < str(SMALL.first_day)
    assert {row["date"][:4] for row in rows} >= {"2022", "2023", "2024", "2025", "2026"}
    assert len({(row["area_code"], row["disease"], row["date"]) for row in rows}) == len(rows)


def test_counts_of_everything_else_follow_the_truth(made: Path) -> None:
    """The school with an outbreak has more sick at home in that week than in the weeks before."""
    rows = table(made / "visits.csv")
    assert {row["kind"] for row in rows} == {
        "visits", "fever_visits", "antipyretic", "antidiarrhoeal", "antitussive", "absent_sick", "absent",
    }  # fmt: skip
    outbreak = next(one for one in lines(made / "truth" / "outbreaks.jsonl") if one["id"] == "OB-NORO-SCHOOL")
    sick = {
        r["date"]: int(r["count"])
        for r in rows
        if (r["organisation_code"], r["kind"]) == (outbreak["unit"], "absent_sick")
    }
    cases = [one for one in lines(made / "truth" / "cases.jsonl") if one["outbreak"] == outbreak["id"]]
    for day in {one["onset"] for one in cases} & set(sick):
        assert sick[day] >= sum(one["onset"] == day for one in cases)


def test_the_command_says_what_it_does_and_makes_the_same(made: Path, tmp_path: Path, capsys) -> None:
    import argparse

    parser = argparse.ArgumentParser()
    command.configure(parser)
    out = tmp_path / "out"
    args = parser.parse_args(
        ["make", "--seed", "11", "--out", str(out), "--residents", "3000", "--encounters", "3000", "--days", "60",
         "--until", str(UNTIL)]
    )  # fmt: skip
    assert command.run(args) == 0
    assert digests(out) == digests(made)
    said = capsys.readouterr()
    assert said.out == ""
    assert "3000" in said.err.splitlines()[0]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["make", "--out", "x", "--until", "yesterday"], "world.day"),
        (["live", "--dir", "x"], "world.no_target"),
        (["live", "--dir", "x", "--to", "y", "--speed", "0"], "world.speed"),
        (["live", "--dir", "x", "--mllp", "nowhere"], "world.mllp_address"),
        (["live", "--dir", "x", "--to", "y"], "world.no_county"),
    ],
)
def test_a_wrong_use_is_one_line(words: list[str], code: str, tmp_path: Path, monkeypatch) -> None:
    import argparse

    monkeypatch.chdir(tmp_path)
    parser = argparse.ArgumentParser()
    command.configure(parser)
    with pytest.raises(UserError) as wrong:
        command.run(parser.parse_args(words))
    assert wrong.value.code == code
    assert wrong.value.render("zh")
    assert wrong.value.render("en")
