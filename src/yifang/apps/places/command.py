"""`yifang places add|import|list|map`: the organisations and places of the node, kept from a table or one at a time.

`import` shows what it would do and writes only with `--write`, all or nothing. What a page may do about places is in
`views`. A file that is not there, is no table, or holds a line that is refused while writing: exit code 2.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import Any

from yifang.apps.ledger.services import NODE
from yifang.apps.places import maps, registering
from yifang.apps.places.models import Membership, Organisation, Place
from yifang.apps.places.registering import Line, Step
from yifang.kernel.errors import UserError
from yifang.kernel.messages import render
from yifang.knowledge import load

HELP = "单位与场所 · organisations and places"


def configure(parser: argparse.ArgumentParser) -> None:
    """One verb with its own arguments."""
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="add|import|list|map")

    def verb(name: str, says: str) -> argparse.ArgumentParser:
        return verbs.add_parser(name, help=says, description=says)

    kinds = "类别 · one of " + ", ".join(registering.KINDS)
    add = verb("add", "登记一个单位或场所 · put one on the list")
    add.add_argument("code", metavar="CODE", help="代码 · its code")
    add.add_argument("name", metavar="NAME", help="名称 · its name")
    add.add_argument("kind", metavar="KIND", help=kinds)
    add.add_argument("--area", metavar="AREA", default="", help="行政区划代码 · area code")
    above = "上级代码：班级的学校，单位的医疗集团 · code of the school of a class, of an organisation's group"
    add.add_argument("--parent", metavar="CODE", default="", help=above)
    add.add_argument("--phone", metavar="NO", default="", help="电话 · telephone")
    add.add_argument("--name-en", metavar="NAME", default="", help="英文名称 · its name in English")
    add.add_argument("--alias", metavar="NAME", action="append", default=[], help="别名，可多次 · another name; repeat")
    taken = verb("import", "从 CSV 或 Excel 登记 · from a CSV or Excel table")
    header = "表头 code,name,kind,area_code,parent,phone,aliases 或其中文 · a table with this header"
    taken.add_argument("file", metavar="FILE", type=Path, help=header)
    taken.add_argument("--write", action="store_true", help="写入；不加只预览 · write it, not only show it")
    drawn = verb("map", "装入地区边界图 · take in the outlines of areas for maps")
    shape = "GeoJSON，每个要素的 code 或 adcode 为行政区划代码 · its features carry their area code as code or adcode"
    drawn.add_argument("file", metavar="FILE", type=Path, help=shape)
    listed = verb("list", "现有的单位和场所 · what is on the list")
    listed.add_argument("--kind", metavar="KIND", default="", help=kinds)
    listed.add_argument("--json", action="store_true", help="每行一个 JSON · one JSON object a line")


def run(args: argparse.Namespace) -> int:
    """Do it and say so."""
    {"add": _add, "import": _import, "list": _list, "map": _map}[args.verb](args)
    return 0


def _add(args: argparse.Namespace) -> None:
    values = {
        "code": args.code, "name": args.name, "kind": args.kind, "area_code": args.area, "parent": args.parent,
        "phone": args.phone, "name_en": args.name_en, "also_known_as": ";".join(args.alias),
    }  # fmt: skip
    given = {column: text.strip() for column, text in values.items() if text.strip()}
    plan = registering.plan([Line(0, given)])
    (step,) = plan.steps
    if step.refused:
        raise step.refused
    if step.what == "changed":
        raise UserError("places.code_taken", code=args.code)
    registering.carry_out(plan, NODE)
    _say("said_nothing" if step.what == "same" else "said_added", **_named(step))


def _import(args: argparse.Namespace) -> None:
    try:
        data = args.file.read_bytes()
    except OSError as error:
        raise UserError("places.no_file", path=str(args.file), reason=error.strerror or type(error).__name__) from None
    plan = registering.plan(registering.read_list(data, args.file.name))
    for step in plan.steps:
        if step.what != "same":
            _tell(step)
    counts = {what: len(plan.of(what)) for what in ("new", "changed", "same", "refused")}
    _say("said_total", **counts)
    if not args.write:
        if counts["new"] or counts["changed"]:
            _say("said_dry")
        return
    written = registering.carry_out(plan, NODE)
    _say("said_written" if written else "said_nothing", number=written)


def _map(args: argparse.Namespace) -> None:
    for above, number in maps.take(args.file).items():
        region = load().regions.get(above)
        _say("said_map", area=region.name if region else above, code=above, number=number)


def _list(args: argparse.Namespace) -> None:
    wanted = registering.kind_of(args.kind) if args.kind else None
    if args.kind and wanted is None:
        raise UserError("places.line_kind", kind=args.kind, kinds=", ".join(registering.KINDS))
    rows: list[Organisation | Place] = [*Organisation.objects.order_by("code")]
    rows += Place.objects.select_related("organisation").order_by("code")
    groups = dict(Membership.objects.filter(until=None).values_list("member", "group__code"))
    rows = [row for row in rows if wanted in (None, (type(row), row.kind))]
    for row in rows:
        above = row.organisation.code if isinstance(row, Place) and row.organisation else groups.get(row.id, "")
        kind = registering.word_of((type(row), row.kind))
        if args.json:
            told = {
                "code": row.code, "name": row.name, "kind": kind, "area_code": row.area_code, "parent": above,
                "phone": getattr(row, "phone", ""), "aliases": getattr(row, "also_known_as", []), "active": row.active,
            }  # fmt: skip
            print(json.dumps(told, ensure_ascii=False))
            continue
        closed = "" if row.active else _words("list_closed")
        print("  ".join(filter(None, (row.code, row.name, kind, row.area_code, above and f"< {above}", closed))))
    if not rows and not args.json:
        _say("list_none")


def _tell(step: Step) -> None:
    row = _words("said_row", row=step.line.row)
    if step.refused:
        _say("said_refused", row=row, code=step.line.values.get("code", ""), why=step.refused.render(_lang()))
    else:
        _say(f"said_{step.what}", row=row, fields=", ".join(step.fields), **_named(step))


def _named(step: Step) -> dict[str, str]:
    if step.wish is None:
        return {}
    kind = registering.word_of(step.wish.kind)
    return {"code": step.wish.code, "name": step.wish.values["name"], "kind": kind}


def _say(code: str, /, **params: Any) -> None:
    print(_words(code, **params))


def _words(code: str, /, **params: Any) -> str:
    return render(f"places.{code}", params, _lang())


def _lang() -> str:
    return "en" if os.environ.get("YIFANG_LANG") == "en" else "zh"
