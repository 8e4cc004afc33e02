"""Outlines of areas for maps, as the installation brings them: GeoJSON whose features name their area by its code.

Map data has its own law, so none is shipped (docs/map.md of the operator's choosing an approved one). What is taken in
is kept in the data folder, a file for each area holding the outlines of the areas directly below it, coordinates
rounded to ten metres. Not for tiles, and not for points.
"""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

from django.conf import settings

from yifang.kernel import areas
from yifang.kernel.errors import UserError, YifangError
from yifang.knowledge import load

_CODES = ("code", "adcode", "area_code")  # of a feature's properties, the first that is there
_SHAPES = ("Polygon", "MultiPolygon")


def folder() -> Path:
    """Where the outlines are kept."""
    return Path(settings.YIFANG_MAPS)


def take(file: Path) -> dict[str, int]:
    """Keep the outlines of a GeoJSON file: area → how many outlines of areas below it this file held.

    Raises UserError `places.map_file` for what is no GeoJSON, `places.map_code` for a feature without a known code.
    """
    try:
        features = json.loads(file.read_text(encoding="utf-8-sig"))["features"]
    except (OSError, ValueError, KeyError, TypeError) as wrong:
        raise UserError("places.map_file", file=str(file), reason=str(wrong)[:120]) from None
    found: defaultdict[str, dict[str, Any]] = defaultdict(dict)
    for number, feature in enumerate(features, start=1):
        code = _code(feature, number, file)
        above = areas.parent(code)
        if above is not None:
            found[above][code] = {
                "type": "Feature",
                "properties": {"code": code, "name": load().regions[code].name if code in load().regions else code},
                "geometry": _rounded(feature["geometry"]),
            }
    if not found:
        raise UserError("places.map_file", file=str(file), reason="no outlines")
    folder().mkdir(parents=True, exist_ok=True)
    for above, outlines in found.items():
        kept = {one["properties"]["code"]: one for one in _kept(above)} | outlines
        text = json.dumps(
            {"type": "FeatureCollection", "features": [kept[code] for code in sorted(kept)]}, ensure_ascii=False
        )
        part = folder() / f"{above}.part"
        part.write_text(text, encoding="utf-8")
        part.replace(folder() / f"{above}.json")
    return {above: len(outlines) for above, outlines in sorted(found.items())}


def version(area: str) -> str:
    """What changes when the outlines below an area do; "" where there are none."""
    try:
        return f"{(folder() / f'{areas.normalise(area)}.json').stat().st_mtime_ns:x}"
    except (OSError, YifangError):
        return ""


def read(area: str) -> bytes:
    """The GeoJSON of the areas directly below one; b"" where there is none."""
    return (folder() / f"{areas.normalise(area)}.json").read_bytes() if version(area) else b""


def _kept(above: str) -> list[dict[str, Any]]:
    text = read(above)
    return json.loads(text)["features"] if text else []


def _code(feature: Any, number: int, file: Path) -> str:
    try:
        properties, kind = feature["properties"], feature["geometry"]["type"]
        given = str(next(properties[name] for name in _CODES if properties.get(name)))
        code = areas.normalise(given)
    except (KeyError, TypeError, StopIteration, YifangError):
        raise UserError("places.map_code", file=str(file), number=number) from None
    if kind not in _SHAPES:
        raise UserError("places.map_file", file=str(file), reason=f"{number}: {kind}")
    return code


def _rounded(value: Any) -> Any:
    """Four decimals are ten metres: enough for a map of a province on a screen."""
    if isinstance(value, dict):
        return {key: _rounded(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_rounded(one) for one in value]
    return round(value, 4) if isinstance(value, float) else value
