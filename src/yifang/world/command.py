"""`yifang world make|live|audit|score|audit-score|hospital`: a fictional county with known truth.

Needs no database. `make` gives the same bytes for the same seed, size and last day.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from datetime import date, timedelta
from pathlib import Path

from yifang.kernel import clock, messages
from yifang.kernel.errors import UserError
from yifang.world import county, living, making, mllp
from yifang.world.audited import planting

HELP = "造一个虚构的县:居民、一年就诊、已知真相 / a fictional county with a year of visits and known truth"


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments of `yifang world`."""
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="make|live|audit|score|audit-score|hospital")
    make = verbs.add_parser("make", help="写出整个县 / write the whole county", allow_abbrev=False)
    make.add_argument(
        "--seed", type=int, default=7, metavar="N", help="随机种子,相同则逐字节相同 / same seed, same bytes"
    )
    make.add_argument("--out", required=True, metavar="DIR", help="空文件夹 / an empty folder")
    make.add_argument("--residents", type=int, default=270_000, metavar="N", help="居民数 / residents")
    make.add_argument("--encounters", type=int, default=300_000, metavar="N", help="就诊数(约) / visits, about")
    make.add_argument("--days", type=int, default=365, metavar="N", help="天数 / days")
    make.add_argument("--until", metavar="YYYY-MM-DD", help="最后一天,默认昨天 / last day, yesterday unless given")
    audit = verbs.add_parser(
        "audit", help="一家医院的漏报核查题 / a hospital with missed, late and wrong reports", allow_abbrev=False
    )
    audit.add_argument("--seed", type=int, default=7, metavar="N", help="随机种子 / same seed, same bytes")
    audit.add_argument("--out", required=True, metavar="DIR", help="空文件夹 / an empty folder")
    audit.add_argument("--visits", type=int, default=12_400, metavar="N", help="就诊数 / visits")
    for name, count, says in (
        ("missed", 37, "未报 / unreported"), ("late", 9, "迟报 / late"),
        ("wrong", 4, "分类错误 / wrong class"), ("decoys", 60, "干扰 / decoys"),
    ):  # fmt: skip
        audit.add_argument(f"--{name}", type=int, default=count, metavar="N", help=says)
    audit.add_argument("--until", metavar="YYYY-MM-DD", help="最后一天,默认昨天 / last day, yesterday unless given")
    verbs.add_parser("hospital", help="练习用的医院 / a hospital to practise on", add_help=False)
    live = verbs.add_parser("live", help="从最后一天活下去 / go on living", allow_abbrev=False)
    live.add_argument("--dir", required=True, metavar="DIR", help="make 写出的文件夹 / the folder that make wrote")
    live.add_argument(
        "--speed", type=float, default=1.0, metavar="X", help="时间倍数,1440 为一分钟一天 / times real time"
    )
    live.add_argument("--to", metavar="FOLDER", help="数据源文件夹的上级 / the folder above the feeds' folders")
    verbs.add_parser("score", help="与真相对照(需要节点) / what a node found, against the truth", add_help=False)
    verbs.add_parser("audit-score", help="漏报核查与真相对照(需要节点) / an audit against its truth", add_help=False)
    live.add_argument("--mllp", metavar="HOST:PORT", help="HL7 消息改走 MLLP / send HL7 v2 over MLLP instead")


def run(args: argparse.Namespace) -> int:
    """Make or live; 0 when it is done. Raises UserError for what cannot be done as asked."""
    return {"live": _live, "audit": _audit, "make": _make}[args.verb](args)


def _audit(args: argparse.Namespace) -> int:
    until = _day(args.until) if args.until else clock.today() - timedelta(days=1)
    plan = planting.Plan(args.seed, until, args.visits, args.missed, args.late, args.wrong, args.decoys)
    made = planting.make(plan, Path(args.out))
    counts = dict(planting.counted(made.planted))
    shown = {"visits": made.visits, "cases": made.cases, "cards": made.cards, "folder": args.out, **counts}
    _say("world.audited", shown)
    return 0


def _make(args: argparse.Namespace) -> int:
    until = _day(args.until) if args.until else clock.today() - timedelta(days=1)
    scale = county.Scale(args.seed, until, args.residents, args.encounters, args.days)
    made = making.make(county.found(scale), Path(args.out), _say)
    _say(
        "world.made",
        {
            "visits": made.visits, "files": made.files, "cases": made.cases, "outbreaks": made.outbreaks,
            "decoys": made.decoys, "errors": made.errors, "cards": made.cards, "folder": args.out,
        },
    )  # fmt: skip
    return 0


def _live(args: argparse.Namespace) -> int:
    if not 0 < args.speed <= 1_000_000:
        raise UserError("world.speed", speed=args.speed)
    where = mllp.address(args.mllp) if args.mllp else None
    if args.mllp and where is None:
        raise UserError("world.mllp_address", text=args.mllp[:60])
    if not args.to and where is None:
        raise UserError("world.no_target")
    folder = Path(args.dir)
    sinks: list[living.Sink] = [living.Folder(Path(args.to))] if args.to else []
    line = mllp.Line(*where, _away) if where else None
    if line:
        sinks.append(living.Messages(line.send))
    life = living.Life(living.reopened(folder), folder, sinks, args.speed)
    _say("world.live", {"at": f"{life.next:%Y-%m-%d %H:%M}", "speed": f"{args.speed:g}", "to": args.to or args.mllp})
    days = _Days()
    try:
        life.run(time.monotonic, time.sleep, tell=days.slot)
    except KeyboardInterrupt:
        _say("world.stopped", {"at": f"{life.next:%Y-%m-%d %H:%M}"})
    finally:
        if line:
            line.close()
    return 0


class _Days:
    """One line a day of the county."""

    def __init__(self) -> None:
        self._day: date | None = None
        self._visits = self._files = 0

    def slot(self, slot: living.Slot) -> None:
        """Take in a slot; speak when a day is over."""
        if self._day is not None and slot.start.date() != self._day:
            _say("world.lived", {"day": str(self._day), "visits": self._visits, "files": self._files})
            self._visits = self._files = 0
        self._day = slot.start.date()
        self._visits += slot.visits
        self._files += slot.files


def _away(reason: str) -> None:
    _say("world.away", {"reason": reason})
    time.sleep(5)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UserError("world.day", text=text[:20]) from None


def _say(code: str, params: dict[str, object]) -> None:
    lang = "en" if os.environ.get("YIFANG_LANG") == "en" else "zh"
    print(messages.render(code, params, lang), file=sys.stderr, flush=True)
