"""`yifang world score`: what the node found of the county, against what is true of it."""

from __future__ import annotations

import argparse
import json
from datetime import date
from pathlib import Path

from yifang.kernel.errors import UserError

HELP = "把找到的与真相对照 · what was found against what is true"


def configure(parser: argparse.ArgumentParser) -> None:
    """`--dir` of the county, `--json FILE` for every single fate."""
    parser.add_argument("--dir", required=True, type=Path, metavar="DIR", help="县的文件夹 · the county's folder")
    parser.add_argument("--json", type=Path, metavar="FILE", help="逐条写出去向 · every fate, one by one")


def run(args: argparse.Namespace) -> int:
    """Print the account. Returns 0: a miss is told, not an error."""
    from yifang.node.county import finding
    from yifang.world import scoring, telling, truth

    if not (args.dir / "county.json").is_file():
        raise UserError("world.no_county", folder=str(args.dir))
    known = truth.read(args.dir)
    days = date.fromisoformat(known.first_day), date.fromisoformat(known.last_day)
    score = scoring.score(known, finding.found(*days))
    for line in telling.account(score, args.config.lang):
        print(line)
    if args.json:
        args.json.write_text(json.dumps(score.as_dict(), ensure_ascii=False, default=str, indent=1), encoding="utf-8")
    return 0
