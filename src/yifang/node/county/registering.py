"""Who and what there is in the county: organisations, classes, villages, the map, the feeds, and people to sign in as.

Everything is looked up before it is made, so that starting again changes nothing.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

from django.contrib.auth.hashers import make_password
from django.db import transaction

from yifang.apps.accounts.models import Seat, User
from yifang.apps.accounts.roles import ROLES
from yifang.apps.accounts.services import give_seat
from yifang.apps.intake.models import Feed
from yifang.apps.ledger.services import NODE
from yifang.apps.places import maps
from yifang.apps.places.models import Organisation, Place
from yifang.kernel import areas
from yifang.node.guarding import Account

# What the CDC itself feeds in: the county's export, published counts, the counts of everything else.
CDC_FEEDS = {
    "national": ("大疫情网导出", "Export of the national system"),
    "history": ("历年报告病例数", "Reported cases of earlier years"),
    "counts": ("门诊量、销药、缺勤", "Visits, sales and absences"),
}
_SITS_AT = {
    "clinician": "hospital", "hospital_desk": "hospital", "hospital_lab": "hospital", "infection_control": "hospital",
    "commissioner": "hospital", "group_office": "group", "epidemiologist": "cdc", "cdc_lab": "cdc",
    "duty_officer": "cdc", "supervisor": "cdc", "health_inspection": "supervision", "bureau": "bureau",
    "eoc_commander": "bureau", "eoc_staff": "bureau", "school_nurse": "school", "pharmacy": "pharmacy",
    "blood_centre": "blood_centre", "institution": "other", "community_centre": "primary", "family_doctor": "primary",
}  # fmt: skip


def register(folder: Path, area: str, password: str) -> list[Account]:
    """Bring the node in step with the county made into `folder`. Returns the sign-ins, in the order of the roles."""
    with transaction.atomic():
        found = organisations(folder)
        _places(folder, found)
        feeds(folder, found)
        accounts = _people(found, area, password)
    maps.take(_outlines(folder))
    return accounts


def organisations(folder: Path) -> Mapping[str, Organisation]:
    """Every organisation of the folder, by code."""
    known = {one.code: one for one in Organisation.objects.all()}
    fresh = [
        Organisation(
            code=row["code"], name=row["name"], name_en=row["name_en"], kind=row["kind"], area_code=row["area_code"]
        )
        for row in _rows(folder / "organisations.csv")
        if row["code"] not in known
    ]
    Organisation.objects.bulk_create(fresh)
    return known | {one.code: one for one in fresh}


def _places(folder: Path, organisations: Mapping[str, Organisation]) -> None:
    known = set(Place.objects.values_list("code", flat=True))
    Place.objects.bulk_create(
        Place(
            code=row["code"], kind=row["kind"], name=row["name"], name_en=row["name_en"], area_code=row["area"],
            organisation=organisations.get(row["organisation"]),
        )
        for row in _rows(folder / "places.csv")
        if row["code"] not in known
    )  # fmt: skip


def feeds(folder: Path, organisations: Mapping[str, Organisation]) -> None:
    """The feeds of the folder, and those that the CDC itself fills."""
    cdc = next(one for one in organisations.values() if one.kind == "cdc")
    wanted = [(row["code"], row["name"], row["name"], organisations[row["organisation_code"]])
              for row in _rows(folder / "feeds.csv")]  # fmt: skip
    wanted += [(code, name, name_en, cdc) for code, (name, name_en) in CDC_FEEDS.items()]
    known = set(Feed.objects.values_list("code", flat=True))
    Feed.objects.bulk_create(
        Feed(code=code, name=name[:80], name_en=name_en[:120], organisation=organisation, folder=code)
        for code, name, name_en, organisation in wanted
        if code not in known
    )


def _people(organisations: Mapping[str, Organisation], area: str, password: str) -> list[Account]:
    """One person for each role that has a place in the county, and the desk of every hospital and centre."""
    hashed = make_password(password)
    first: dict[str, Organisation] = {}
    for one in organisations.values():
        first.setdefault(one.kind, one)
    accounts = []
    for role in ROLES.values():
        organisation = first.get(_SITS_AT.get(role.key, ""))
        if role.scope in ("organisation", "department") and organisation is None:
            continue
        if role.scope == "place":
            continue
        where = area if role.scope == "area" else ""
        _seat(role.key, role.zh, role.key, organisation, where, hashed)
        accounts.append(Account(role.key, role.zh, role.en))
    for number, one in enumerate(each for each in organisations.values() if each.kind in ("hospital", "primary")):
        _seat(f"desk_{number:02}", f"{one.name}公卫科", "hospital_desk", one, "", hashed)
    return accounts


def _seat(username: str, name: str, role: str, organisation: Organisation | None, area: str, hashed: str) -> None:
    user, made = User.objects.get_or_create(username=username, defaults={"display_name": name, "password": hashed})
    if made or not Seat.objects.filter(user=user, role=role).exists():
        department = "内科" if ROLES[role].scope == "department" else ""
        give_seat(
            user, role, NODE, organisation=organisation, department=department, area_code=area, since=date(2025, 1, 1)
        )


def _outlines(folder: Path) -> Path:
    """The polygons of the map alone; its villages are points, which the outlines do not hold."""
    whole = json.loads((folder / "map.geojson").read_text(encoding="utf-8"))
    kept = [
        one
        for one in whole["features"]
        if one["geometry"]["type"] != "Point" and areas.level(one["properties"]["code"]) in ("county", "township")
    ]
    path = folder / "outlines.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": kept}, ensure_ascii=False), encoding="utf-8")
    return path


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file)
