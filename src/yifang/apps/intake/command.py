"""`yifang intake PATH…`: take files in by hand, folders with all that is in them, and say what became of each item.

Exit 0 when every item is accounted for (stored, a repeat, or in quarantine with a reason); 2 for a path that is not
there or a feed that nobody made. The watch of the inbox does the same without anyone asking (`jobs.watch`).
"""

import argparse
import json
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from yifang.kernel import messages
from yifang.kernel.errors import UserError

HELP = "接收文件或目录 · put files and folders into the node"


def configure(parser: argparse.ArgumentParser) -> None:
    """The paths, the feed, the form of the answer."""
    parser.add_argument("paths", nargs="+", metavar="PATH", type=Path, help="文件或目录 · files or folders")
    feed = "数据源代码，默认 inbox · code of the feed, by default inbox"
    parser.add_argument("--feed", metavar="CODE", default="", help=feed)
    parser.add_argument("--json", action="store_true", help="每个文件一行 JSON · one JSON object a file")


@dataclass(frozen=True, slots=True)
class Account:
    """What became of one file. `reasons` counts the codes of what is in quarantine; `again`: it was taken before."""

    source: str
    items: int
    records: int
    repeats: int
    quarantined: int
    reasons: dict[str, int]
    again: bool


def run(args: argparse.Namespace) -> int:
    """Take every file in, then print the summary."""
    from yifang.apps.intake import services

    for path in args.paths:
        if not path.exists():
            raise UserError("intake.no_path", path=str(path))
    feed = services.feed_by_code(args.feed) if args.feed else services.default_feed()
    lang = args.config.lang
    accounts = []
    for path, name in _files(args.paths):
        account = _take(path, name, feed, _teller(name))
        accounts.append(account)
        if args.json:
            print(json.dumps(asdict(account), ensure_ascii=False), flush=True)
    _clear()
    if not args.json:
        _summary(accounts, feed.code, lang)
    return 0


def _files(paths: Iterable[Path]) -> Iterator[tuple[Path, str]]:
    """Every file once, with the name it is shown under: the path as given, or below the folder that was given."""
    seen: set[Path] = set()
    for given in paths:
        found = [given] if not given.is_dir() else sorted(one for one in given.rglob("*") if one.is_file())
        for path in found:
            if (real := path.resolve()) not in seen:
                seen.add(real)
                yield path, str(path)


def _take(path: Path, name: str, feed: Any, tell: Any) -> Account:
    from yifang.apps.intake import services
    from yifang.apps.intake.models import Quarantined
    from yifang.apps.ledger.services import NODE
    from yifang.kernel import clock

    started = clock.now()
    try:
        batch = services.take_path(path, feed, NODE, name=name, tell=tell)
    except OSError as error:
        batch = services.take_unopened(path, feed, error, NODE)
    reasons = Counter(Quarantined.objects.filter(batch=batch).values_list("code", flat=True))
    again = batch.done_at is not None and batch.done_at < started
    return Account(name, batch.items, batch.records, batch.repeats, batch.refused, dict(reasons), again)


def _teller(name: str) -> Any:
    """Shows progress on a terminal, nothing elsewhere."""
    if not sys.stderr.isatty():
        return None

    def tell(progress: Any) -> None:
        width = os.get_terminal_size(sys.stderr.fileno()).columns
        line = f"{progress.items:>8}  {name}"
        print(f"\r\x1b[2K{line[: width // 2]}", end="", file=sys.stderr, flush=True)

    return tell


def _clear() -> None:
    if sys.stderr.isatty():
        print("\r\x1b[2K", end="", file=sys.stderr, flush=True)


def _summary(accounts: list[Account], feed: str, lang: str) -> None:
    def say(code: str, **params: Any) -> None:
        print(messages.render(code, params, lang))

    for one in accounts:
        code = "intake.line_again" if one.again else "intake.line"
        say(code, items=one.items, records=one.records, repeats=one.repeats, refused=one.quarantined, name=one.source)
    reasons: Counter[str] = Counter()
    for one in accounts:
        reasons.update(one.reasons)
    say(
        "intake.total", feed=feed, files=len(accounts), items=sum(one.items for one in accounts),
        records=sum(one.records for one in accounts), repeats=sum(one.repeats for one in accounts),
        refused=sum(one.quarantined for one in accounts),
    )  # fmt: skip
    for code, number in reasons.most_common():
        say("intake.total_reason", number=number, reason=code, what=_title(code, lang))


def _title(code: str, lang: str) -> str:
    """The words of a reason without the particulars of one item."""
    text = messages.catalogue().get(code, {}).get(lang, code)
    for name in messages.placeholders(text):
        text = text.replace("{" + name + "}", "…")
    return text
