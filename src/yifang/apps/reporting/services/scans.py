"""Pictures of paper cards: taken in and sealed, read in jobs, made into a draft that a person checks.

Answers that are not sure stay empty in the draft; nothing read is reported by itself.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from uuid import UUID

from django.db import transaction
from procrastinate.contrib.django import app as queue

from yifang.apps.accounts.keys import sealing
from yifang.apps.accounts.viewers import Viewer
from yifang.apps.ledger.services import NODE, Actor, Change, append, looked
from yifang.apps.reporting.models import Card, Scan, ScanState
from yifang.apps.reporting.ocr import Answer, engine, read
from yifang.apps.reporting.services.drafts import draft_blank
from yifang.kernel import clock
from yifang.kernel.errors import NotAllowed, NotFound, UserError, WrongState, YifangError
from yifang.kernel.ids import new_id
from yifang.knowledge import load

TASK = "yifang.apps.reporting.jobs.read_scan"
LARGEST = 12_000_000  # bytes
_MEDIA = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG": "image/png"}


def take(name: str, data: bytes, viewer: Viewer) -> Scan:
    """Keep a picture, sealed, and have it read where the node can.

    Raises NotAllowed `reporting.no_organisation`, UserError `reporting.scan_too_large`, `reporting.scan_unreadable`.
    """
    viewer.check("card.draft")
    if viewer.organisation_id is None:
        raise NotAllowed("reporting.no_organisation")
    if len(data) > LARGEST:
        raise UserError("reporting.scan_too_large", most=LARGEST // 1_000_000)
    media = next((kind for mark, kind in _MEDIA.items() if data.startswith(mark)), "")
    if not media:
        raise UserError("reporting.scan_unreadable")
    with transaction.atomic():
        scan = Scan(
            id=new_id(), organisation_id=viewer.organisation_id, file_name=name[-120:] or "—", media=media,
            made_at=clock.now(), made_by_id=viewer.user_id,
        )  # fmt: skip
        scan.picture = sealing().seal(data, picture_context(scan.id))
        scan.save(force_insert=True)
        _tell(scan, "scan_taken", viewer)
        if engine.is_there():
            queue.configure_task(TASK).defer(scan=str(scan.id))
        else:
            Scan.objects.filter(id=scan.id).update(state=ScanState.FAILED, error="reporting.ocr_missing")
    return scan


def read_scan(scan_id: UUID) -> None:
    """Read a picture that waits. Jobs only; called again it reads what was cut short, and leaves what is read."""
    with transaction.atomic():
        scan = Scan.objects.select_for_update().filter(id=scan_id).first()
        if scan is None or scan.state not in (ScanState.WAITING, ScanState.READING):
            return
        Scan.objects.filter(id=scan_id).update(state=ScanState.READING)
    try:
        lines, page = engine.recognise(sealing().open(scan.picture, picture_context(scan.id)))
        answers = read(lines, load())
    except YifangError as refused:
        Scan.objects.filter(id=scan_id).update(state=ScanState.FAILED, error=refused.code[:40])
        return
    found = json.dumps({name: asdict(one) for name, one in answers.items()}, ensure_ascii=False).encode()
    width, height = engine.size(page)
    with transaction.atomic():
        Scan.objects.filter(id=scan_id).update(
            picture=sealing().seal(page, picture_context(scan.id)), media="image/jpeg", width=width, height=height,
            found=sealing().seal(found, found_context(scan.id)), state=ScanState.READ, error="",
        )  # fmt: skip
        _tell(scan, "scan_read", NODE, fields=sorted(answers))


def draft(scan_id: UUID, viewer: Viewer) -> Card:
    """The draft of a picture: sure answers filled, the others empty; the picture stays attached to the card.

    Raises NotFound `reporting.no_scan`, WrongState `reporting.scan_drafted`, `reporting.scan_waiting`.
    """
    viewer.check("card.draft")
    with transaction.atomic():
        scan = Scan.objects.select_for_update().filter(id=scan_id, organisation_id=viewer.organisation_id).first()
        if scan is None:
            raise NotFound("reporting.no_scan")
        if scan.state == ScanState.DRAFTED:
            raise WrongState("reporting.scan_drafted")
        if scan.state in (ScanState.WAITING, ScanState.READING):
            raise WrongState("reporting.scan_waiting")
        answers = found_in(scan)
        card = draft_blank(viewer, {name: one.value for name, one in answers.items() if one.is_sure})
        scan.card, scan.state = card, ScanState.DRAFTED
        scan.save(update_fields=["card", "state"])
        _tell(scan, "scan_drafted", viewer, card=card.id)
    return card


def attach(card: Card, name: str, data: bytes, viewer: Viewer) -> Scan:
    """Attach a picture to a card that is there: the paper behind a card typed for another unit."""
    with transaction.atomic():
        scan = take(name, data, viewer)
        scan.card_id, scan.state, scan.error = card.id, ScanState.DRAFTED, ""
        scan.save(update_fields=["card", "state", "error"])
    return scan


def picture_of(scan: Scan, viewer: Viewer) -> bytes:
    """The picture, opened; leaves an access entry. Raises UserError `records.purpose_needed` without a purpose."""
    if not viewer.purpose:
        raise UserError("records.purpose_needed")
    looked("card.scan_opened", "scan", scan.id, viewer)
    return sealing().open(scan.picture, picture_context(scan.id))


def found_in(scan: Scan) -> dict[str, Answer]:
    """What was read, by field; nothing where nothing was."""
    if scan.found is None:
        return {}
    kept = json.loads(sealing().open(scan.found, found_context(scan.id)))
    return {name: Answer(one["value"], one["confidence"], tuple(one["box"])) for name, one in kept.items()}


def picture_context(scan: UUID) -> str:
    """What a sealed picture is bound to."""
    return f"scan:{scan}"


def found_context(scan: UUID) -> str:
    """What the sealed reading is bound to."""
    return f"scan-found:{scan}"


def _tell(scan: Scan, what: str, by: Actor, *, fields: Sequence[str] = (), **facts: object) -> None:
    scopes = [f"org:{scan.organisation_id}"]
    append(Change(f"reporting.{what}", "scan", scan.id, fields=fields, facts=facts, scopes=scopes), by)
