"""The identity of a report within its sender: the key that a repeat, a correction and a withdrawal share.

HL7 and FHIR of one report must give one key, so only what both carry takes part: the filler's order number, what was
ordered, and the person's number. The number of the message is the last resort, and a digest of the content after it.
The person takes part because short order numbers repeat between laboratories that share one feed, but only as a short
digest: keys stand beside facts, where no identity may stand.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

from yifang.formats.canonical import Identifier, Person, Source
from yifang.kernel.digest import digest_of
from yifang.kernel.identity_number import is_valid


def person_part(person: Person) -> str:
    """What tells persons apart in a key: eight hex digits of the first identifier, else of name and birth; `""` if
    unknown.

    A social-security number comes last, since receivers are often not given it.
    """
    known = [identifier.value for identifier in person.identifiers if identifier.kind != "ssn"]
    known += [identifier.value for identifier in person.identifiers]
    told = known[0] if known else person.name + (person.birth.iso if person.birth else "")
    return hashlib.blake2s(told.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest() if told else ""


def report_key(kind: str, *parts: str) -> str:
    """`kind:part|part…`; the parts are stripped, empty ones keep their place."""
    return f"{kind}:{'|'.join(part.strip() for part in parts)}"


def content_key(kind: str, raw: bytes, about: str = "") -> str:
    """The key of something that names itself nowhere: equal bytes about the same are the same report."""
    return f"{kind}:sha256:{hashlib.sha256(raw).hexdigest()[:32]}|{about}"


@lru_cache(maxsize=16384)
def _is_resident(value: str) -> bool:
    return is_valid(value)


def identifier(kind: str, value: str, assigner: str = "") -> Identifier:
    """A person's identifier; a valid resident identity number is known by its check digit, whatever it was called."""
    value = value.strip()
    if (
        len(value) in (15, 18)
        and kind not in ("insurance", "passport")
        and value[:14].isdigit()
        and _is_resident(value)
    ):
        kind = "cn_id"
        value = value.upper()
    return Identifier(kind, value, assigner.strip())


def message_key(source: Source) -> str:
    """What tells one message from another, 32 characters; "" where the source names nothing that does.

    A sender numbers its HL7 messages and FHIR message bundles, and gives each version of a document an id. The id of
    any other FHIR bundle or resource stays while its content changes.
    """
    if not source.control_id or (source.format == "fhir" and source.message_type != "Bundle/message"):
        return ""
    return digest_of([source.sender, source.control_id])[:32]
