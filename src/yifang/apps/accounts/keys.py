"""The node's sealing keys, of its secrets file as it is now: a new key is used by every process from the next call on.

What is sealed and why: `kernel.sealing`.
"""

from typing import Any

from django.conf import settings

from yifang.kernel.sealing import Sealing

_built: tuple[Any, Sealing] | None = None


def sealing() -> Sealing:
    """The ring and the index key of this node."""
    global _built
    secrets = settings.YIFANG_READ_SECRETS()
    if _built is None or _built[0] is not secrets:
        _built = (
            secrets,
            Sealing(secrets.cipher_keys(), secrets.current, secrets.index_key(), settings.YIFANG.cipher),
        )
    return _built[1]
