"""`yifang connect add|settings|test|list|off`: have a feed read from a database, WebService, folder or server.

Settings are given as `name=value`; a password comes from a variable or standard input, never as an argument. `test`
says what is seen and what is missing: exit code 0 for all well, 1 for something that must be mended, 2 where the source
could not be asked or the command was wrong.
"""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from yifang.apps.intake import connectors, names_command, preview, services
from yifang.apps.intake.connectors.protocol import Sight
from yifang.apps.intake.connectors.settings import form, secret_of
from yifang.apps.intake.models import Connection, Feed
from yifang.apps.intake.services.connections import connect, disconnect
from yifang.apps.intake.services.looking import Seen, look
from yifang.apps.intake.services.mappings import mapping_of, set_mapping
from yifang.apps.intake.views_command import mapping_text_of
from yifang.apps.ledger.services import NODE
from yifang.apps.places.models import Organisation
from yifang.kernel.errors import EXIT_CODE, UserError
from yifang.kernel.messages import render

HELP = "对接医院系统 · read a hospital's systems"
_MARKS = {"good": "✓", "note": "·", "warn": "!", "bad": "✗"}


def configure(parser: argparse.ArgumentParser) -> None:
    """One verb with its own arguments."""
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="add|settings|test|list|names|off")

    def verb(name: str, says: str, *, named: bool = True) -> argparse.ArgumentParser:
        made = verbs.add_parser(name, help=says, description=says)
        if named:
            made.add_argument("code", metavar="CODE", help="数据源代码 · code of the feed")
        return made

    add = verb("add", "设置数据源怎样读；没有就新建 · say how a feed is read; a new one is made")
    kinds = "sql | soap | cda | folder | fhir"
    add.add_argument("connector", metavar="CONNECTOR", help=kinds)
    add.add_argument("given", metavar="NAME=VALUE", nargs="*", help="设置，见 settings · settings, see `settings`")
    add.add_argument("--organisation", metavar="CODE", default="", help="新建时的单位代码 · whose, for a new feed")
    add.add_argument("--name", metavar="NAME", default="", help="新建时的名称 · its name, for a new feed")
    add.add_argument("--mapping", metavar="FILE", type=Path, help="列的对应文件 · mapping file of the columns")
    add.add_argument("--since", metavar="VALUE", default="", help="从这个值开始读 · begin at this value")
    secret = "从这个环境变量读口令；不写则从标准输入读 · variable that holds the password; else standard input"
    add.add_argument("--secret-from-env", metavar="NAME", default="", help=secret)
    add.add_argument("--no-secret", action="store_true", help="不用口令，或不改口令 · no password, or as it was")
    shown = verb(
        "settings", "一种接法有哪些设置，或一个数据源现在的设置 · settings of a connector, or of a feed", named=False
    )
    shown.add_argument("what", metavar="CONNECTOR|CODE", help=f"{kinds} | CODE")
    test = verb("test", "看来源有什么、还缺什么 · what is seen there, and what is missing")
    test.add_argument("--no-sample", action="store_true", help="不显示样例 · show no rows")
    verb("list", "各数据源怎样读 · how each feed is read", named=False)
    says = "本院的项目、药品和科室名称 · local names of tests, drugs, departments"
    names_command.configure(verb("names", says, named=False))
    verb("off", "不再读取，已收的都保留 · read it no more; what came stays")


def run(args: argparse.Namespace) -> int:
    """Do it and say so."""
    if args.verb == "list":
        return _list()
    if args.verb == "settings":
        return _settings(args.what)
    if args.verb == "names":
        return names_command.run(args)
    if args.verb == "add":
        return _add(args)
    feed = _feed(args.code)
    if args.verb == "off":
        said = "connect.said_off" if disconnect(feed, NODE) else "connect.said_no_connection"
        print(words(said, code=feed.code))
        return 0
    return _test(_connection(feed), sample=not args.no_sample)


def _add(args: argparse.Namespace) -> int:
    connector = connectors.get(args.connector)
    given = _pairs(args.given)
    secret = secret_of(connector.settings)
    if secret and not args.no_secret:
        given[secret] = _secret(args.secret_from_env)
    mapping = mapping_text_of(args.mapping)
    feed = Feed.objects.select_related("organisation").filter(code=args.code).first()
    if feed is None:
        feed = services.add_feed(args.code, args.name or args.code, _organisation(args.organisation), NODE)
    one = connect(feed, connector.name, given, NODE, since=args.since)
    if mapping:
        set_mapping(feed, mapping, NODE)
    print(words("connect.said_added", code=feed.code, shown=one.shown, every=str(one.every)))
    return _test(_connection(feed), sample=True)


def _test(one: Connection, *, sample: bool) -> int:
    seen = look(one)
    for sight in seen.sights:
        print(f"{_MARKS[sight.level]} {said(sight)}")
    if sample and seen.rows:
        _print_sample(one, seen)
    if seen.away:
        return EXIT_CODE
    print(words("connect.said_bad" if seen.is_bad else "connect.said_good", code=one.feed.code))
    return int(seen.is_bad)


def _print_sample(one: Connection, seen: Seen) -> None:
    found = preview.preview(seen.header, seen.rows[:1], mapping_of(one.feed))
    for number, (cells, _refused) in enumerate(found.rows, 1):
        print(words("connect.said_row", row=str(number)))
        for head, cell in zip(found.heads, cells, strict=False):
            if head.targets and cell.shown:
                read = f" → {cell.read}" if cell.read else ""
                print(f"    {', '.join(label for _id, label in head.targets)}（{head.name}）: {cell.shown}{read}")


def _settings(what: str) -> int:
    feed = Feed.objects.filter(code=what).first()
    one = Connection.objects.filter(feed=feed).first() if feed else None
    connector = connectors.get(one.connector if one else what)
    for field in form(connector.settings, one.settings if one else {}, {}):
        need = words("connect.required") if field.required else ""
        value = "" if field.secret else (field.value if one else f"[{field.value}]" if field.value else "")
        choices = " | ".join(key for key, _label in field.choices)
        print("  ".join(filter(None, (f"{field.name:<10}", str(field.label), need, choices, str(field.hint), value))))
    return 0


def _list() -> int:
    for one in Connection.objects.select_related("feed").order_by("feed__code"):
        state = words(one.error, **one.error_params) if one.error else words("connect.list_well")
        print(f"{one.feed.code}  {one.connector}  {one.shown}  {one.every} s  {state}")
    return 0


def said(sight: Sight) -> str:
    """A sight in words."""
    return words(sight.code, **sight.params)


def words(code: str, /, **params: Any) -> str:
    return render(code, params, "en" if os.environ.get("YIFANG_LANG") == "en" else "zh")


def _pairs(given: Sequence[str]) -> dict[str, Any]:
    pairs = [one.split("=", 1) for one in given]
    if wrong := [one[0] for one in pairs if len(one) != 2]:
        raise UserError("connect.pair", text=wrong[0][:40])
    return {name: value.replace("\\n", "\n") for name, value in pairs}


def _secret(variable: str) -> str:
    if variable:
        return os.environ.get(variable, "")
    if sys.stdin.isatty():
        return getpass.getpass("Password: ")
    return sys.stdin.readline().rstrip("\r\n")


def _feed(code: str) -> Feed:
    feed = Feed.objects.select_related("organisation").filter(code=code).first()
    if feed is None:
        raise UserError("intake.unknown_feed", code=code, feeds=list(Feed.objects.values_list("code", flat=True)))
    return feed


def _connection(feed: Feed) -> Connection:
    found = Connection.objects.select_related("feed").filter(feed=feed).first()
    if found is None:
        raise UserError("connect.no_connection", code=feed.code)
    return found


def _organisation(code: str) -> Organisation:
    found = Organisation.objects.filter(code=code, active=True).first()
    if found is None:
        raise UserError("intake.no_organisation", code=code or "--organisation")
    return found
