"""Outlines of areas as an installation brings them."""

import json

import pytest

from yifang.apps.places import maps
from yifang.kernel.errors import UserError

SQUARE = {"type": "Polygon", "coordinates": [[[121.123456, 31.0], [121.2, 31.0], [121.2, 31.1], [121.123456, 31.0]]]}


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.YIFANG_MAPS = tmp_path / "maps"


def written(tmp_path, *features) -> object:
    path = tmp_path / "map.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": list(features)}), encoding="utf-8")
    return path


def feature(code, geometry=SQUARE, name="code"):
    return {"type": "Feature", "properties": {name: code}, "geometry": geometry}


def test_outlines_are_kept_by_the_area_above_them(tmp_path):
    path = written(tmp_path, feature("310112"), feature(310104, name="adcode"), feature("310112001000"))
    assert maps.take(path) == {"310100": 2, "310112": 1}
    kept = json.loads(maps.read("310100"))["features"]
    assert [one["properties"] for one in kept] == [
        {"code": "310104", "name": "徐汇区"}, {"code": "310112", "name": "闵行区"},
    ]  # fmt: skip
    assert kept[0]["geometry"]["coordinates"][0][0][0] == 121.1235
    assert maps.version("310100")


def test_a_second_file_adds_and_replaces(tmp_path):
    maps.take(written(tmp_path, feature("310112"), feature("310104")))
    other = {"type": "MultiPolygon", "coordinates": [SQUARE["coordinates"]]}
    maps.take(written(tmp_path, feature("310112", other), feature("310101")))
    kept = {one["properties"]["code"]: one["geometry"]["type"] for one in json.loads(maps.read("310100"))["features"]}
    assert kept == {"310101": "Polygon", "310104": "Polygon", "310112": "MultiPolygon"}


def test_the_real_files_of_a_province_a_city_and_a_county_are_read(shared):
    for level, above, number in (
        ("province/310000", "310100", 16),
        ("city/330300", "330300", 12),
        ("county/310112", "310100", 1),
    ):
        taken = maps.take(shared / "fixtures" / "geo" / f"{level}.json")
        assert taken[above] == number


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("not json", "places.map_file"),
        ('{"type": "FeatureCollection", "features": []}', "places.map_file"),
        ('{"features": [{"properties": {}, "geometry": {"type": "Polygon"}}]}', "places.map_code"),
        ('{"features": [{"properties": {"code": "1"}, "geometry": {"type": "Polygon"}}]}', "places.map_code"),
        ('{"features": [{"properties": {"code": "310112"}, "geometry": {"type": "Point"}}]}', "places.map_file"),
        ('{"features": [{"properties": {"code": "310112"}, "geometry": null}]}', "places.map_code"),
    ],
)
def test_what_cannot_be_used_is_refused_in_words(tmp_path, text, code):
    path = tmp_path / "map.geojson"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UserError) as refused:
        maps.take(path)
    assert refused.value.code == code
    assert maps.version("310100") == ""
