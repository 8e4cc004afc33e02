"""A signed link is followed: checked, used up, and turned into a window for one doctor and one visit.

The order matters: who signed it, then whether it is in time, then whether it was followed before, and only then whose
window it is. What is refused is said in words, and in the access stream once its signature was good.
"""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import UUID

from django.db import connection, transaction

from yifang.apps.accounts.models import Seat, SubjectKind
from yifang.apps.accounts.queries import valid_seats
from yifang.apps.accounts.viewers import Viewer, enter, viewer_of, visitor
from yifang.apps.accounts.visibility import listed
from yifang.apps.ledger.services import looked
from yifang.apps.records.models import Record
from yifang.apps.workstation import links
from yifang.apps.workstation.keys import patient_key, visit_key
from yifang.apps.workstation.links import Asked, BadLink
from yifang.apps.workstation.models import ClientKind, UsedLink, VisitKey, Window
from yifang.apps.workstation.services import clients
from yifang.kernel import clock
from yifang.kernel.ids import new_id

OPEN = timedelta(minutes=30)
_LATEST, _LATELY = 200, timedelta(days=2)  # of a doctor's own records, where no suspicion says whose the visit is
NOBODY = UUID(int=0)  # of a visit that we know nothing about: seen by no row


@dataclass(frozen=True, slots=True)
class Opened:
    """A window: the secret of its cookie, its doctor's seat, and the viewer who may see that one person only."""

    id: UUID
    token: str
    seat: Seat
    keys: tuple[bytes, ...]
    viewer: Viewer


@dataclass(frozen=True, slots=True)
class _Verified:
    organisation_id: UUID
    client: UUID | None
    asked: Asked


def open_window(link: str, address: str) -> Opened:
    """Follow a link. Raises BadLink with the reason in words; runs outside of any transaction."""
    verified = _verified(link, address)
    asked, organisation = verified.asked, verified.organisation_id
    with enter(visitor(None)) as nobody:
        again = not _use_up(verified.client or organisation, asked)
        if again:
            looked("workstation.link_refused", "workstation_client", verified.client, nobody, reason="link_used")
        seat = None if again else seat_of(organisation, asked.doctor)
        if seat is None and not again:
            note_stranger(organisation, asked.doctor)
            looked("workstation.link_refused", "workstation_client", verified.client, nobody, reason="stranger")
        if verified.client is not None:
            clients.mark_used(verified.client)
    if again:
        raise BadLink("link_used")
    if seat is None:
        raise BadLink("stranger", number=asked.doctor)
    keys = [visit_key(organisation, asked.visit)] if asked.visit else [patient_key(organisation, asked.patient)]
    token = secrets.token_urlsafe(32)
    window = Window(
        id=new_id(), digest=_digest(token), client_id=verified.client, user_id=seat.user_id, seat=seat,
        keys=[one.hex() for one in keys], opened_at=clock.now(), until=clock.now() + OPEN,
    )  # fmt: skip
    with enter(viewer_of(seat)) as viewer:
        window.person = _person(keys, viewer)
        window.save(force_insert=True)
        looked("workstation.window_opened", "window", window.id, viewer, client=verified.client)
    return Opened(window.id, token, seat, tuple(keys), _limited(viewer, window.person))


def opened(token: str) -> Opened | None:
    """The window whose cookie holds `token`; None for one that is over, or whose doctor's seat is."""
    with enter(visitor(None)), connection.cursor() as cursor:
        cursor.execute("SELECT * FROM yf_workstation_window(%s, %s)", [_digest(token), clock.now()])
        row = cursor.fetchone()
    if row is None:
        return None
    id, seat_id, kept, person = row
    seat = _seats().filter(id=seat_id).first()
    if seat is None:
        return None
    keys = tuple(bytes.fromhex(one) for one in json.loads(kept))
    viewer = viewer_of(seat)
    if person is None:  # the record may have come in since
        with enter(viewer):
            person = _person(keys, viewer)
            if person is not None:
                Window.objects.filter(id=id).update(person=person)
    return Opened(id, token, seat, keys, _limited(viewer, person))


def close(window: Opened) -> None:
    """The doctor is done with it. Inside its viewer's transaction."""
    Window.objects.filter(id=window.id).update(until=clock.now())


def exchange(link: str, address: str) -> str:
    """The path of a link of our own for one that a hospital's server signed: the address tells nothing then.

    The signed link is used up by it. Raises BadLink.
    """
    verified = _verified(link, address)
    with enter(visitor(None)):
        if not _use_up(verified.client or verified.organisation_id, verified.asked):
            raise BadLink("link_used")
    asked = verified.asked
    return clients.own_link(
        verified.organisation_id, asked.doctor, visit=asked.visit, patient=asked.patient, client=verified.client
    )


def _verified(link: str, address: str) -> _Verified:
    now = clock.now()
    if link.startswith(clients.OWN):
        said = clients.read_own(link)
        at = datetime.fromtimestamp(said["at"], UTC)
        if at < now - links.LIFE:
            seconds = round((now - at).total_seconds())
            raise BadLink("link_late", seconds=seconds, life=round(links.LIFE.total_seconds()))
        asked = Asked(said["doctor"], said["visit"], said["patient"], at, said["nonce"])
        return _Verified(UUID(said["organisation"]), UUID(said["client"]) if said["client"] else None, asked)
    with transaction.atomic():
        client = clients.known(links.key_of(link))
    client = clients.check(client, address)
    if client.kind == ClientKind.HMAC:
        links.verify_hmac(link, client.secret)
    elif client.kind == ClientKind.ED25519:
        links.verify_ed25519(link, base64.b64decode(client.public))
    else:
        raise BadLink("client_unknown")
    return _Verified(client.organisation_id, client.id, links.read(link, now))


def _use_up(signer: UUID, asked: Asked) -> bool:
    """Whether the link was not followed before; from now on it was."""
    digest = sha256(f"{signer}:{asked.nonce}".encode()).digest()
    until = asked.at + links.LIFE + links.SKEW
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {UsedLink._meta.db_table} (digest, until) VALUES (%s, %s) ON CONFLICT DO NOTHING",
            [digest, until],
        )
        return cursor.rowcount == 1


def _seats():
    return valid_seats().filter(role="clinician", user__is_active=True).select_related("user", "organisation", "place")


def seat_of(organisation: UUID, number: str) -> Seat | None:
    """The doctor of that staff number in the hospital, None where there is none today."""
    return _seats().filter(organisation_id=organisation, staff_no=number).order_by("since", "id").first()


def note_stranger(organisation: UUID, number: str) -> None:
    """Remember a staff number that has no seat, for the hospital's desk."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT yf_workstation_stranger(%s, %s, %s, %s)", [new_id(), organisation, number[:30], clock.now()]
        )


def _person(keys: Collection[bytes], viewer: Viewer) -> UUID | None:
    """Whom the visit is about: by a suspicion of it that the viewer sees, else by a record of it that they wrote."""
    found = VisitKey.objects.filter(key__in=list(keys), organisation_id=viewer.organisation_id)
    person: UUID | None = found.values_list("suspicion__person_id", flat=True).first()
    if person is not None:
        return person
    own = listed(SubjectKind.RECORD, f"user:{viewer.user_id}", limit=_LATEST)
    rows = Record.objects.filter(
        id__in=[id for day, id in own if day >= clock.today() - _LATELY], current=True,
        organisation_id=viewer.organisation_id,
    )  # fmt: skip
    for whose, number in rows.values_list("person_id", "payload__encounter__id"):
        if number and visit_key(viewer.organisation_id, number) in keys:
            return whose
    return None


def _limited(viewer: Viewer, person: UUID | None) -> Viewer:
    return replace(viewer.only_about(person or NOBODY), purpose="reporting.card")


def _digest(token: str) -> bytes:
    return sha256(token.encode()).digest()
