"""A hospital's systems that may open windows or ask by CDS Hooks: made, revoked, tried; and our own links.

A secret is said once, when it is made, and kept sealed: unlike the keys of feeds it must sign anew on our side.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
from django.db import connection, transaction

from yifang.apps.accounts.keys import sealing
from yifang.apps.ledger.services import Actor, Change, append
from yifang.apps.places.models import Organisation
from yifang.apps.workstation.links import BadLink
from yifang.apps.workstation.models import Client, ClientKind
from yifang.kernel import clock
from yifang.kernel.errors import NotFound, UserError
from yifang.kernel.ids import new_id
from yifang.kernel.sealing import SealBroken

LONGEST_DAYS = 3660
OWN = "yf0."  # how a link of our own begins: sealed whole, it tells nothing to who reads the address
_OWN_CONTEXT = "workstation.link"


@dataclass(frozen=True, slots=True)
class Known:
    """A client as it is tried: whose it is and what checks it."""

    id: UUID
    organisation_id: UUID
    kind: str
    sealed: bytes | None
    public: str
    networks: str
    expires_at: datetime
    revoked_at: datetime | None

    @property
    def secret(self) -> str:
        """The secret of an HMAC client."""
        return sealing().open(self.sealed or b"", context(self.id)).decode()

    def takes(self, address: str) -> bool:
        """Whether it may come from this address."""
        if not self.networks:
            return True
        try:
            at = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(at in ipaddress.ip_network(one, strict=False) for one in self.networks.split(","))


def context(id: Any) -> str:
    """What the sealed bytes of a client are bound to."""
    return f"workstation.client:{id}"


def add_client(
    organisation: Organisation,
    name: str,
    kind: str,
    by: Actor,
    *,
    days: int = 365,
    public: str = "",
    issuer: str = "",
    networks: str = "",
) -> tuple[Client, str]:
    """A new client of the hospital and, for HMAC, its secret, which nobody can say again.

    `public` is the PEM or base64 of an Ed25519 key, or the JWKS of a CDS client. Raises UserError
    `workstation.client_days`, `client_key`, `client_jwks`, `client_issuer`, `client_issuer_taken`, `client_network`.
    """
    if not 0 < days <= LONGEST_DAYS:
        raise UserError("workstation.client_days", most=LONGEST_DAYS)
    secret, now = "", clock.now()
    client = Client(
        id=new_id(), organisation=organisation, name=name[:80], kind=kind, made_at=now,
        expires_at=now + timedelta(days=days), networks=_networks(networks),
    )  # fmt: skip
    if kind == ClientKind.HMAC:
        secret = secrets.token_urlsafe(32)
        client.sealed = sealing().seal(secret.encode(), context(client.id))
    elif kind == ClientKind.ED25519:
        client.public = _ed25519(public)
    else:
        client.public, client.issuer = _jwks(public), _issuer(issuer)
    with transaction.atomic():
        client.save(force_insert=True)
        _say("workstation.client_added", client, by)
    return client, secret


def revoke_client(organisation: Organisation, beginning: str, by: Actor) -> Client:
    """End the client of that name, or whose id begins so. Raises NotFound `workstation.no_client`."""
    there = list(Client.objects.filter(organisation=organisation, revoked_at=None))
    wanted = beginning.lower().replace("-", "")
    found = [one for one in there if one.name == beginning]
    found = found or [one for one in there if wanted and one.id.hex.startswith(wanted)]
    if len(found) != 1:
        raise NotFound("workstation.no_client", name=beginning, clients=[f"{one.id.hex} {one.name}" for one in there])
    client = found[0]
    client.revoked_at = clock.now()
    with transaction.atomic():
        client.save(update_fields=["revoked_at"])
        _say("workstation.client_revoked", client, by)
    return client


def known(id: str = "", issuer: str = "") -> Known | None:
    """The client of that id (hex) or issuer as the database tells it to who asks by name, None for none."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM yf_workstation_client(%s, %s)", [UUID(id) if id else None, issuer])
        row = cursor.fetchone()
    return Known(*row[:3], bytes(row[3]) if row[3] else None, *row[4:]) if row else None


def check(client: Known | None, address: str) -> Known:
    """The client where it may be used now and from there. Raises BadLink `client_unknown`, `client_revoked`,
    `client_expired`, `client_address`."""
    if client is None:
        raise BadLink("client_unknown")
    if client.revoked_at is not None:
        raise BadLink("client_revoked")
    if client.expires_at <= clock.now():
        raise BadLink("client_expired")
    if not client.takes(address):
        raise BadLink("client_address", address=address)
    return client


def mark_used(client: UUID) -> None:
    """Note that it was used today."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT yf_workstation_used(%s, %s)", [client, clock.today()])


def own_link(
    organisation: UUID,
    doctor: str,
    *,
    visit: str = "",
    patient: str = "",
    client: UUID | None = None,
    hours: float = 0,
) -> str:
    """The path of a link of our own to a window: for CDS cards, for the exchange, for trying it out.

    Good for as long as any link, or for `hours`: a card stays open beside the record as long as the visit lasts.
    """
    said = {
        "organisation": str(organisation), "doctor": doctor, "visit": visit, "patient": patient,
        "client": str(client or ""), "at": clock.now().timestamp() + hours * 3600, "nonce": secrets.token_urlsafe(16),
    }  # fmt: skip
    return f"/w/{OWN}{_encoded(sealing().seal(json.dumps(said).encode(), _OWN_CONTEXT))}"


def read_own(link: str) -> dict[str, Any]:
    """What a link of our own says. Raises BadLink `link_shape`."""
    try:
        raw = base64.urlsafe_b64decode(link.removeprefix(OWN) + "===")
        said: dict[str, Any] = json.loads(sealing().open(raw, _OWN_CONTEXT))
    except (binascii.Error, ValueError, SealBroken):
        raise BadLink("link_shape") from None
    return said


def _ed25519(public: str) -> str:
    """The key as base64 of its 32 bytes."""
    text = public.strip()
    try:
        if text.startswith("-----BEGIN"):
            loaded = load_pem_public_key(text.encode())
            if not isinstance(loaded, Ed25519PublicKey):
                raise ValueError(text)
            return base64.b64encode(loaded.public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()
        raw = base64.b64decode(text, validate=True)
        Ed25519PublicKey.from_public_bytes(raw)
    except ValueError:
        raise UserError("workstation.client_key") from None
    return base64.b64encode(raw).decode()


def _jwks(text: str) -> str:
    """A JWK set (or one JWK) of public keys, as it is kept."""
    try:
        said = json.loads(text)
        keys = said.get("keys", [said])
        if any("d" in key or key.get("kty") == "oct" for key in keys):
            raise UserError("workstation.client_jwks_private")
        if not jwt.PyJWKSet(keys).keys:
            raise UserError("workstation.client_jwks")
    except (ValueError, TypeError, AttributeError, jwt.PyJWTError):
        raise UserError("workstation.client_jwks") from None
    return json.dumps({"keys": keys})


def _issuer(issuer: str) -> str:
    issuer = issuer.strip()
    if not issuer or len(issuer) > 300:
        raise UserError("workstation.client_issuer")
    if Client.objects.filter(issuer=issuer, revoked_at=None).exists():
        raise UserError("workstation.client_issuer_taken", issuer=issuer)
    return issuer


def _networks(text: str) -> str:
    named = [one.strip() for one in text.split(",") if one.strip()]
    for one in named:
        try:
            ipaddress.ip_network(one, strict=False)
        except ValueError:
            raise UserError("workstation.client_network", address=one) from None
    return ",".join(named)[:300]


def _say(kind: str, client: Client, by: Actor) -> None:
    append(
        Change(
            kind, "workstation_client", client.id, facts={"organisation": client.organisation_id, "kind": client.kind},
            scopes=[client.organisation.scope],
        ),
        by,
    )  # fmt: skip


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
