"""`./dev bench identify-figures`: how well identification sees, measured and written to `docs/identify-report.md`.

Needs the shared material (`YIFANG_SHARED`). A target is a least value.
"""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from dataclasses import dataclass
from datetime import date
from math import sqrt
from pathlib import Path
from statistics import mean, stdev

from benchmarks import county_identify, made_figures, text_figures
from benchmarks.made_figures import Row
from benchmarks.text_figures import Counted
from yifang import identify
from yifang.world import county, making, truth

Figure = tuple[str, float, str, float]
_REPORT = Path(__file__).parents[1] / "docs" / "identify-report.md"
_Z = 1.96
_TEXT = """# How well identification sees

Written by `./dev bench identify-figures`. Numbers in brackets are 95 % intervals. What the parts are:
[identify.md](identify.md). The consultations were read by five readers, each made from four fifths of them and reading
the last fifth, so no weight and no word count comes from the text it is measured on. The shipped reader is made from
all of them, a quarter more than each of the five. But the rules of denial and the rules of hand, foot and mouth
disease were settled while looking at errors in these texts, so text that nobody has looked at may come out somewhat
lower.

## Chinese text

| what | on | figure |
|---|---|---|
{text}

### Where it fails

{errors}

Many of the span errors are the annotation's own: the same words are a symptom in one consultation and none in the
next (感冒, 脱水 in advice), and bounds differ (痰, 有痰; 发热, 反复发热). Many of the denials that are called wrong are
too (没发烧, marked as present); others are missed where the symptom itself is not found (没烧, 没有血), or are of a
time or a degree (白天不咳, 前几天还不咳). Hand, foot and mouth disease is missed where a report tells of fever alone,
or of a rash without its place and without fever, or when the fever has gone; it is suspected in children with other
eruptions.

### Other texts

All were read to the end. A named disease counts as right where an annotator marked a disease there.

| text | notes | with a symptom | named diseases also marked | suspected most often |
|---|---|---|---|---|
{others}

## Made records by disease

A made county (`yifang.world`, seed 7, 30,000 residents, 20,000 visits with noise and decoys), each record by itself.
Sensitivity is of cases of which something can be seen; specificity is of visits that are not the disease's.

{diseases}

## Made records by syndrome

{draws} visits drawn of each illness, look-alike and decoy of the world. The truth is the template's, before a wording
was drawn for it. What is not in the table did not occur and was never found.

{syndromes}
"""
_SENSITIVITY, _SPECIFICITY = 97.0, 99.5
_SCALE = county.Scale(seed=7, until=date(2026, 11, 27), residents=30_000, encounters=20_000, days=200)


@dataclass(frozen=True, slots=True)
class Told:
    """Everything measured on text."""

    folds: list[text_figures.Fold]
    report: Counted
    dialogue: Counted
    reports: int
    others: dict[str, text_figures.Reading]

    @property
    def spans(self) -> Counted:
        return text_figures.added(one.spans for one in self.folds)

    @property
    def negation(self) -> Counted:
        return text_figures.added(one.negation for one in self.folds)


def run() -> list[Figure]:
    """Figures as (name, value, unit, least); writes the report. Raises RuntimeError without the shared material."""
    folder = Path(os.environ.get("YIFANG_SHARED") or Path(__file__).parents[2] / "shared") / "fixtures/zh-clinical-text"
    if not folder.is_dir():
        raise RuntimeError(f"no shared material at {folder}: set YIFANG_SHARED")
    packs = made_figures.packs()
    identifier = identify.compiled(packs)
    report, reports = text_figures.told_disease(identifier, folder / "dxy/dxy_train.jsonl", whole=False)
    dialogue, _ = text_figures.told_disease(identifier, folder / "dxy/dxy_train.jsonl", whole=True)
    told = Told(
        text_figures.folds(packs, folder / "cmdd"),
        report,
        dialogue,
        reports,
        text_figures.others(identifier, folder),
    )
    with tempfile.TemporaryDirectory() as made:
        place = Path(made) / "county"
        making.make(county.found(_SCALE), place)
        diseases = made_figures.by_disease(truth.read(place), county_identify.standing(place))
    syndromes = made_figures.by_syndrome(packs)
    _REPORT.write_text(_written(told, diseases, syndromes), encoding="utf-8")
    return _figures(told, diseases, syndromes)


def _figures(told: Told, diseases: dict[str, Row], syndromes: dict[str, Row]) -> list[Figure]:
    found: list[Figure] = [
        ("symptom spans, exact, F1", 100 * told.spans.f1, "%", 91.0),
        ("negation in patients' turns, precision", 100 * told.negation.precision, "%", 90.0),
        ("negation in patients' turns, recall", 100 * told.negation.recall, "%", 90.0),
    ]
    for name, one in (("self-report", told.report), ("whole dialogue", told.dialogue)):
        found.append((f"hand-foot-mouth by {name}, precision", 100 * one.precision, "%", 85.0))
        found.append((f"hand-foot-mouth by {name}, recall", 100 * one.recall, "%", 75.0))
    for kind, rows in (("disease", diseases), ("syndrome", syndromes)):
        least = min((_share(row.found, row.have) for row in rows.values() if row.have), default=100.0)
        found.append((f"lowest sensitivity of a {kind}", least, "%", _SENSITIVITY))
        lowest = min((_share(row.left_alone, row.have_not) for row in rows.values() if row.have_not), default=100.0)
        found.append((f"lowest specificity of a {kind}", lowest, "%", _SPECIFICITY))
    return found


def _share(part: int, whole: int) -> float:
    return 100 * part / max(1, whole)


def interval(part: int, whole: int) -> tuple[float, float]:
    """The Wilson interval of a share in per cent, 95 %."""
    if whole == 0:
        return 0.0, 100.0
    share, square = part / whole, _Z * _Z / whole
    middle, half = share + square / 2, _Z * sqrt(share * (1 - share) / whole + square / (4 * whole))
    return 100 * max(0.0, (middle - half) / (1 + square)), 100 * min(1.0, (middle + half) / (1 + square))


def _of(part: int, whole: int) -> str:
    low, high = interval(part, whole)
    return f"{_share(part, whole):.1f} % ({low:.1f}–{high:.1f}), {part}/{whole}"


def _written(told: Told, diseases: dict[str, Row], syndromes: dict[str, Row]) -> str:
    spans, negation = told.spans, told.negation
    each = [row for fold in told.folds for row in fold.each]
    low, high = text_figures.spread(each)
    on = f"CMDD, {len(each)} consultations, cross-validated, a line a note"
    text = [
        f"| symptom spans, exact, F1 | {on} | {100 * spans.f1:.2f} % ({100 * low:.2f}–{100 * high:.2f}) |",
        f"| … in each fifth | mean, standard deviation, each | {_each([one.spans.f1 for one in told.folds])} |",
        f"| … precision | spans found | {_of(spans.right, spans.right + spans.extra)} |",
        f"| … recall | spans annotated | {_of(spans.right, spans.right + spans.missed)} |",
        *_pair("what patients say is absent", "CMDD, patients' turns, cross-validated", negation),
        f"| … precision in each fifth | the same | {_each([one.negation.precision for one in told.folds])} |",
        f"| … recall in each fifth | the same | {_each([one.negation.recall for one in told.folds])} |",
        *_pair("hand, foot and mouth disease from a self-report", f"{told.reports} self-reports", told.report),
        *_pair("… from all that the parent says", "the same, answers joined", told.dialogue),
    ]
    errors = [*_errors("Spans", spans.errors), *_errors("Negation", negation.errors)]
    return _TEXT.format(
        text="\n".join(text),
        errors="\n".join(errors),
        others="\n".join(_others(told.others)),
        diseases="\n".join(_rows(diseases)),
        syndromes="\n".join(_rows(syndromes)),
        draws=made_figures.DRAWS,
    )


def _each(shares: list[float]) -> str:
    each = ", ".join(f"{100 * one:.1f}" for one in shares)
    return f"{100 * mean(shares):.2f} ± {100 * stdev(shares):.2f} %: {each}"


def _pair(name: str, on: str, one: Counted) -> list[str]:
    return [
        f"| {name}, precision | {on} | {_of(one.right, one.right + one.extra)} |",
        f"| {name}, recall | {on} | {_of(one.right, one.right + one.missed)} |",
    ]


def _errors(title: str, errors: Counter[tuple[str, str]]) -> list[str]:
    counts: dict[str, list[tuple[str, int]]] = {}
    for (kind, word), times in errors.most_common():
        counts.setdefault(kind, []).append((word, times))
    return [
        f"- {title}, {kind}: {sum(times for _, times in words)}, most often "
        + ", ".join(f"{word} {times}" for word, times in words[:8])
        for kind, words in counts.items()
    ]


def _others(others: dict[str, text_figures.Reading]) -> list[str]:
    lines = []
    for name, one in others.items():
        named = _of(one.confirmed, one.named) if one.named else "–"
        often = ", ".join(f"{disease} {count}" for disease, count in one.suspected.most_common(4)) or "–"
        lines.append(f"| {name} | {one.notes} | {one.with_symptoms} | {named} | {often} |")
    return lines


def _rows(rows: dict[str, Row]) -> list[str]:
    lines = ["| | sensitivity | specificity |", "|---|---|---|"]
    for name, row in rows.items():
        lines.append(
            f"| {name} | {_of(row.found, row.have) if row.have else '–'} | {_of(row.left_alone, row.have_not)} |"
        )
    return lines
