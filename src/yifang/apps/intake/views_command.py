"""`yifang feeds view CODE`: read a feed from a view of a hospital's database, of an address in one line.

The address holds a password: it comes from an environment variable or standard input, never as an argument. Before
anything is kept the database is asked once, and what its first rows would become is said. `yifang connect` does
the same for every kind of source, field by field.
"""

import argparse
import getpass
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from yifang.apps.intake.connectors import get, position
from yifang.apps.intake.connectors.protocol import Rows, SourceFailed
from yifang.apps.intake.connectors.settings import read
from yifang.apps.intake.connectors.sql.settings import SqlSettings, from_address
from yifang.apps.intake.durations import duration
from yifang.apps.intake.models import Feed
from yifang.apps.intake.services.connections import connect, disconnect
from yifang.apps.intake.services.mappings import set_mapping
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
        disconnect(feed, NODE)
        print(words("said_no_view", code=feed.code))
        return
    if not args.view or not args.cursor:
        raise UserError("intake.view_what")
    pace = {"every": int(duration(args.every).total_seconds()), "overlap": _overlap(args.overlap)}
    mapping = mapping_text_of(args.mapping)
    given = from_address(_address(args.url_from_env)) | {"view": args.view, "cursor": args.cursor} | pace
    settings = read(SqlSettings, given)
    assert isinstance(settings, SqlSettings)
    first = _first_rows(settings, args, mapping)
    connect(feed, "sql", given, NODE, since=args.since)
    set_mapping(feed, mapping, NODE)
    shown = get("sql").shown(settings)
    print(words("said_view", code=feed.code, server=shown, view=args.view, every=args.every))
    items = list(first)
    refused = [item.refusal for item in items if item.refusal is not None]
    records = sum(len(item.records) for item in items)
    print(words("said_view_sample", rows=len(items), records=records, refused=len(refused)))


def _first_rows(settings: SqlSettings, args: argparse.Namespace, mapping: str) -> Sequence[Any]:
    columns = tabular.parse_mapping(mapping, args.mapping.name) if mapping else None
    try:
        with get("sql").opened(settings) as source:
            lower = position.loaded(position.typed(args.since)) if args.since else None
            header = [one.name for one in source.columns()]
            parts = [part for part in source.parts(lower, _SAMPLE) if isinstance(part, Rows)]
    except SourceFailed as failed:
        raise UserError(failed.code, reason=failed.reason) from None
    if refusal := tabular.fits(header, columns):
        raise UserError(refusal.code, **dict(refusal.params))
    rows = [row for part in parts for row in part.rows]
    try:
        for part in parts:
            for row in part.rows:
                position.dumped(row[part.cursor])
    except TypeError as wrong:
        raise UserError("intake.view_cursor_type", cursor=args.cursor, type=str(wrong)) from None
    return list(tabular.read_rows(header, rows, args.view, columns)) if rows else []


def mapping_text_of(path: Path | None) -> str:
    """The text of a mapping file, which is one. Raises UserError."""
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
