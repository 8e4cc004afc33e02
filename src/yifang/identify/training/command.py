"""`yifang identify train FOLDER`: make the small models of the text reader again, and say where they came from.

FOLDER holds the parts of CMDD. The same folder gives the same files; nothing else is read.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from pathlib import Path

from yifang import knowledge
from yifang.identify.text import spans as reader
from yifang.identify.text.scan import Scanner
from yifang.identify.training import cmdd, spans

HELP = "从标注对话训练症状识别模型 / train the reader of symptoms from annotated dialogues"
_SHIPPED = Path(reader.__file__).parent / "model"
_ORIGIN = "ORIGIN.md"
_PARTS = ", ".join(cmdd.PARTS)


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments of `yifang identify train`."""
    parser.add_argument("folder", type=Path, metavar="FOLDER", help=f"含 {_PARTS} 的文件夹 / the folder with them")
    parser.add_argument(
        "--out", type=Path, default=_SHIPPED, metavar="FOLDER", help="写到哪里 / where to write (the program's own)"
    )


def run(args: argparse.Namespace) -> int:
    """Train and write. Raises UserError where the dialogues cannot be read."""
    sources = [args.folder / name for name in cmdd.PARTS]
    scanner = Scanner(knowledge.load())
    dialogues = [list(spans.clauses(one, scanner.parts)) for path in sources for one in cmdd.dialogues(path)]
    counts = spans.Counts(dialogues)
    words = spans.word_table(dialogues, counts, map(reader.flat, scanner.symptoms()))
    weights = spans.train(dialogues, counts)
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / reader.WORDS).write_text(spans.as_rows(words), encoding="utf-8")
    (args.out / reader.WEIGHTS).write_bytes(weights)
    (args.out / _ORIGIN).write_text(_origin(sources, len(dialogues), args.out), encoding="utf-8")
    sys.stdout.write(f"{len(dialogues)} dialogues, {len(words.seen)} words, {len(weights):,} bytes → {args.out}\n")
    return 0


def _origin(sources: list[Path], dialogues: int, out: Path) -> str:
    rows = [f"| {path.name} (source) | {_digest(path)} |\n" for path in sources]
    rows += (f"| {name} | {_digest(out / name)} |\n" for name in (reader.WEIGHTS, reader.WORDS))
    return f"""# Where these files come from

`yifang identify train FOLDER` made them from {dialogues} paediatric consultations, the training and development parts
of CMDD (Lin et al., *Enhancing Dialogue Symptom Diagnosis with Global Attention and Symptom Graph*, EMNLP 2019), as
distributed with ChineseBLUE (github.com/alibaba-research/ChineseBLUE, `data/CMDD`) under the Apache License 2.0. What
is kept of the dialogues is numbers, and a table of symptom words with their normalised names and counts; words of the
packs that the dialogues never call a symptom stand in it with a count of 0. No other text was used, nor the test part.

| file | SHA-256 |
|---|---|
{"".join(rows)}"""


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
