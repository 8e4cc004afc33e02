"""The identity of a person: sealed whole, found by keyed hashes, shown masked.

Opening it (`open_identity`) needs a purpose, or the database refuses, and leaves an entry in the access stream.
"""

import json
import re
import unicodedata
from dataclasses import asdict, dataclass, fields
from uuid import UUID

from yifang.apps.accounts.keys import sealing
from yifang.apps.accounts.viewers import Viewer
from yifang.apps.ledger.services import looked
from yifang.apps.records.models import PersonIdentity
from yifang.formats import canonical
from yifang.kernel import identity_number
from yifang.kernel.errors import NotFound, UserError, YifangError

_NOT_SPELLING = re.compile(r"[\s·・•.,'’-]")


@dataclass(frozen=True, slots=True)
class Identity:
    """Who somebody is and how to reach them; empty strings where it is not known."""

    name: str = ""
    id_type: str = ""
    id_no: str = ""
    phone: str = ""
    address: str = ""
    guardian: str = ""
    employer: str = ""

    def merged(self, newer: "Identity") -> "Identity":
        """This identity with whatever `newer` knows."""
        return Identity(*(getattr(newer, one.name) or getattr(self, one.name) for one in fields(Identity)))


def identity_of(person: canonical.Person) -> Identity:
    """The identity that a record gives; a malformed resident number is kept as it came."""
    chosen = next((one for one in person.identifiers if one.kind == "cn_id"), None)
    passport = next((one for one in person.identifiers if one.kind == "passport"), None)
    number = chosen or passport
    return Identity(
        name=person.name.strip(),
        id_type="01" if chosen else "03" if passport else "",
        id_no=number.value.strip() if number else "",
        phone=person.phone,
        address=person.address,
        guardian=person.guardian,
        employer=person.employer,
    )


def number_key(identity: Identity) -> bytes | None:
    """The search key of the identity number (15 digits found as 18); None for none, or for one that fails its check."""
    if not identity.id_no or identity.id_no in ("无", "不详"):
        return None
    if identity.id_type in ("", "01", "08"):
        try:
            return sealing().index("id", identity_number.parse(identity.id_no).number)
        except YifangError:
            return None
    return sealing().index("id", f"{identity.id_type}:{identity.id_no}")


def name_key(name: str) -> bytes | None:
    return sealing().index("name", name) if name.strip() else None


def same_name(one: str, other: str) -> bool:
    """Whether two names may be one: spelt alike but for spaces, dots and case; a missing or masked one may be any."""
    first, second = (_NOT_SPELLING.sub("", unicodedata.normalize("NFKC", name)).casefold() for name in (one, other))
    return not first or not second or first == second or any(mark in first + second for mark in "*×")


def phone_key(phone: str) -> bytes | None:
    digits = "".join(one for one in phone if one.isdigit())
    return sealing().index("phone", digits[-11:]) if len(digits) >= 7 else None


def seal(person_id: UUID, identity: Identity) -> bytes:
    plain = {name: value for name, value in asdict(identity).items() if value}
    return sealing().seal(json.dumps(plain, ensure_ascii=False).encode(), context(person_id))


def unseal(person_id: UUID, sealed: bytes) -> Identity:
    return Identity(**json.loads(sealing().open(sealed, context(person_id))))


def context(person_id: UUID) -> str:
    """What the sealed bytes of an identity are bound to."""
    return f"person:{person_id}"


def open_identity(person_id: UUID, viewer: Viewer, *, kind: str = "person.opened") -> Identity:
    """The plain identity, with an entry in the access stream.

    Raises UserError `records.purpose_needed` without a purpose, NotFound where the viewer may not see the person.
    """
    if not viewer.purpose:
        raise UserError("records.purpose_needed")
    row = PersonIdentity.objects.filter(person_id=person_id).first()
    if row is None:
        raise NotFound("records.no_person")
    looked(kind, "person", person_id, viewer)
    return unseal(person_id, row.sealed)


def mask_name(name: str) -> str:
    """张三 → 张*, 欧阳小明 → 欧**明, John Smith → J*** S****."""
    words = name.split()
    if len(words) > 1 or name.isascii():
        return " ".join(word[0] + "*" * min(len(word) - 1, 4) for word in words)
    if len(name) <= 2:
        return name[:1] + "*" * (len(name) - 1)
    return name[0] + "*" * (len(name) - 2) + name[-1]


def mask_number(number: str) -> str:
    """The first three and last two characters of a number of eight or more, else stars only."""
    return f"{number[:3]}{'*' * (len(number) - 5)}{number[-2:]}" if len(number) >= 8 else "*" * len(number)
