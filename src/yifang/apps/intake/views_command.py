"""`yifang feeds view CODE`: read a feed from a view of a hospital's database.

The address holds a password: it comes from an environment variable or standard input, never as an argument. Before
anything is kept the database is asked once, and what its first rows would become is said.
"""

import argparse
import getpass
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from yifang.apps.intake.durations import duration
from yifang.apps.intake.models import Feed
from yifang.apps.intake.services.views import drop_view, set_view
from yifang.apps.intake.sql import polling, position, source
from yifang.apps.ledger.services import NODE
from yifang.formats import tabular
from yifang.kernel.errors import UserError

EVERY, OVERLAP, _SAMPLE = "60s", "10m", 20
Words = Callable[..., str]


def configure(parser: argparse.ArgumentParser) -> None:
    """The view and how to read it."""
    url = "从这个环境变量读取数据库地址；不写则从标准输入读 · variable that holds the address; else standard input"
    parser.add_argument("--url-from-env", metavar="NAME", default="", help=url)
    parser.add_argument(
        "--view", metavar="VIEW", default="", help="视图名，可带模式名 · the view, with its schema if need be"
    )
    cursor = "只增不减的列：更新时间或流水号 · column that only grows: time of change, or a number"
    parser.add_argument("--cursor", metavar="COLUMN", default="", help=cursor)
    parser.add_argument("--mapping", metavar="FILE", type=Path, help="列的对应文件 · mapping file of the columns")
    parser.add_argument("--every", metavar="TIME", default=EVERY, help=f"多久读一次，默认 {EVERY} · how often")
    overlap = f"每次回头多读的时间或号数，默认 {OVERLAP} · how far to look back each time: a time or a number"
    parser.add_argument("--overlap", metavar="SPAN", default=OVERLAP, help=overlap)
    parser.add_argument("--since", metavar="VALUE", default="", help="从这个值开始读 · begin at this value")
    parser.add_argument("--off", action="store_true", help="不再读取 · read it no more")


def run(args: argparse.Namespace, feed: Feed, words: Words) -> None:
    """Try it, keep it, say so."""
    if args.off:
        drop_view(feed, NODE)
        print(words("said_no_view", code=feed.code))
        return
    if not args.view or not args.cursor:
        raise UserError("intake.view_what")
    every, overlap = int(duration(args.every).total_seconds()), _overlap(args.overlap)
    mapping = _mapping(args.mapping)
    address = _address(args.url_from_env)
    url = source.read_url(address)
    first = _first_rows(url, args, mapping)
    set_view(
        feed, address.strip(), source.shown(url), args.view, args.cursor, NODE, every=every, overlap=overlap,
        mapping=mapping, since=args.since,
    )  # fmt: skip
    print(words("said_view", code=feed.code, server=source.shown(url), view=args.view, every=args.every))
    items = list(first)
    refused = [item.refusal for item in items if item.refusal is not None]
    print(
        words(
            "said_view_sample", rows=len(items), records=sum(len(item.records) for item in items), refused=len(refused)
        )
    )


def _first_rows(url: Any, args: argparse.Namespace, mapping: str) -> Sequence[Any]:
    columns = tabular.parse_mapping(mapping, args.mapping.name) if mapping else None
    try:
        with source.opened(url) as database:
            lower = position.loaded(position.typed(args.since)) if args.since else None
            header, parts = database.rows(args.view, args.cursor, lower, most=_SAMPLE)
            rows = [tuple(row) for part in parts for row in part]
    except source.SourceFailed as failed:
        raise UserError("intake.view_away", reason=failed.reason) from None
    place = polling.column(header, args.cursor)
    if refusal := tabular.fits(header, columns):
        raise UserError(refusal.code, **dict(refusal.params))
    try:
        for row in rows:
            position.dumped(row[place])
    except TypeError as wrong:
        raise UserError("intake.view_cursor_type", cursor=args.cursor, type=str(wrong)) from None
    return list(tabular.read_rows(header, rows, args.view, columns)) if rows else []


def _mapping(path: Path | None) -> str:
    if path is None:
        return ""
    try:
        tabular.load_mapping(path)
        return path.read_text(encoding="utf-8-sig")
    except OSError as missing:
        raise UserError("intake.no_path", path=str(path)) from missing


def _address(variable: str) -> str:
    if variable:
        found = os.environ.get(variable, "")
    elif sys.stdin.isatty():
        found = getpass.getpass("URL: ")
    else:
        found = sys.stdin.readline()
    if not found.strip():
        raise UserError("intake.view_no_url", variable=variable or "NAME")
    return found


def _overlap(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else int(duration(text).total_seconds())
