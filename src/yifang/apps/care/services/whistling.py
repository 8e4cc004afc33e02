"""Whistles: any medical worker tells the CDC at once of something unusual, by name or without.

An anonymous whistle is written in nobody's name: no user, no institution, no role stand in the matter, its steps, its
work items or the ledger. Who blew it is sealed; only a CDC lead opens it, says why, and the ledger keeps that. The
reporter follows it by a code that is shown once; of the code only a keyed hash is kept, as a seat of the matter, so
that whoever shows it sees what was said to them.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import connection, transaction

from yifang.apps.accounts.keys import sealing
from yifang.apps.accounts.models import User
from yifang.apps.accounts.viewers import Viewer, enter
from yifang.apps.care import desks
from yifang.apps.care.models import Matter, Reporter, Unsealing
from yifang.apps.care.services import matters
from yifang.apps.care.services.matters import Filled, Start
from yifang.apps.ledger.services import NODE, Actor, Change, append, looked
from yifang.apps.places.models import Organisation
from yifang.kernel import clock
from yifang.kernel.errors import NotFound, UserError
from yifang.kernel.ids import new_id
from yifang.knowledge import load

KIND = "whistle"
OPEN_FOR = timedelta(hours=3)
_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # none that is taken for another
_LENGTH = 12


# Who writes an anonymous whistle: the database is told of nobody either, so that no row and no entry could name them.
NOBODY = Viewer(None, "anonymous", ("anonymous",))


@dataclass(frozen=True, slots=True)
class Blown:
    """A whistle, and the code by which an anonymous reporter follows it ("" for one by name)."""

    matter: Matter
    code: str = ""


def blow(filled: Filled, viewer: Viewer, *, anonymous: bool = False) -> Blown:
    """Blow the whistle. Raises NotAllowed, Unfilled with every problem."""
    viewer.check("whistle.blow")
    if not anonymous:
        return Blown(matters.open_matter(KIND, filled, viewer))
    kind = load().matters.kind(KIND)
    code = "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))
    told = {"user": viewer.user_id, "seat": str(viewer.seat_id or ""), "name": viewer.name}
    with enter(NOBODY), showing(code) as seat:
        matter = matters.made(kind, Start(None, viewer.area_code), NOBODY)
        matter.seats = [*desks.seats_of(matter, kind), seat]
        matter.save(force_insert=True)
        sealed = sealing().seal(json.dumps(told, ensure_ascii=False).encode(), context(matter.id))
        Reporter(matter=matter, sealed=sealed).save(force_insert=True)
        matters.say(matter, "care.matter_opened", NOBODY, {"parent": None})
        matters.walk_with(matter, kind, kind.step(kind.starts), Filled(filled.given, filled.files), NOBODY)
    return Blown(matter, "-".join(code[at : at + 4] for at in range(0, _LENGTH, 4)))


def draft_whistle(
    organisation: Organisation, *, event: str, number: int, symptoms: str, place: str, since: str, key: str,
    by: Actor = NODE,
) -> Matter | None:  # fmt: skip
    """A whistle that the node itself drafts from an unusual cluster in one institution, for its desk to look at.

    `since` is an ISO day; `key` names the cluster, so that it is drafted once. The hospital's public-health desk sends
    it on or says that it is nothing: nothing leaves the hospital by itself. None where it was drafted before.
    """
    if Matter.objects.filter(key=key).exists():
        return None
    kind = load().matters.kind("whistle_draft")
    given = {"event": [event], "number": [str(number)], "symptoms": [symptoms], "place": [place], "since": [since]}
    with transaction.atomic():
        matter = matters.made(kind, Start(organisation, organisation.area_code, key=key), by)
        matter.seats = desks.seats_of(matter, kind)
        matter.save(force_insert=True)
        matters.say(matter, "care.matter_opened", by, {"parent": None})
        matters.walk_with(matter, kind, kind.step(kind.starts), Filled(given), by)
    return matter


@contextmanager
def showing(code: str) -> Iterator[str]:
    """Inside, the database shows the whistle of this code. Gives the seat that the code is."""
    seat = f"code@{sealing().index('whistle', code).hex()}"
    _tell(seat.removeprefix("code@"))
    try:
        yield seat
    finally:
        if not connection.needs_rollback:
            _tell("")


def _tell(key: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('yifang.code', %s, true)", [key])


@contextmanager
def by_code(code: str) -> Iterator[Matter]:
    """The whistle of a code, seen inside the block. Raises NotFound `care.no_code`."""
    plain = "".join(one for one in code.upper() if one in _LETTERS)
    if len(plain) != _LENGTH:
        raise NotFound("care.no_code")
    with showing(plain) as seat:
        found = Matter.objects.filter(kind=KIND, seats__contains=[seat]).first()
        if found is None:
            raise NotFound("care.no_code")
        yield found


def say_by_code(code: str, filled: Filled) -> Matter:
    """A further word of an anonymous reporter, as anonymous as the whistle. Raises NotFound, WrongState, Unfilled."""
    with enter(NOBODY), by_code(code) as found:
        matter = matters.locked(found.id)
        kind = load().matters.kind(KIND)
        matters.check_waits(matter, kind.step("note"))
        matters.walk_with(matter, kind, kind.step("note"), Filled(filled.given, filled.files), NOBODY)
    return matter


def unseal(matter_id: UUID, reason: str, viewer: Viewer) -> str:
    """Who blew an anonymous whistle. A change of the ledger and an access entry say that it was opened, and why.

    Raises NotAllowed for anybody but a CDC lead, UserError `care.reason` without a reason, NotFound.
    """
    viewer.check("whistle.unseal")
    reason = " ".join(reason.split())[:300]
    if len(reason) < 5:
        raise UserError("care.reason")
    with transaction.atomic():
        matter = matters.locked(matter_id)
        now = clock.now()
        Unsealing(
            id=new_id(), matter=matter, by_id=viewer.user_id, reason=reason, opened_at=now, until=now + OPEN_FOR
        ).save(force_insert=True)
        found = Reporter.objects.filter(matter=matter).first()
        if found is None:
            raise NotFound("care.no_reporter")
        append(
            Change(
                "care.whistle_unsealed", "matter", matter.id, facts={"by": viewer.user_id},
                scopes=[f"area:{matter.area_code}"],
            ),
            viewer,
        )  # fmt: skip
        looked("care.reporter_opened", "matter", matter.id, viewer)
        told = json.loads(sealing().open(bytes(found.sealed), context(matter.id)))
    return str(User.objects.filter(id=told["user"]).first() or told["name"])


def context(matter_id: UUID) -> str:
    """What the sealed reporter is bound to."""
    return f"whistle:{matter_id}"
