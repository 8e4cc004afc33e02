"""`yifang connect names`: a hospital's own names that the packs do not know, and saying what they mean."""

from __future__ import annotations

import argparse
import os

from yifang.apps.intake.models import LocalName, NameKind, NameState
from yifang.apps.intake.services import names
from yifang.apps.ledger.services import NODE
from yifang.kernel.errors import UserError
from yifang.kernel.messages import render


def configure(parser: argparse.ArgumentParser) -> None:
    """Which names, or what one means."""
    parser.add_argument("--organisation", metavar="CODE", default="", help="单位代码 · code of the hospital")
    parser.add_argument("--kind", choices=NameKind.values, default=NameKind.TEST.value, help="种类 · kind")
    parser.add_argument("--state", choices=NameState.values, default=NameState.OPEN.value, help="状态 · state")
    parser.add_argument("--name", metavar="NAME", default="", help="说明这个名称 · the name to answer")
    parser.add_argument(
        "--means", metavar="TARGET", default="", help="是什么；none 为与传染病无关 · what; none: nothing"
    )


def run(args: argparse.Namespace) -> int:
    """List them, the most frequent first, or answer one."""
    rows = LocalName.objects.filter(kind=args.kind)
    if args.organisation:
        rows = rows.filter(organisation__code=args.organisation)
    if args.name:
        found = list(rows.filter(name=args.name)[:2])
        if len(found) != 1:
            raise UserError("connect.which_name", name=args.name, n=len(found))
        state = NameState.IGNORED if args.means == "none" else NameState.CONFIRMED if args.means else NameState.OPEN
        one = names.answer(found[0].id, state, args.means, NODE)
        meaning = names.label(one.kind, one.target) if one.target else str(NameState(one.state).label)
        print(_words("connect.said_name", name=one.name, meaning=meaning))
        return 0
    shown = list(rows.filter(state=args.state).select_related("organisation").order_by("-seen")[:200])
    for one in shown:
        means = [f"{target} {names.label(one.kind, target)} {round(score * 100)}%" for target, score in one.proposals]
        meaning = names.label(one.kind, one.target) if one.target else " | ".join(means)
        print(f"{one.seen:>7}  {one.organisation.code}  {one.name}  {meaning}")
    if not shown:
        print(_words("connect.no_names"))
    return 0


def _words(code: str, /, **params: object) -> str:
    return render(code, params, "en" if os.environ.get("YIFANG_LANG") == "en" else "zh")
