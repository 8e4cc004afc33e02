"""Print one sign-in for each role, then fill the node through the intake's folders, telling how far it is.

Started again it prints the sign-ins and leaves what is there. The accounts share a password that is printed: so the
demo serves this machine only, and never a node that has people or records of its own.
"""

import ipaddress
import os
import sys
from pathlib import Path

MARK = "demo-state"  # in the data folder: `filling`, then `done`
ANYWHERE = "YIFANG_DEMO_ANYWHERE"


def main() -> int:
    """The whole of it. Returns the exit code, 2 where the demo must not run."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yifang.node.settings")
    import django

    django.setup()
    from django.conf import settings

    from yifang.kernel import messages
    from yifang.node.demo import county

    config = settings.YIFANG
    lang = config.lang

    def say(code: str, **params: object) -> None:
        print(messages.render(code, params, lang), flush=True)

    if not is_local(config.bind) and os.environ.get(ANYWHERE) != "1":
        say("demo.not_local", bind=config.bind, variable=ANYWHERE)
        return 2
    mark = config.data / MARK
    if not mark.exists() and is_used():
        say("demo.in_use", data=str(config.data))
        return 2
    fresh = not mark.exists()
    if fresh:
        mark.write_text("filling")
    accounts, password = county.make(config.data)
    _print_accounts(accounts, password, say)
    if mark.read_text() != "done":
        _fill(mark, say)
    return 0


def _fill(mark: Path, say) -> None:  # type: ignore[no-untyped-def]
    from yifang.kernel import clock
    from yifang.node.demo import acting, filling

    shown = [-1]

    def tell(done: int, files: int) -> None:
        tenth = done * 10 // max(files, 1)
        if tenth > shown[0]:
            shown[0] = tenth
            say("demo.progress", done=done, files=files)

    started = clock.now()
    first, later = filling.waves(started)
    files = filling.put(first)
    if not filling.wait(files, started, tell):
        say("demo.slow")
        return
    filling.wait(files + filling.put(later), started, tell)
    acting.settle()
    say("demo.acting")
    acting.act()
    mark.write_text("done")
    say("demo.ready")


def is_local(bind: str) -> bool:
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


def _print_accounts(accounts, password: str, say) -> None:  # type: ignore[no-untyped-def]
    say("demo.accounts", password=password)
    for account in accounts:
        say("demo.account", username=account.username, role={"zh": account.role_zh, "en": account.role_en})


if __name__ == "__main__":
    sys.exit(main())
