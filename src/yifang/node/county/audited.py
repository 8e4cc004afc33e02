"""`yifang world audit-score`: what the missed-report audit found of a made-up hospital, against what was planted.

With `--fill` the hospital is registered and all its files are taken in first: for an empty node, and nothing else.
"""

from __future__ import annotations

import argparse
import csv
import json
import time
from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from yifang.kernel import messages
from yifang.kernel.errors import UserError

HELP = "漏报核查与真相对照 · an audit against its truth"


def configure(parser: argparse.ArgumentParser) -> None:
    """`--dir` of the hospital, `--fill` to take it in first."""
    parser.add_argument("--dir", required=True, type=Path, metavar="DIR", help="world audit 写出的文件夹 · its folder")
    parser.add_argument("--fill", action="store_true", help="先登记并接收 · register and take in first (an empty node)")


def run(args: argparse.Namespace) -> int:
    """Audit, print the score. Returns 0: a miss is told, not an error."""
    from yifang.apps.reporting.missed import running
    from yifang.world.audited import scoring, truth

    if not (args.dir / "truth" / truth.FILE).is_file():
        raise UserError("world.no_audit", folder=str(args.dir))
    organisation = filled(args.dir) if args.fill else _hospital(args.dir)
    first, last = days(args.dir)
    running.run(organisation, first, last)
    for code, params in scoring.account(scoring.score(truth.read(args.dir), listed(organisation))):
        print(messages.render(code, params, args.config.lang))
    return 0


def filled(folder: Path) -> Any:
    """Take the hospital's files in, followed up, and return it. Raises UserError where the node is not empty."""
    from yifang.apps.intake.models import Feed
    from yifang.apps.intake.services import take_path
    from yifang.apps.ledger import seal, subscriptions
    from yifang.apps.ledger.services import NODE
    from yifang.apps.places.models import Organisation
    from yifang.node.county import registering

    if Organisation.objects.exists():
        raise UserError("world.not_empty_node")
    organisations = registering.organisations(folder)
    registering.feeds(folder, organisations)
    by_code = {feed.code: feed for feed in Feed.objects.all()}
    for path in sorted((folder / "feeds").glob("*/*")):
        take_path(path, by_code[path.parent.name], NODE)
    for path in sorted((folder / "national").iterdir()):
        take_path(path, by_code["national"], NODE)
    until = time.monotonic() + 600
    while (sum(seal.seal_pending().values()) or subscriptions.deliver_pending()) and time.monotonic() < until:
        pass
    return _hospital(folder)


def listed(organisation: Any) -> list[Any]:
    """The audit's lines with the numbers of the visits behind them."""
    from yifang.apps.records.models import Record
    from yifang.apps.reporting.models import AuditLine
    from yifang.world.audited.scoring import Listed

    lines = list(AuditLine.objects.filter(organisation=organisation))
    records: dict[str, str] = defaultdict(str)
    wanted = {item["record"] for line in lines for item in line.evidence}
    for row in Record.objects.filter(id__in=wanted).only("id", "payload"):
        records[str(row.id)] = (row.payload.get("encounter") or {}).get("id", "")
    return [
        Listed(
            frozenset(records[item["record"]] for item in line.evidence), line.disease,
            frozenset({line.kind, line.also} - {""}), line.reason,
        )
        for line in lines
    ]  # fmt: skip


def days(folder: Path) -> tuple[date, date]:
    """The first and the last day of the hospital's visits."""
    county = json.loads((folder / "county.json").read_text(encoding="utf-8"))
    return date.fromisoformat(county["first_day"]) - timedelta(days=1), date.fromisoformat(county["until"])


def _hospital(folder: Path) -> Any:
    from yifang.apps.places.models import Organisation

    with (folder / "feeds.csv").open(encoding="utf-8", newline="") as file:
        code = next(csv.DictReader(file))["organisation_code"]
    found = Organisation.objects.filter(code=code).first()
    if found is None:
        raise UserError("places.no_organisation", code=code)
    return found
