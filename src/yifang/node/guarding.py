"""What the demo and the fictional county share: whether they may fill this node, how far they came, who signs in.

Their accounts have one password that is printed. So they serve this machine only, and never a node that has people or
records of its own.
"""

from __future__ import annotations

import ipaddress
import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from yifang.kernel import messages
from yifang.node.config import Config

ANYWHERE = "YIFANG_DEMO_ANYWHERE"
PASSWORD_FILE = "demo-password"
_FILLING = "filling"


@dataclass(frozen=True, slots=True)
class Account:
    """One sign-in to print."""

    username: str
    role_zh: str
    role_en: str


@dataclass(frozen=True, slots=True)
class Stage:
    """A node that may be filled. `mark` is a file of the data folder that says how far the filling came."""

    config: Config
    mark: Path

    def say(self, code: str, **params: object) -> None:
        """A line on the terminal, in the node's language."""
        print(messages.render(code, params, self.config.lang), flush=True)

    def introduce(self, accounts: Iterable[Account], password: str) -> None:
        """Print who can sign in."""
        self.say("demo.accounts", password=password)
        for one in accounts:
            self.say("demo.account", username=one.username, role={"zh": one.role_zh, "en": one.role_en})

    def is_filling(self) -> bool:
        """Whether it was not filled to the end."""
        return self.mark.read_text() == _FILLING

    def filled(self, word: str) -> None:
        """Write down that it was."""
        self.mark.write_text(word)


def opened(mark: str) -> Stage | None:
    """The node with Django set up and marked as being filled; None, and said why, where it must not be filled."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yifang.node.settings")
    import django

    django.setup()
    from django.conf import settings

    config: Config = settings.YIFANG
    stage = Stage(config, config.data / mark)
    if not is_local(config.bind) and os.environ.get(ANYWHERE) != "1":
        stage.say("demo.not_local", bind=config.bind, variable=ANYWHERE)
        return None
    if not stage.mark.exists():
        if is_used():
            stage.say("demo.in_use", data=str(config.data))
            return None
        stage.filled(_FILLING)
    return stage


def is_local(bind: str) -> bool:
    """Whether only this machine reaches what is bound there."""
    if bind == "localhost":
        return True
    try:
        return ipaddress.ip_address(bind).is_loopback
    except ValueError:
        return False


def is_used() -> bool:
    """Whether somebody works with this node already."""
    from yifang.apps.accounts.models import User
    from yifang.apps.records.models import Record

    return User.objects.exists() or Record.objects.exists()


def password_of(data: Path) -> str:
    """One for all accounts of this node, random, kept in a file that only the node's user reads."""
    path = data / PASSWORD_FILE
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(9), encoding="utf-8")
    return path.read_text(encoding="utf-8").strip()
