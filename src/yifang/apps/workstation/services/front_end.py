"""States of the national front-end software (前置软件): what it drafted we only track.

They come as a file, a database's view or an upload like every feed, at the command line, or typed by the hospital's
desk; the record of the visit may come before or after.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

from django.db import transaction

from yifang.apps.accounts.viewers import Viewer
from yifang.apps.ledger.services import Actor, Change, append
from yifang.apps.places.models import Organisation
from yifang.apps.reporting.models import Suspicion
from yifang.apps.reporting.services import elsewhere
from yifang.apps.workstation.keys import visit_key
from yifang.apps.workstation.models import FrontEnd, VisitKey
from yifang.formats.canonical import FrontEndState
from yifang.kernel import clock
from yifang.kernel.errors import UserError
from yifang.knowledge import load


def take(organisation: Organisation, states: Iterable[FrontEndState], by: Actor) -> tuple[int, int]:
    """Keep the states and follow them. Returns how many suspicions fell silent, and how many wait again."""
    silent = waiting = 0
    with transaction.atomic():
        told = list(states)
        for one in told:
            key = visit_key(organisation.id, one.visit)
            FrontEnd.objects.update_or_create(
                organisation=organisation, key=key, disease=one.disease,
                defaults={"stands": one.stands, "at": clock.now()},
            )  # fmt: skip
            there = VisitKey.objects.filter(organisation=organisation, key=key, suspicion__disease=one.disease)
            ids = list(there.values_list("suspicion_id", flat=True))
            if one.stands:
                silent += elsewhere.track(ids, by)
            else:
                waiting += elsewhere.release(ids, by)
        scopes = [organisation.scope]
        facts = {"cards": len(told), "silent": silent, "waiting": waiting}
        append(Change("workstation.front_end_taken", "workstation_client", None, facts=facts, scopes=scopes), by)
    return silent, waiting


def receive(
    states: Sequence[FrontEndState], organisation: Organisation, batch: UUID, by: Actor
) -> tuple[list[str], int]:
    """Those of a feed. A state that is known already changes nothing; a view says all of them again and again."""
    keys = {one: visit_key(organisation.id, one.visit) for one in states}
    rows = FrontEnd.objects.filter(organisation=organisation, key__in=set(keys.values()))
    known = {(bytes(key), disease): stands for key, disease, stands in rows.values_list("key", "disease", "stands")}
    fresh = [one for one in states if known.get((keys[one], one.disease)) != one.stands]
    if fresh:
        take(organisation, fresh, by)
    return [f"{keys[one].hex()}:{one.disease}" for one in fresh], len(states) - len(fresh)


def say(viewer: Viewer, *, visit: str, disease: str, stands: bool) -> tuple[int, int]:
    """The hospital's desk types one. Raises NotAllowed, UserError `workstation.front_end_line`."""
    viewer.check("card.review")
    organisation = Organisation.objects.filter(id=viewer.organisation_id).first()
    visit = visit.strip()
    if organisation is None or not 0 < len(visit) <= 40 or disease not in load().diseases:
        raise UserError("workstation.front_end_line")
    return take(organisation, [FrontEndState(visit, disease, stands)], viewer)


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
