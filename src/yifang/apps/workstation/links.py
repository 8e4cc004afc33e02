"""The text of a signed link, made by a hospital's system and read by us; pure.

A link is `yf1.<key>.<payload>.<signature>`: the id of the key (32 hex digits), payload and signature in base64url
without padding. The signature is over the ASCII text before its dot: HMAC-SHA256 under the secret as it was handed
out, or Ed25519. The payload is JSON:

    {"doctor": "D001", "visit": "MZ20261128001", "patient": "0012345", "at": 1795855200, "nonce": "9f0c…"}

`doctor` is the staff number, `visit` the number of the visit, `patient` (one of the two suffices) the hospital's number
of the patient, `at` seconds since 1970, `nonce` 16 to 64 characters that are never used twice.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from yifang.kernel import identity_number
from yifang.kernel.errors import YifangError

LIFE = timedelta(seconds=120)  # a browser opens it at once; a slow desktop takes seconds
SKEW = timedelta(seconds=60)  # a clock that is ahead of ours by more is told so
LONGEST = 1500
_LINK = re.compile(r"yf1\.([0-9a-f]{32})\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)")
_NONCE = re.compile(r"[A-Za-z0-9_-]{16,64}")
_NUMBER = re.compile(r"[^\s\x00-\x1f]{1,64}")


class BadLink(Exception):
    """A link that opens nothing: the code of what people are told, and what fills its words."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code, self.params = f"workstation.{code}", params


@dataclass(frozen=True, slots=True)
class Asked:
    """What a link asks for: whose window, about which visit or patient."""

    doctor: str
    visit: str
    patient: str
    at: datetime
    nonce: str


def key_of(link: str) -> str:
    """The id (hex) of the key that a link says it is signed with. Raises BadLink `link_shape`."""
    return _parts(link)[0]


def sign(key: str, secret: str, asked: dict[str, Any]) -> str:
    """A link signed with HMAC-SHA256: what `docs/workstation.md` shows in four languages."""
    body = f"yf1.{key}.{_encoded(json.dumps(asked, ensure_ascii=False, separators=(',', ':')).encode())}"
    return f"{body}.{_encoded(hmac.new(secret.encode(), body.encode(), sha256).digest())}"


def verify_hmac(link: str, secret: str) -> None:
    """Raises BadLink `link_signature` unless the secret signed it."""
    key, payload, signature = _parts(link)
    right = hmac.new(secret.encode(), f"yf1.{key}.{payload}".encode(), sha256).digest()
    if not hmac.compare_digest(right, _decoded(signature)):
        raise BadLink("link_signature")


def verify_ed25519(link: str, public: bytes) -> None:
    """Raises BadLink `link_signature` unless the private half of `public` (32 bytes) signed it."""
    key, payload, signature = _parts(link)
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(_decoded(signature), f"yf1.{key}.{payload}".encode())
    except InvalidSignature:
        raise BadLink("link_signature") from None


def read(link: str, now: datetime) -> Asked:
    """What a verified link asks. Raises BadLink `link_payload`, `link_identity`, `link_late`, `link_early`."""
    try:
        said = json.loads(_decoded(_parts(link)[1]))
    except (ValueError, RecursionError):
        raise BadLink("link_payload", field="JSON") from None
    if not isinstance(said, dict):
        raise BadLink("link_payload", field="JSON")
    doctor, visit, patient = (_number(said, name) for name in ("doctor", "visit", "patient"))
    if not doctor:
        raise BadLink("link_payload", field="doctor")
    if not visit and not patient:
        raise BadLink("link_payload", field="visit")
    nonce, at = said.get("nonce"), said.get("at")
    if not isinstance(nonce, str) or not _NONCE.fullmatch(nonce):
        raise BadLink("link_payload", field="nonce")
    if isinstance(at, bool) or not isinstance(at, int | float) or not 0 < at < 32_503_680_000:
        raise BadLink("link_payload", field="at")
    made = datetime.fromtimestamp(at, UTC)
    if made < now - LIFE:
        raise BadLink("link_late", seconds=round((now - made).total_seconds()), life=round(LIFE.total_seconds()))
    if made > now + SKEW:
        raise BadLink("link_early", seconds=round((made - now).total_seconds()))
    return Asked(doctor, visit, patient, made, nonce)


def _number(said: dict[str, Any], name: str) -> str:
    """One of the hospital's own numbers; a resident identity number has no place in an address."""
    value = said.get(name, "")
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or (value and not _NUMBER.fullmatch(value)):
        raise BadLink("link_payload", field=name)
    if len(value) == 18:
        try:
            identity_number.parse(value)
        except YifangError:
            return value
        raise BadLink("link_identity", field=name)
    return value


def _parts(link: str) -> tuple[str, str, str]:
    match = _LINK.fullmatch(link) if len(link) <= LONGEST else None
    if match is None:
        raise BadLink("link_shape")
    return match[1], match[2], match[3]


def _decoded(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        raise BadLink("link_shape") from None


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
