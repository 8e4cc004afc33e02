"""`yifang ledger verify`: check both streams and name every entry that was edited, removed, reordered or cut off.

Exit code 0 for a whole ledger, 1 when anything was found. One line, or with `--json` one object, for each fault.
"""

import argparse
import json
import os
from dataclasses import asdict
from pathlib import Path

from django.conf import settings

from yifang.apps.ledger.models import Seal, Stream
from yifang.apps.ledger.verifying import anchored, verify_stream
from yifang.kernel.messages import render

HELP = "台账 · verify the ledger"


def configure(parser: argparse.ArgumentParser) -> None:
    """`verify`, with `--json` and another `--anchor`."""
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="verify")
    verify = verbs.add_parser("verify", help="核对封存链 · check the chain")
    verify.add_argument("--json", action="store_true", help="每处问题一行 JSON · one JSON object for each fault")
    verify.add_argument("--anchor", type=Path, help="另一个锚文件 · another anchor file")


def run(args: argparse.Namespace) -> int:
    """Check and print. Returns 1 when a fault was found."""
    lang = "en" if os.environ.get("YIFANG_LANG") == "en" else "zh"
    anchor = args.anchor or Path(settings.LEDGER_ANCHOR)
    heads = anchored(anchor)
    if not heads and not args.json:
        print(render("ledger.no_anchor", {"path": anchor}, lang))
    total = 0
    for stream in Stream.values:
        name = render(f"ledger.stream.{stream}", {}, lang)
        faults = 0
        for fault in verify_stream(stream, heads.get(stream)):
            faults += 1
            told = asdict(fault)
            shown = {key: "—" if value is None else value for key, value in told.items()}
            print(json.dumps(told) if args.json else render(fault.code, shown | {"stream": name}, lang))
        total += faults
        if not args.json:
            code = "ledger.broken" if faults else "ledger.verified"
            counted = {"stream": name, "count": Seal.objects.filter(stream=stream).count(), "faults": faults}
            print(render(code, counted, lang))
    return 1 if total else 0
