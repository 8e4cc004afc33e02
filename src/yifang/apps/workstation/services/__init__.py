"""The verbs of the doctor's workstation: a hospital's clients, windows by signed links, what CDS Hooks was told."""

from yifang.apps.workstation.services.clients import add_client, own_link, revoke_client
from yifang.apps.workstation.services.opening import Opened, exchange, open_window

__all__ = ["Opened", "add_client", "exchange", "open_window", "own_link", "revoke_client"]
