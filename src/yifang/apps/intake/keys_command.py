"""`yifang feeds key add|list|revoke CODE`: the keys by which machine clients post through a feed.

A key is printed once, when it is made, on a line of its own; `list` shows what there is, never a secret.
"""

import argparse
import json
from collections.abc import Callable

from yifang.apps.intake import services
from yifang.apps.intake.models import Feed, FeedKey
from yifang.apps.ledger.services import NODE
from yifang.kernel import clock

DAYS = 365
Words = Callable[..., str]


def configure(parser: argparse.ArgumentParser) -> None:
    """The verbs of `yifang feeds key`."""
    verbs = parser.add_subparsers(dest="key_verb", required=True, metavar="add|list|revoke")

    def verb(name: str, says: str) -> argparse.ArgumentParser:
        made = verbs.add_parser(name, help=says, description=says)
        made.add_argument("code", metavar="CODE", help="数据源代码 · code of the feed")
        return made

    add = verb("add", "发放密钥，只显示一次 · make a key, shown once")
    add.add_argument("name", metavar="NAME", help="给谁用 · who uses it: a program, a server")
    days = f"有效天数，默认 {DAYS} · how many days it is good, by default {DAYS}"
    add.add_argument("--days", metavar="N", type=int, default=DAYS, help=days)
    listed = verb("list", "现有的密钥 · the keys there are")
    listed.add_argument("--json", action="store_true", help="每行一个 JSON · one JSON object a line")
    revoke = verb("revoke", "撤销密钥，即刻失效 · end a key, at once")
    revoke.add_argument("key", metavar="KEY", help="名称，或编号的开头 · its name, or how its id begins")


def run(args: argparse.Namespace, feed: Feed, words: Words) -> None:
    """Do it and say so."""
    if args.key_verb == "add":
        key, written = services.make_key(feed, args.name, args.days, NODE)
        print(words("said_key", name=key.name, until=_day(key), written=written))
    elif args.key_verb == "revoke":
        print(words("said_key_revoked", name=services.revoke_key(feed, args.key, NODE).name))
    else:
        for key in feed.keys.all():
            _show(key, args.json, words)


def _show(key: FeedKey, as_json: bool, words: Words) -> None:
    used = key.used_on.isoformat() if key.used_on else ""
    if as_json:
        told = {"id": key.id.hex, "name": key.name, "state": state(key), "until": _day(key), "used_on": used}
        print(json.dumps(told, ensure_ascii=False))
        return
    shown = words(f"key_state.{state(key)}")
    print(
        words("key_line", id=key.id.hex, name=key.name, state=shown, until=_day(key), used=used or words("key_never"))
    )


def state(key: FeedKey) -> str:
    """`good`, `expired` or `revoked`."""
    if key.revoked_at is not None:
        return "revoked"
    return "good" if key.expires_at > clock.now() else "expired"


def _day(key: FeedKey) -> str:
    return key.expires_at.astimezone(clock.CHINA).date().isoformat()
