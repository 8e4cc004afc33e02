"""`yifang detect FILE.csv --method M [--set k=v …] [--from DATE|T] --out FILE`: which weeks of a table stand out.

Writes one row for each step of each series; what could not be judged, and why, is summed up on stderr. Nothing is
written when anything is wrong. Needs no database.
"""

from __future__ import annotations

import argparse
import csv
import io
import os
import re
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from yifang.detect import national, table
from yifang.detect.method import Method
from yifang.detect.parameters import Parameter
from yifang.detect.registry import METHODS, method_named
from yifang.detect.result import Detection, Reason
from yifang.detect.series import Series, assembled, matrices
from yifang.kernel.errors import NotFound, UserError
from yifang.kernel.messages import render

HELP = "按病例数发现异常升高,不需要数据库 / find what stands out in tables of counts"

COLUMNS = (
    *("series", "t", "date", "observed", "expected", "upperbound"),
    *("pvalue", "score", "alarm", "evaluable", "method"),
)
_FREQ = Parameter("freq", "float", 1, 366)  # of the series, so every method takes it; some make no use of it


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments of `yifang detect`."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description = "\n".join([HELP, "", *map(_described, METHODS.values())])
    columns = "表头 series,t 或 date,observed[,population] / a table with this header"
    parser.add_argument("file", nargs="?", metavar="FILE", help=columns)
    parser.add_argument("--method", required=True, metavar="M", help="方法 / " + ", ".join(_options()))
    values = "参数,可多个 / parameters of the method"
    parser.add_argument("--set", nargs="+", action="extend", default=[], metavar="K=V", help=values)
    since = "只输出从此日期或 t 起的行 / only rows from this date or t on"
    parser.add_argument("--from", dest="since", metavar="DATE|T", help=since)
    parser.add_argument("--out", required=True, metavar="FILE", help="结果文件,- 为标准输出 / result, - for stdout")


def run(args: argparse.Namespace) -> int:
    """Detect and write; 0 when it is written. Raises UserError (TableError for the mistakes in a table)."""
    method = method_named(args.method)
    file, words = _file(args.file, args.set)
    given = _parameters(method, words)
    if args.out != "-" and _same(file, args.out):
        raise UserError("detect.out_is_input", path=file)
    lines, problems = table.read(file)
    series = assembled(lines, file, problems)
    since = _since(args.since, series, file)
    found = _detected(method, given, series)
    counted: Counter[str] = Counter()
    _write(args.out, _rows(method, series, found, since, counted))
    _sum_up(counted, len(series))
    return 0


def _options() -> list[str]:
    return [one.option for one in METHODS.values()]


def _described(method: Method) -> str:
    """A method with its parameters and their defaults, for `--help`."""
    says = " / ".join(render(f"detect.method.{method.name}", None, lang) for lang in ("zh", "en"))
    defaults = ((one.name, method.default(one.name)) for one in method.parameters)
    return f"  {method.option}: {says}\n    " + "  ".join(
        name if value is None else f"{name}={str(value).lower()}" for name, value in defaults
    )


def _file(file: str | None, words: list[str]) -> tuple[str, list[str]]:
    """The table and the settings; `--set k=v FILE` leaves the table among the settings."""
    if file is None and words and "=" not in words[-1]:
        return words[-1], words[:-1]
    if file is None:
        raise UserError("node.usage", command="yifang detect", reason="FILE")
    return file, words


def _parameters(method: Method, words: list[str]) -> dict[str, Any]:
    """What `--set` gives, in the kinds of the method. Raises UserError for an unknown name or a wrong value."""
    specs = {_FREQ.name: _FREQ} | {one.name: one for one in method.parameters}
    by_disease = "percentile" in specs
    known = [*specs, *(["disease"] if by_disease else [])]
    given: dict[str, Any] = {}
    for word in words:
        name, equals, text = (part.strip() for part in word.partition("="))
        if not equals or not name:
            raise UserError("detect.parameter_form", text=word[:60], method=method.option, known=known)
        if name == "disease" and by_disease:
            try:
                given.setdefault("percentile", national.percentile_of(national.shipped(), text))
            except NotFound:
                raise UserError("detect.disease_unknown", name=text[:60]) from None
        elif name in specs:
            given[name] = specs[name].read(text)
        else:
            raise UserError("detect.parameter_unknown", name=name[:60], method=method.option, known=known)
    return given


def _same(file: str, out: str) -> bool:
    try:
        return os.path.samefile(file, out) and Path(file).is_file()
    except OSError:
        return False


def _since(text: str | None, series: list[Series], file: str) -> int | date | None:
    """The first t or date to be written. Eight digits are a date where the table has dates."""
    if text is None:
        return None
    dated = any(day for one in series for day in one.days)
    if re.fullmatch(r"-?\d{1,9}", text, re.ASCII) and not (dated and len(text) == 8):
        return int(text)
    day = table.day_of(text)
    if day is None:
        raise UserError("detect.from_wrong", value=text[:40])
    if not dated:
        raise UserError("detect.from_no_date", value=text[:40], path=file)
    return day


def _detected(method: Method, given: dict[str, Any], series: list[Series]) -> dict[int, tuple[Detection, int]]:
    """For each series its result and its row there."""
    names = {one.name for one in method.parameters}
    wanted = {name: value for name, value in given.items() if name in names}
    peopled = any(not np.isnan(one.population).all() for one in series)
    found: dict[int, tuple[Detection, int]] = {}
    for places, counts, population in matrices(series):
        own = {"freq": series[places[0]].freq} if "freq" in names else {}
        result = method.run(counts, population if peopled else None, **{**own, **wanted})
        found |= {place: (result, row) for row, place in enumerate(places)}
    return found


def _rows(
    method: Method,
    series: list[Series],
    found: dict[int, tuple[Detection, int]],
    since: int | date | None,
    counted: Counter[str],
) -> Iterator[list[str]]:
    for place, one in enumerate(series):
        result, row = found[place]
        numbers = [
            getattr(result, name)[row].tolist() for name in ("observed", "expected", "upperbound", "pvalue", "score")
        ]
        alarms, evaluable, reasons = result.alarm[row], result.evaluable[row], result.reason[row]
        for step, day in enumerate(one.days):
            t = one.start + step
            if (isinstance(since, int) and t < since) or (isinstance(since, date) and (day is None or day < since)):
                continue
            counted[f"reason {reasons[step]}"] += 1
            counted["alarms"] += bool(alarms[step])
            yield [
                *(one.name, str(t), day.isoformat() if day else ""),
                *(_number(values[step]) for values in numbers),
                *("1" if alarms[step] else "0", "1" if evaluable[step] else "0", method.option),
            ]


def _number(value: float) -> str:
    """The shortest text that reads back as the same number; empty for one that is not known."""
    if value != value:
        return ""
    return str(int(value)) if abs(value) < 1e15 and value == int(value) else repr(value)


def _write(out: str, rows: Iterator[list[str]]) -> None:
    if out == "-" and isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace", newline="")
    try:
        with nullcontext(sys.stdout) if out == "-" else open(out, "w", encoding="utf-8", newline="") as target:
            writer = csv.writer(target, lineterminator="\n")
            writer.writerow(COLUMNS)
            writer.writerows(rows)
            target.flush()
    except BrokenPipeError:
        raise  # the reader of stdout left; the command line ends quietly
    except OSError as error:
        raise UserError("detect.out_unwritable", path=out, reason=error.strerror or str(error)) from None


def _sum_up(counted: Counter[str], series: int) -> None:
    """What was done, and why some rows have no answer: on stderr, apart from the result."""
    lang = "en" if os.environ.get("YIFANG_LANG") == "en" else "zh"
    by_reason = {reason: counted[f"reason {reason.value}"] for reason in Reason}
    totals = {"series": series, "rows": sum(by_reason.values()), "alarms": counted["alarms"]}
    lines = [render("detect.summary", {**totals, "evaluable": by_reason.pop(Reason.NONE)}, lang)]
    for reason, count in by_reason.items():
        if count:
            why = render(f"detect.reason.{reason.name.lower()}", None, lang)
            lines.append(render("detect.not_evaluable", {"count": count, "reason": why}, lang))
    print("\n".join(lines), file=sys.stderr)
