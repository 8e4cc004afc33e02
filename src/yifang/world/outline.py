"""The county on paper: its registers (areas, organisations, places), its map, its size, and its part of the area list.

Written as CSV in UTF-8 and GeoJSON (RFC 7946, rings anticlockwise).
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from yifang.world import feeds
from yifang.world.county import County
from yifang.world.places import Places

ORGANISATIONS = ("code", "name", "name_en", "kind", "area_code", "lon", "lat")
PLACES = ("code", "kind", "name", "name_en", "organisation", "area")
FEEDS = ("code", "name", "organisation_code", "form")
AREAS = ("code", "name", "name_en", "level", "parent")


def write(county: County, folder: Path) -> None:
    """Every register into `folder`."""
    places = county.places
    table(folder / "areas.csv", AREAS, ((a.code, a.name, a.name_en, a.level, a.parent) for a in places.areas))
    table(
        folder / "organisations.csv", ORGANISATIONS,
        ((o.code, o.name, o.name_en, o.kind, o.area_code, *o.point) for o in places.organisations),
    )  # fmt: skip
    table(
        folder / "places.csv", PLACES,
        ((p.code, p.kind, p.name, p.name_en, p.organisation, p.area_code) for p in places.places),
    )  # fmt: skip
    table(
        folder / "feeds.csv", FEEDS,
        [*((f.code, f.name, f.organisation.code, f.form) for f in feeds.feeds(places)),
         (feeds.DATABASE, f"{places.hospitals[2].name} 数据库视图", places.hospitals[2].code, "sql")],
    )  # fmt: skip
    (folder / "map.geojson").write_text(_json(_map(county)), encoding="utf-8")
    (folder / "county.json").write_text(_json(_county(county), indent=1), encoding="utf-8")
    regions(places, folder / "packs")


def regions(places: Places, packs: Path) -> None:
    """The county's divisions as overrides, without which no node knows a resident's area."""
    packs.mkdir(parents=True, exist_ok=True)
    with (packs / "regions.csv").open("w", encoding="utf-8", newline="\n") as out:
        out.write("# Fictional divisions of the synthetic county: rows to add to the shipped regions.csv.\n")
        out.write("code,name,level,parent\n")
        for area in places.areas:
            if area.level != "village":
                out.write(f"{area.code},{area.name},{area.level},{area.parent}\n")


def table(path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """A CSV in UTF-8. Returns how many rows."""
    count = 0
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(header)
        for row in rows:
            writer.writerow(row)
            count += 1
    return count


def _county(county: County) -> dict[str, Any]:
    scale, places, people = county.scale, county.places, county.people
    top = next(one for one in places.areas if one.code == places.townships[0].area.parent)
    rooms = np.array([one.school for one in places.classes])
    sizes = np.bincount(rooms[people.classroom[people.pupils]], minlength=len(places.schools))
    return {
        "code": top.code, "name": top.name, "name_en": top.name_en, "fictional": True, "seed": scale.seed,
        "residents": len(people), "encounters": scale.encounters, "days": scale.days,
        "first_day": str(scale.first_day), "until": str(scale.until),
        "townships": [
            {"code": one.area.code, "name": one.area.name, "name_en": one.area.name_en, "residents": int(count)}
            for one, count in zip(places.townships, np.bincount(people.township, minlength=14).tolist(), strict=True)
        ],
        "ages": dict(zip(("0-2", "3-5", "6-11", "12-17", "18-44", "45-64", "65+"),
                         np.bincount(people.band, minlength=7).tolist(), strict=True)),
        "schools": {
            one.organisation.code: {"stage": one.stage, "pupils": int(size)}
            for one, size in zip(places.schools, sizes.tolist(), strict=True)
        },
    }  # fmt: skip


def _map(county: County) -> dict[str, Any]:
    places = county.places
    features: list[dict[str, Any]] = []
    for township in places.townships:
        ring = [list(point) for point in township.cell.ring]
        features.append(
            _feature(township.area.code, township.area.name, township.area.name_en, "township",
                     {"type": "Polygon", "coordinates": [[*ring, ring[0]]]})
        )  # fmt: skip
    for village in places.villages:
        point = {"type": "Point", "coordinates": list(village.point)}
        features.append(_feature(village.area.code, village.area.name, village.area.name_en, "village", point))
    return {"type": "FeatureCollection", "name": "fictional county", "features": features}


def _feature(code: str, name: str, name_en: str, level: str, geometry: dict[str, Any]) -> dict[str, Any]:
    properties = {"code": code, "name": name, "name_en": name_en, "level": level}
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def _json(value: Any, indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=False, indent=indent) + "\n"
