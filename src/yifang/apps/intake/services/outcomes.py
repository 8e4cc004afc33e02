"""Which of the records that came said something new: `records.services` tells how many, a sender wants to know which.

Known by what was stored: versions follow the order of the records of one key.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from yifang.apps.accounts.keys import sealing
from yifang.apps.places.models import Organisation
from yifang.formats import canonical
from yifang.formats.storage import to_json
from yifang.kernel.digest import digest_of

Version = tuple[bytes, bytes]
"""Key and digest of a stored version."""


def new_ones(records: Sequence[canonical.Record], stored: Iterable[Version], organisation: Organisation) -> set[int]:
    """The `id()` of each record that became a version; `stored` are the versions of this time, by their number."""
    versions: dict[bytes, list[bytes]] = defaultdict(list)
    for key, digest in stored:
        versions[bytes(key)].append(bytes(digest))
    alike = Counter(record.key for record in records)
    found: set[int] = set()
    for record in records:
        waiting = versions.get(sealing().index("record", f"{organisation.id}|{record.key}"))
        # Several of one key: the next version is this record's or, if it says something else, a later one's.
        if waiting and (alike[record.key] == 1 or waiting[0] == _digest(record)):
            waiting.pop(0)
            found.add(id(record))
    return found


def _digest(record: canonical.Record) -> bytes:
    content = to_json(record)
    content.pop("source", None)
    return bytes.fromhex(digest_of(content))
