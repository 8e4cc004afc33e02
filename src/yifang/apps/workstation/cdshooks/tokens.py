"""The token by which a CDS client proves who it is: a JWT that it signs for each call, checked by its registered keys.

Keys come from the registration alone: a `jku` in the token is never fetched, or whoever signs could name their own.
"""

from __future__ import annotations

import json
from datetime import timedelta
from hashlib import sha256

import jwt
from django.db import connection

from yifang.apps.accounts.viewers import enter, visitor
from yifang.apps.workstation.links import BadLink
from yifang.apps.workstation.models import ClientKind, UsedLink
from yifang.apps.workstation.services import clients
from yifang.kernel import clock

ALGORITHMS = ("ES384", "RS384", "ES256", "RS256", "RS512", "ES512", "PS256", "PS384", "EdDSA")  # asymmetric only
LONGEST = timedelta(minutes=5)  # between `iat` and `exp`, as the specification says
SKEW = timedelta(seconds=60)


def check(token: str, audience: str, address: str) -> clients.Known:
    """The client that signed the token for this address of ours, once. Raises BadLink with the reason."""
    try:
        head = jwt.get_unverified_header(token)
        said = jwt.decode(token, options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError, RecursionError):
        raise BadLink("token_shape") from None
    issuer = said.get("iss")
    with enter(visitor(None)):
        client = clients.known(issuer=issuer) if isinstance(issuer, str) else None
    client = clients.check(client, address)
    if client.kind != ClientKind.CDS:
        raise BadLink("client_unknown")
    if head.get("alg") not in ALGORITHMS:
        raise BadLink("token_algorithm", algorithm=str(head.get("alg"))[:20])
    said = _verified(token, head, client.public, audience)
    if said["exp"] - said["iat"] > LONGEST.total_seconds():
        raise BadLink("token_long", seconds=int(LONGEST.total_seconds()))
    with enter(visitor(None)):
        if not _first_time(client, str(said["jti"]), said["exp"]):
            raise BadLink("token_used")
        clients.mark_used(client.id)
    return client


def _verified(token: str, head: dict[str, object], jwks: str, audience: str) -> dict[str, float]:
    keys = jwt.PyJWKSet(json.loads(jwks)["keys"]).keys
    named = [key for key in keys if key.key_id == head.get("kid")] or [key for key in keys if not key.key_id]
    if not named:
        raise BadLink("token_key", kid=str(head.get("kid"))[:60])
    try:
        said: dict[str, float] = jwt.decode(
            token, named[0].key, algorithms=[str(head["alg"])], audience=audience, leeway=SKEW,
            options={"require": ["iss", "aud", "exp", "iat", "jti"]},
        )  # fmt: skip
    except jwt.InvalidAudienceError:
        raise BadLink("token_audience", audience=audience) from None
    except jwt.ExpiredSignatureError:
        raise BadLink("token_late") from None
    except jwt.ImmatureSignatureError:
        raise BadLink("token_early") from None
    except jwt.MissingRequiredClaimError as missing:
        raise BadLink("token_claim", claim=missing.claim) from None
    except (jwt.PyJWTError, ValueError, TypeError):
        raise BadLink("token_signature") from None
    return said


def _first_time(client: clients.Known, jti: str, expires: float) -> bool:
    digest = sha256(f"jti:{client.id}:{jti}".encode()).digest()
    until = clock.now() + timedelta(seconds=max(0.0, expires - clock.now().timestamp())) + SKEW
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {UsedLink._meta.db_table} (digest, until) VALUES (%s, %s) ON CONFLICT DO NOTHING",
            [digest, until],
        )
        return cursor.rowcount == 1
