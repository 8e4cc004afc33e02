"""How two nodes come to know each other: an invitation goes down, an answer goes up, and people of both sides read each
other the fingerprints by telephone. Neither file holds a secret; what makes them safe is that reading.

The invitation names what a lower node may speak for; it is remembered until it is answered, and answered once.
"""

from __future__ import annotations

import hmac
import json
import secrets as random
import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction

from yifang.apps.ledger.services import NODE, Change, append
from yifang.apps.places.models import Organisation
from yifang.apps.relay import keys, outbox
from yifang.apps.relay.models import Batch, Peer, PeerState, Side, Transport
from yifang.kernel import clock, protocols
from yifang.kernel.errors import NotFound, UserError, WrongState

_OPEN = "relay-invitations.json"  # in the data folder: what was invited and not answered yet
_VALID = timedelta(days=30)
_ABOVE = {"hospital": "district", "district": "city", "city": "province"}
Json = dict[str, Any]


def own_fingerprint() -> str:
    """What people of this node read to those of the other."""
    ours = keys.node_keys()
    return keys.fingerprint(ours.node, ours.newest.public)


def invite(role: str, organisations: Sequence[str], *, url: str = "", folder: str = "") -> Json:
    """An invitation for a lower node of that role, to speak for those organisations. `folder`: by batch files.

    Raises UserError `relay.role`, `relay.no_organisation`, `relay.way`.
    """
    here = settings.YIFANG.role
    if _ABOVE.get(role) != here:
        raise UserError("relay.role", role=role, here=here)
    known = set(Organisation.objects.filter(code__in=organisations).values_list("code", flat=True))
    if missing := [one for one in organisations if one not in known]:
        raise UserError("relay.no_organisation", organisation=", ".join(missing))
    if role == "hospital" and not organisations:
        raise UserError("relay.no_organisation", organisation="—")
    if bool(url) == bool(folder) and not folder:
        raise UserError("relay.way")
    token = random.token_hex(16)
    open_ = _open()
    open_[token] = {
        "role": role, "organisations": list(organisations), "folder": folder,
        "until": (clock.now() + _VALID).isoformat(),
    }  # fmt: skip
    _keep(open_)
    return {**_card(), "token": token, "for": role, "url": "" if folder else url, "folder": bool(folder)}


def join(invitation: Mapping[str, Any], fingerprint: str, *, folder: str = "") -> Json:
    """Take an upper node's invitation: the answer that goes back to it.

    Raises UserError `relay.not_a_file`, `relay.fingerprint`, `relay.role`, `relay.way`; WrongState `relay.joined`.
    """
    _check(invitation, fingerprint)
    if _ABOVE.get(settings.YIFANG.role) != invitation["role"] or invitation.get("for") != settings.YIFANG.role:
        raise UserError("relay.role", role=settings.YIFANG.role, here=str(invitation["role"]))
    if invitation.get("folder") and not folder:
        raise UserError("relay.way")
    peer = _made(invitation, Side.UP, folder, url=str(invitation.get("url", "")))
    peer.organisations = []
    _store(peer)
    return {**_card(), "token": invitation["token"]}


def admit(answer: Mapping[str, Any], fingerprint: str) -> Peer:
    """Let the lower node in that answered an invitation. Raises UserError as `join`, NotFound `relay.no_invitation`."""
    _check(answer, fingerprint)
    open_ = _open()
    invited = open_.get(str(answer.get("token")))
    if invited is None or datetime.fromisoformat(invited["until"]) < clock.now():
        raise NotFound("relay.no_invitation")
    if answer["role"] != invited["role"]:
        raise UserError("relay.role", role=str(answer["role"]), here=settings.YIFANG.role)
    peer = _made(answer, Side.DOWN, invited["folder"])
    peer.organisations = invited["organisations"]
    _store(peer)
    del open_[str(answer["token"])]
    _keep(open_)
    return peer


def pause(peer: Peer, paused: bool) -> None:
    """Stop exchanging with a peer, or go on. What concerns it is queued meanwhile."""
    with transaction.atomic():
        peer.state = PeerState.PAUSED if paused else PeerState.ACTIVE
        Peer.objects.filter(id=peer.id).update(state=peer.state, next_try_at=None, attempts=0)
        append(Change("relay.paused" if paused else "relay.resumed", "peer", peer.id, facts={"node": peer.node}), NODE)


def resend(peer: Peer, start: int = 0) -> int:
    """Send again what has no receipt, or with `start` everything from that number on. Returns how many batches."""
    with transaction.atomic():
        rows = Batch.objects.filter(peer=peer, epoch=peer.out_epoch)
        rows = rows.filter(number__gte=start) if start else rows.filter(acked_at__isnull=True)
        number = rows.update(sent_at=None, acked_at=None)
        stored = min(peer.out_stored, start - 1 if start else peer.out_acked)
        Peer.objects.filter(id=peer.id).update(out_stored=stored, next_try_at=None, attempts=0)
        append(Change("relay.resent", "peer", peer.id, facts={"node": peer.node, "batches": number}), NODE)
    return number


def rotate() -> str:
    """A new pair of keys; every peer is told under the signature of the old one. Returns the new fingerprint."""
    keys.rotate()
    with transaction.atomic():
        append(Change("relay.keys_rotated", "peer", None, facts={"key": keys.node_keys().newest.id}), NODE)
    return own_fingerprint()


def _card() -> Json:
    """Who we are, for an invitation or an answer."""
    ours = keys.node_keys()
    config = settings.YIFANG
    return {
        "yifang": "relay", "v": 1, "node": ours.node, "name": config.name, "role": config.role, "area": config.area,
        "key": dict(ours.newest.public), "kinds": [one.name for one in protocols.relayed],
        "release": outbox.release(),
    }  # fmt: skip


def _check(said: Mapping[str, Any], fingerprint: str) -> None:
    try:
        if said["yifang"] != "relay" or not isinstance(said["role"], str) or len(str(said["node"])) > 32:
            raise ValueError
        keys.public_of(said["key"])
        expected = keys.fingerprint(str(said["node"]), said["key"])
    except (KeyError, TypeError, ValueError):
        raise UserError("relay.not_a_file") from None
    folded = "".join(fingerprint.split()).upper()
    if not hmac.compare_digest(folded.encode(), expected.replace(" ", "").encode()):
        raise UserError("relay.fingerprint")


def _made(said: Mapping[str, Any], side: Side, folder: str, *, url: str = "") -> Peer:
    ours = keys.node_keys()
    return Peer(
        node=str(said["node"]), name=str(said.get("name", ""))[:80], role=said["role"][:10], side=side,
        area_code=str(said.get("area", ""))[:15], transport=Transport.FOLDER if folder else Transport.HTTPS,
        url=folder or url[:300], keys=[{name: str(said["key"][name]) for name in ("id", "sign", "seal")}],
        knows=ours.newest.id, kinds=[str(one)[:20] for one in said.get("kinds", [])],
        release=str(said.get("release", ""))[:40], out_epoch=int(time.time()), joined_at=clock.now(),
    )  # fmt: skip


def _store(peer: Peer) -> None:
    try:
        with transaction.atomic():
            peer.save(force_insert=True)
            brought = outbox.bring_everything(peer)
            facts = {"node": peer.node, "role": peer.role, "side": peer.side, "brought": brought}
            append(Change("relay.joined", "peer", peer.id, facts=facts), NODE)
    except IntegrityError:
        raise WrongState("relay.joined", name=peer.name) from None


def _open() -> Json:
    path: Path = settings.YIFANG.data / _OPEN
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}


def _keep(open_: Json) -> None:
    path: Path = settings.YIFANG.data / _OPEN
    fresh = path.with_suffix(".new")
    fresh.touch(mode=0o600)
    fresh.write_text(json.dumps(open_, indent=1), encoding="utf-8")
    fresh.replace(path)
