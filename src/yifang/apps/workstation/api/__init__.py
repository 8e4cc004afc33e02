"""What the doctor's system calls: the exchange of a signed link, and CDS Hooks."""

from yifang.apps.workstation.api.exchange import exchange

__all__ = ["exchange"]
