"""The identity of a person: sealed whole, found by keyed hashes, shown masked.

Opening it (`open_identity`) needs a purpose, or the database refuses, and leaves an entry in the access stream.
"""

import json
import re
import unicodedata
from dataclasses import dataclass, fields
from datetime import date
from functools import lru_cache
from uuid import UUID

from yifang import link
from yifang.apps.accounts.keys import sealing
from yifang.apps.accounts.viewers import Viewer
from yifang.apps.ledger.services import looked
from yifang.apps.records.models import PersonIdentity
from yifang.formats import canonical
from yifang.kernel import areas, identity_number
from yifang.kernel.errors import NotFound, UserError, YifangError
from yifang.kernel.sealing import Sealing
from yifang.knowledge import load

_REMEMBERED = 4  # earlier spellings, telephones and addresses each
_NOT_SPELLING = re.compile(r"[\s·・•.,'’-]")


@dataclass(frozen=True, slots=True)
class Identity:
    """Who somebody is and how to reach them; empty strings where it is not known.

    The last four serve finding the same person again: numbers of hospitals and insurance (`mrn|…`, `insurance|…`), and
    earlier spellings, telephones and addresses, the newest first. They are shown nowhere.
    """

    name: str = ""
    id_type: str = ""
    id_no: str = ""
    phone: str = ""
    address: str = ""
    guardian: str = ""
    employer: str = ""
    numbers: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()

    def merged(self, newer: "Identity") -> "Identity":
        """This identity with whatever `newer` knows; what it replaces is remembered."""
        told = {name: getattr(newer, name) or getattr(self, name) for name in _FIELDS}
        numbers = dict.fromkeys((*newer.numbers, *self.numbers))
        told["numbers"] = tuple(numbers)[: linkage().most_numbers]
        for now, before in (("name", "names"), ("phone", "phones"), ("address", "addresses")):
            known = dict.fromkeys((getattr(self, now), *getattr(newer, before), *getattr(self, before)))
            told[before] = tuple(one for one in known if one and one != told[now])[:_REMEMBERED]
        return Identity(**told)


_FIELDS = tuple(one.name for one in fields(Identity))


def identity_of(person: canonical.Person, organisation: UUID | None = None) -> Identity:
    """The identity that a record gives; a malformed resident number is kept as it came.

    A patient number counts only within the `organisation` that sent it, whoever it names as the assigner.
    """
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
        numbers=tuple(
            f"mrn|{organisation}|{one.assigner}|{one.value}" if one.kind == "mrn" else f"insurance|{one.value}"
            for one in person.identifiers
            if one.kind == "insurance" or (one.kind == "mrn" and organisation)
        ),
    )


def linkage() -> link.Rules:
    """The rules by which people are linked."""
    return link.rules_of(load().linkage)


def facts_of(
    identity: Identity, sex: str, birth: date | None, area: str, organisation: UUID | None, *, whole: bool = True
) -> link.Facts:
    """What an identity says, for comparing it with another; `organisation` is the one source that knows them so.

    Unless `whole`, only what the keys of the receiving blocks are made of: it is asked for every record that comes in.
    """
    rules = linkage()
    wanted = None if whole else rules.receiving_fields
    return link.facts(
        names=(identity.name, *identity.names), sex=sex, birth=birth, id_no=identity.id_no, id_type=identity.id_type,
        phones=(identity.phone, *identity.phones) if wanted is None or "phone" in wanted else (),
        addresses=(identity.address, *identity.addresses) if wanted is None or "address" in wanted else (),
        township=_township(area) if wanted is None or "township" in wanted else "",
        guardian=identity.guardian,
        insurance=[one for one in identity.numbers if one.startswith("insurance|")],
        mrn=[one for one in identity.numbers if one.startswith("mrn|")],
        organisation=str(organisation) if organisation else "", no_phone=rules.no_phone,
        sounds=wanted is None or bool({"sound", "given_sound"} & wanted),
    )  # fmt: skip


@lru_cache(maxsize=8192)
def _township(area: str) -> str:
    try:
        return areas.at_level(area, "township") or "" if area else ""
    except YifangError:
        return ""


def facts_of_row(row: PersonIdentity, ring: Sealing | None = None) -> link.Facts:
    """What is stored of a person. Jobs only. `ring`, here and below: whoever works on many asks for it once."""
    person = row.person
    identity = unseal(row.person_id, row.sealed, ring)
    return facts_of(identity, person.sex, person.birth_date, person.area_code, person.organisation_id)


def link_key(block: str, text: str, ring: Sealing | None = None) -> bytes:
    """The keyed hash of a block of the linkage pack."""
    return (ring or sealing()).index(f"link.{block}", text)


def number_key(identity: Identity, ring: Sealing | None = None) -> bytes | None:
    """The search key of the identity number (15 digits found as 18); None for none, or for one that fails its check."""
    if not identity.id_no or identity.id_no in ("无", "不详"):
        return None
    if identity.id_type in ("", "01", "08"):
        try:
            return (ring or sealing()).index("id", identity_number.parse(identity.id_no).number)
        except YifangError:
            return None
    return (ring or sealing()).index("id", f"{identity.id_type}:{identity.id_no}")


def name_key(name: str, ring: Sealing | None = None) -> bytes | None:
    return (ring or sealing()).index("name", name) if name.strip() else None


def same_name(one: str, other: str) -> bool:
    """Whether two names may be one: spelt alike but for spaces, dots and case; a missing or masked one may be any."""
    first, second = (_NOT_SPELLING.sub("", unicodedata.normalize("NFKC", name)).casefold() for name in (one, other))
    return not first or not second or first == second or any(mark in first + second for mark in "*×")


def names_fit(known: Identity, name: str) -> bool:
    """Whether a name may be this person's, as spelt now or before, or sounding alike."""
    sound = link.sound(link.spelling(name))
    return any(
        same_name(one, name) or (sound and sound == link.sound(link.spelling(one)))
        for one in (known.name, *known.names)
    )


def phone_key(phone: str, ring: Sealing | None = None) -> bytes | None:
    digits = "".join(one for one in phone if one.isdigit())
    return (ring or sealing()).index("phone", digits[-11:]) if len(digits) >= 7 else None


def seal(person_id: UUID, identity: Identity, ring: Sealing | None = None) -> bytes:
    plain = {name: value for name in _FIELDS if (value := getattr(identity, name))}
    return (ring or sealing()).seal(json.dumps(plain, ensure_ascii=False).encode(), context(person_id))


def unseal(person_id: UUID, sealed: bytes, ring: Sealing | None = None) -> Identity:
    told = json.loads((ring or sealing()).open(sealed, context(person_id)))
    return Identity(**{name: tuple(value) if isinstance(value, list) else value for name, value in told.items()})


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
