"""`yifang identify PATH… [--text] [--json]`: what the program sees in files, without a database.

Every item of every file is accounted for with one object; what cannot be read is `refused` with its reason. With
`--text` each line of a file is one clinical note. Output is streamed, a closed pipe ends it quietly.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from yifang import formats, identify, knowledge
from yifang.formats.canonical import Issue, Record, Refusal
from yifang.identify.model import Evidence, Finding, Identified, Suspicion, Withheld
from yifang.kernel import messages
from yifang.kernel.errors import UserError
from yifang.kernel.messages import MessageError

HELP = "识别文件中的疑似传染病并给出证据,不需要数据库 / identify suspected notifiable diseases in files"


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments of `yifang identify`."""
    parser.add_argument(
        "paths", nargs="+", metavar="PATH", help="文件或文件夹(递归) / a file, or a folder with all below it"
    )
    parser.add_argument("--text", action="store_true", help="每行是一条病历文本 / each line is one clinical note")
    parser.add_argument("--json", action="store_true", help="每条输出一个 JSON 对象 / one JSON object a line")


def run(args: argparse.Namespace) -> int:
    """Identify and print; 0 when every input is accounted for. Raises UserError for a path that is not there."""
    for path in args.paths:
        if not Path(path).exists():
            raise UserError("identify.path_missing", path=path)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A lone surrogate, in a text or in the name of a file, is written as JSON escapes it.
        if args.json:
            sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
        else:
            sys.stdout.reconfigure(errors="replace")
    identifier = identify.compiled(knowledge.load())
    show = _json_line if args.json else _table_lines
    try:
        for item in accounted(args.paths, identifier, text=args.text):
            sys.stdout.write(show(item) + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader left; point stdout elsewhere so that closing it at exit says nothing either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def accounted(paths: Iterable[str], identifier: identify.Identifier, *, text: bool = False) -> Iterator[dict[str, Any]]:
    """One object (see `_object`) for each item of the files at `paths`, at least one for each file."""
    for given in paths:
        for path in files_at(given):
            yield from _of_file(path, identifier, text)


def files_at(path: str) -> Iterator[str]:
    """The file itself, or every file below a folder in sorted order, named as the path was given."""
    if not os.path.isdir(path):
        yield path
        return
    try:
        names = sorted(os.listdir(path))
    except OSError:
        yield path  # a folder that may not be looked into is accounted for by its own name
        return
    for name in names:
        below = os.path.join(path, name)
        if not (os.path.islink(below) and os.path.isdir(below)):  # a link back up would never end
            yield from files_at(below)


def _of_file(shown: str, identifier: identify.Identifier, text: bool) -> Iterator[dict[str, Any]]:
    path = Path(shown)
    try:
        if path.exists() and not path.is_file() and not path.is_dir() and not shown.startswith("/dev/"):
            # A pipe or a socket that lies in a folder would be waited for without end.
            yield _refused(shown, 0, "unknown", Refusal("identify.no_file"))
            return
        for item in formats.read_text(path) if text else formats.read(path):
            if item.refusal is not None or not item.records:
                refusal = item.refusal or Refusal("identify.no_item")
                yield _refused(shown, item.index, item.format, refusal, item.issues)
            else:
                outcomes = identifier.identify(item.records)
                yield _object(shown, item.index, item.format, item.records, outcomes, item.issues)
    except OSError as error:
        reason = (("reason", error.strerror or str(error)),)
        yield _refused(shown, 0, "unknown", Refusal("identify.unreadable", params=reason))


def _refused(source: str, index: int, format: str, refusal: Refusal, issues: tuple[Issue, ...] = ()) -> dict[str, Any]:
    reason = _issue(Issue(refusal.code, refusal.place, refusal.params))
    return _frame(source, index, format, "refused", [], [], [], [reason, *map(_issue, issues)])


def _object(
    source: str,
    index: int,
    format: str,
    records: tuple[Record, ...],
    outcomes: list[Identified],
    issues: tuple[Issue, ...] = (),
) -> dict[str, Any]:
    return _frame(
        source,
        index,
        format,
        _status([record.status for record in records]),
        [_finding(one) for outcome in outcomes for one in outcome.findings],
        [_suspicion(one) for outcome in outcomes for one in outcome.suspicions],
        [_withheld(one) for outcome in outcomes for one in outcome.withheld],
        [_issue(one) for one in issues]
        + [_issue(one) for record in records for one in record.issues]
        + [_issue(one) for outcome in outcomes for one in outcome.issues],
    )


def _frame(source: str, index: int, format: str, status: str, *parts: list[dict[str, Any]]) -> dict[str, Any]:
    findings, suspicions, withheld, issues = parts
    return {
        "source": source,
        "index": index,
        "format": format,
        "status": status,
        "findings": findings,
        "suspicions": suspicions,
        "withheld": withheld,
        "issues": issues,
    }


def _status(statuses: list[str]) -> str:
    """The state of an item with several persons: cancelled only when all are."""
    if all(status == "cancelled" for status in statuses):
        return "cancelled"
    return next((status for status in ("corrected", "preliminary") if status in statuses), "final")


def _finding(one: Finding) -> dict[str, Any]:
    return {
        "concept": one.concept,
        "text": one.text,
        "start": one.start,
        "end": one.end,
        "path": one.path,
        "assertion": one.assertion,
        "kind": one.kind,
        "section": one.section,
    }


def _suspicion(one: Suspicion) -> dict[str, Any]:
    return {
        "disease": one.disease,
        "confidence": one.confidence,
        "rule": one.rule,
        "case_class": one.case_class,
        "urgent": one.urgent,
        "subtype_hint": one.subtype_hint,
        "pack_digest": one.pack_digest,
        "evidence": [_evidence(each) for each in one.evidence],
    }


def _evidence(one: Evidence) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "rule": one.rule,
        "level": one.level,
        "text": one.text,
        "path": one.path,
        "start": one.start,
        "end": one.end,
        "zh": one.says("zh"),
        "en": one.says("en"),
    }


def _withheld(one: Withheld) -> dict[str, Any]:
    return {
        "disease": one.disease,
        "rule": one.rule,
        "effect": one.effect,
        "to": one.to,
        "zh": one.says("zh"),
        "en": one.says("en"),
        "evidence": _evidence(one.evidence),
    }


def _issue(one: Issue) -> dict[str, Any]:
    return {"code": one.code, "path": one.path, "zh": _words(one, "zh"), "en": _words(one, "en")}


def _words(one: Issue, lang: str) -> str:
    try:
        return messages.render(one.code, dict(one.params), lang)
    except MessageError:  # a source's own issue without a text must not stop the account of the rest
        return one.code


def _json_line(item: dict[str, Any]) -> str:
    return json.dumps(item, ensure_ascii=False)


def _table_lines(item: dict[str, Any]) -> str:
    head = f"{item['source']} [{item['index']}] {item['format']} {item['status']}"
    lines = [head]
    for one in item["suspicions"]:
        lines.append(f"  ● {one['disease']}  {one['confidence']}  {one['rule']}")
        lines += [f"      {each['zh']}  ({each['path']})" for each in one["evidence"]]
    lines += [f"  ○ {one['disease']}  {one['zh']}" for one in item["withheld"]]
    lines += [f"  ! {one['zh']} {one['path']}".rstrip() for one in item["issues"]]
    return "\n".join(lines)
