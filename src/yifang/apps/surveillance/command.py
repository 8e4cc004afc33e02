"""`yifang counts`: whether the count tables are what a recount gives, and bringing their rows together."""

from __future__ import annotations

import argparse
import sys

from yifang.kernel import messages

HELP = "计数表 · verify and compact the counts"


def configure(parser: argparse.ArgumentParser) -> None:
    """`counts verify` and `counts compact`."""
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="verify|compact")
    verbs.add_parser("verify", help="重新计数并逐项比较 · recount everything and compare key by key")
    verbs.add_parser("compact", help="合并同一键的增量 · bring the rows of each key together")


def run(args: argparse.Namespace) -> int:
    """0 where the counts hold, 1 where a key differs."""
    from yifang.apps.surveillance import counting

    lang = args.config.lang
    if args.verb == "compact":
        went = sum(step or 0 for step in iter(counting.compact, None))
        print(messages.render("counts.compacted", {"rows": went}, lang))
        return 0
    found = counting.verify()
    for one in found.differences:
        key = " ".join(str(value) for value in one.key.values())
        shown = {"key": key, "counted": one.counted, "recounted": one.recounted}
        print(messages.render("counts.differs", shown, lang), file=sys.stderr)
    code = "counts.verified" if found.holds else "counts.wrong"
    shown = {"keys": found.keys, "total": found.total, "waiting": found.waiting, "wrong": len(found.differences)}
    print(messages.render(code, shown, lang))
    return 0 if found.holds else 1
