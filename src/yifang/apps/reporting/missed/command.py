"""`yifang audit run|list`: the missed-report audit of a hospital, and its lines as JSON.

Every night the jobs process does the same for each hospital that sends records.
"""

from __future__ import annotations

import argparse
import json
from datetime import date, timedelta
from typing import Any

from yifang.kernel import clock, messages
from yifang.kernel.errors import UserError

HELP = "漏报核查 · missed-report audit"


def configure(parser: argparse.ArgumentParser) -> None:
    """`audit run` and `audit list`, each of a hospital and days."""
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="run|list")
    for name, says in (("run", "现在核查 · audit now"), ("list", "逐条列出 · the lines, one JSON object each")):
        verb = verbs.add_parser(name, help=says, description=says)
        verb.add_argument("--organisation", metavar="CODE", default="", help="单位代码，默认全部 · by default all")
        verb.add_argument("--from", dest="first", metavar="YYYY-MM-DD", help="默认 35 天前 · 35 days ago by default")
        verb.add_argument("--to", dest="last", metavar="YYYY-MM-DD", help="默认昨天 · yesterday by default")
        if name == "list":
            verb.add_argument("--kind", default="", metavar="KIND", help="missed, late, wrong_class, not_a_case …")


def run(args: argparse.Namespace) -> int:
    """0; raises UserError for an unknown hospital or a day that is none."""
    from yifang.apps.reporting.missed import running

    last = _day(args.last) if args.last else clock.today() - timedelta(days=1)
    first = _day(args.first) if args.first else last - timedelta(days=running.DAYS - 1)
    if first > last:
        raise UserError("reporting.audit_days", first=first, last=last)
    for organisation in _organisations(args.organisation):
        if args.verb == "list":
            _list(organisation, first, last, args.kind)
            continue
        made = running.run(organisation, first, last)
        kinds = made.numbers["kinds"]
        shown = {
            "organisation": organisation.name, "first": first, "last": last, "records": made.records,
            "again": made.read_again, "seconds": f"{(made.ended_at - made.started_at).total_seconds():.1f}",
            **{kind: kinds.get(kind, 0) for kind in ("missed", "late", "wrong_class", "reported_elsewhere",
                                                     "not_a_case", "waiting", "reported")},
        }  # fmt: skip
        print(messages.render("reporting.audit_done", shown, args.config.lang))
    return 0


def _organisations(code: str) -> list[Any]:
    from yifang.apps.places.models import Organisation
    from yifang.apps.reporting.models import Reading

    if code:
        found = list(Organisation.objects.filter(code=code))
        if not found:
            raise UserError("places.no_organisation", code=code)
        return found
    senders = Reading.objects.values("organisation_id").distinct()
    return list(Organisation.objects.filter(id__in=senders).order_by("code"))


def _list(organisation: Any, first: date, last: date, kind: str) -> None:
    from yifang.apps.reporting.models import AuditLine

    lines = AuditLine.objects.filter(organisation=organisation, day__gte=first, day__lte=last).order_by("day", "id")
    for one in lines.filter(kind=kind) if kind else lines:
        shown = {
            "id": one.id, "kind": one.kind, "also": one.also, "reason": one.reason, "minutes": one.minutes,
            "disease": one.disease, "day": one.day, "source": one.source, "department": one.department,
            "answer": one.answer, "evidence": one.evidence, "told": one.told,
        }  # fmt: skip
        print(json.dumps(shown, ensure_ascii=False, default=str))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UserError("world.day", text=text[:20]) from None
