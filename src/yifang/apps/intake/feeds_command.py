"""`yifang feeds add|move|senders|key|view|cadence|close|open|list`: the doors through which records come in.

Each feed has a folder inside the node's inbox, which the node makes and watches by itself; `yifang intake PATH…` puts
files through one by hand. Wrong names: exit code 2.
"""

import argparse
import json
import os
from datetime import timedelta
from typing import Any

from django.conf import settings

from yifang.apps.intake import keys_command, services, views_command
from yifang.apps.intake.durations import duration, written
from yifang.apps.intake.models import Feed
from yifang.apps.ledger.services import NODE
from yifang.apps.places.models import Organisation
from yifang.kernel.errors import UserError
from yifang.kernel.messages import render

HELP = "数据源 · where files come from"


def configure(parser: argparse.ArgumentParser) -> None:
    """One verb with its own arguments."""
    verbs = parser.add_subparsers(
        dest="verb", required=True, metavar="add|move|senders|key|view|cadence|close|open|list"
    )

    def verb(name: str, says: str, *, named: bool = True) -> argparse.ArgumentParser:
        made = verbs.add_parser(name, help=says, description=says)
        if named:
            made.add_argument("code", metavar="CODE", help="数据源代码 · code of the feed")
        return made

    whose = "单位代码 · code of the organisation whose files they are"
    add = verb("add", "新建数据源 · make a feed")
    add.add_argument("name", metavar="NAME", nargs="?", default="", help="名称，默认同代码 · its name; its code")
    add.add_argument("--organisation", metavar="CODE", required=True, help=whose)
    add.add_argument("--name-en", metavar="NAME", default="", help="英文名称 · its name in English")
    folder = "收件目录下的文件夹，默认同代码 · folder inside the inbox, by default its code"
    add.add_argument("--folder", metavar="FOLDER", default="", help=folder)
    move = verb("move", "改属另一单位，只能在收到文件之前 · give it to another organisation, before any file came")
    move.add_argument("--organisation", metavar="CODE", required=True, help=whose)
    senders = verb("senders", "哪些地址通过它以 MLLP 发送 HL7 v2 · which addresses send HL7 v2 through it by MLLP")
    senders.add_argument(
        "address", metavar="ADDRESS", nargs="*", help="地址或网段；不写则关闭 · addresses or networks; none closes it"
    )
    keys_command.configure(verb("key", "程序接口的密钥 · keys of programs that post", named=False))
    views_command.configure(verb("view", "读取医院数据库的视图 · read it from a view of a hospital's database"))
    cadence = verb(
        "cadence", "应多久来一次；三倍时间没有来就提醒 · how often something should come; silent for 3 × is told"
    )
    cadence.add_argument("time", metavar="TIME", help="如 1h、1d；0 不提醒 · e.g. 1h, 1d; 0: expect nothing")
    verb("close", "停用，不再接收 · take nothing more through it")
    verb("open", "恢复接收 · take files through it again")
    listed = verb("list", "现有的数据源 · the feeds there are", named=False)
    listed.add_argument("--json", action="store_true", help="每行一个 JSON · one JSON object a line")


def run(args: argparse.Namespace) -> int:
    """Do it and say so."""
    if args.verb == "list":
        return _list(args)
    if args.verb == "add":
        feed = services.add_feed(
            args.code, args.name or args.code, _organisation(args.organisation), NODE, name_en=args.name_en,
            folder=args.folder,
        )  # fmt: skip
        _say("said_feed", code=feed.code, organisation=feed.organisation.name, folder=services.folder_of(feed))
        return 0
    feed = _feed(args.code)
    if args.verb == "key":
        keys_command.run(args, feed, _words)
    elif args.verb == "view":
        views_command.run(args, feed, _words)
    elif args.verb == "move":
        services.move_feed(feed, _organisation(args.organisation), NODE)
        _say("said_feed", code=feed.code, organisation=feed.organisation.name, folder=services.folder_of(feed))
    elif args.verb == "cadence":
        services.set_cadence(feed, 0 if args.time == "0" else int(duration(args.time).total_seconds()), NODE)
        _say("said_cadence" if feed.cadence else "said_no_cadence", code=feed.code, time=args.time)
    elif args.verb == "senders":
        services.set_senders(feed, ",".join(args.address), NODE)
        said = "said_senders" if feed.senders else "said_no_senders"
        _say(said, code=feed.code, port=settings.YIFANG.mllp_port, senders=feed.senders)
    else:
        services.set_active(feed, args.verb == "open", NODE)
        _say("said_opened" if args.verb == "open" else "said_closed", code=feed.code)
    return 0


def _list(args: argparse.Namespace) -> int:
    services.default_feed()
    for feed in Feed.objects.select_related("organisation").order_by("code"):
        folder = str(services.folder_of(feed))
        if args.json:
            told = {
                "code": feed.code, "name": feed.name, "organisation": feed.organisation.code, "folder": folder,
                "senders": feed.senders, "active": feed.active,
                "cadence": written(timedelta(seconds=feed.cadence)) if feed.cadence else "",
            }  # fmt: skip
            print(json.dumps(told, ensure_ascii=False))
            continue
        closed = "" if feed.active else _words("list_closed")
        whose = f"{feed.organisation.code} {feed.organisation.name}"
        print("  ".join(filter(None, (feed.code, feed.name, whose, folder, feed.senders, closed))))
    return 0


def _feed(code: str) -> Feed:
    services.default_feed()
    feed = Feed.objects.select_related("organisation").filter(code=code).first()
    if feed is None:
        raise UserError("intake.unknown_feed", code=code, feeds=list(Feed.objects.values_list("code", flat=True)))
    return feed


def _organisation(code: str) -> Organisation:
    found = Organisation.objects.filter(code=code, active=True).first()
    if found is None:
        raise UserError("intake.no_organisation", code=code)
    return found


def _say(code: str, /, **params: Any) -> None:
    print(_words(code, **params))


def _words(code: str, /, **params: Any) -> str:
    return render(f"intake.{code}", params, "en" if os.environ.get("YIFANG_LANG") == "en" else "zh")
