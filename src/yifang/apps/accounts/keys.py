"""The node's sealing keys, built once from its secrets file. What is sealed and why: `kernel.sealing`."""

from functools import cache

from django.conf import settings

from yifang.kernel.sealing import Sealing


@cache
def sealing() -> Sealing:
    """The ring and the index key of this node."""
    secrets = settings.YIFANG_SECRETS
    return Sealing(secrets.cipher_keys(), secrets.current, secrets.index_key(), settings.YIFANG.cipher)
