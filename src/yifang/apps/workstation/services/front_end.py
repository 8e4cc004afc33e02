"""States of the national front-end software (前置软件), from its export: what it drafted we only track.

One line a card: 就诊号 (visit), 病种 (a disease of the packs, by name or id), 状态 (state). Runs at the command line or
in jobs; the record of the visit may come before or after.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from yifang.apps.ledger.services import Actor, Change, append
from yifang.apps.places.models import Organisation
from yifang.apps.reporting.models import Suspicion
from yifang.apps.reporting.services import elsewhere
from yifang.apps.workstation.keys import visit_key
from yifang.apps.workstation.models import FrontEnd, VisitKey
from yifang.kernel import clock
from yifang.kernel.errors import UserError
from yifang.knowledge import load

_COLUMNS = {"visit": ("就诊号", "visit"), "disease": ("病种", "疾病名称", "disease"), "state": ("状态", "state")}
# Its words for a card that stands there, and for one that was taken back.
STANDS = {"已起草": True, "待审核": True, "已上报": True, "drafted": True, "reported": True}
STANDS |= {"已撤销": False, "已删除": False, "不报告": False, "withdrawn": False, "deleted": False}


@dataclass(frozen=True, slots=True)
class Line:
    """One card of the export."""

    visit: str
    disease: str
    stands: bool


def read(text: str) -> tuple[list[Line], list[tuple[int, str, str]]]:
    """The lines, and for each that cannot be read its number, the column and what stands there.

    Raises UserError `workstation.front_end_columns` where a column is missing.
    """
    rows = csv.DictReader(io.StringIO(text.lstrip("\ufeff")))
    header = [name.strip() for name in rows.fieldnames or ()]
    columns = {key: next((name for name in names if name in header), "") for key, names in _COLUMNS.items()}
    if missing := [_COLUMNS[key][0] for key, name in columns.items() if not name]:
        raise UserError("workstation.front_end_columns", columns=missing)
    names = {one.name: one.id for one in load().diseases.values()}
    found: list[Line] = []
    wrong: list[tuple[int, str, str]] = []
    for row in rows:
        said = {key: (row.get(name) or "").strip() for key, name in columns.items()}
        disease = said["disease"] if said["disease"] in load().diseases else names.get(said["disease"], "")
        fault = "visit" if not said["visit"] else "disease" if not disease else ""
        fault = fault or ("state" if said["state"] not in STANDS else "")
        if fault:
            wrong.append((rows.line_num, _COLUMNS[fault][0], said[fault]))
        else:
            found.append(Line(said["visit"], disease, STANDS[said["state"]]))
    return found, wrong


def take(organisation: Organisation, lines: Iterable[Line], by: Actor) -> tuple[int, int]:
    """Keep the states and follow them. Returns how many suspicions fell silent, and how many wait again."""
    silent = waiting = 0
    with transaction.atomic():
        told = list(lines)
        for line in told:
            key = visit_key(organisation.id, line.visit)
            FrontEnd.objects.update_or_create(
                organisation=organisation, key=key, disease=line.disease,
                defaults={"stands": line.stands, "at": clock.now()},
            )  # fmt: skip
            there = VisitKey.objects.filter(organisation=organisation, key=key, suspicion__disease=line.disease)
            ids = list(there.values_list("suspicion_id", flat=True))
            if line.stands:
                silent += elsewhere.track(ids, by)
            else:
                waiting += elsewhere.release(ids, by)
        scopes = [organisation.scope]
        facts = {"cards": len(told), "silent": silent, "waiting": waiting}
        append(Change("workstation.front_end_taken", "workstation_client", None, facts=facts, scopes=scopes), by)
    return silent, waiting


def settle(fresh: Iterable[tuple[Suspicion, Collection[bytes]]], by: Actor) -> set[UUID]:
    """Let fresh suspicions, each with the keys of its visits, fall silent where the front-end has a card for them.

    Returns which did. Runs in jobs.
    """
    asked = list(fresh)
    there = FrontEnd.objects.filter(key__in={key for _, visits in asked for key in visits}, stands=True)
    stand = {(of, bytes(key), disease) for of, key, disease in there.values_list("organisation", "key", "disease")}
    silent = {
        one.id for one, visits in asked if any((one.organisation_id, key, one.disease) in stand for key in visits)
    }
    if silent:
        elsewhere.track(silent, by)
    return silent
