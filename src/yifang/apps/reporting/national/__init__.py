"""The county's export of the national system: each card kept, made a case, and held against Yifang's own cards.

That system's state is the truth: a case says what its national card says, whatever our own card says of it.
"""

from yifang.apps.reporting.national.casing import fill, link_own, refollow
from yifang.apps.reporting.national.receiving import prepare, receive

__all__ = ["fill", "link_own", "prepare", "receive", "refollow"]
