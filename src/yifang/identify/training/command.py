"""`yifang identify train FOLDER`: make the small models of the text reader again, and say where they came from.

FOLDER holds the training part of CMDD. The same folder gives the same files; nothing else is read.
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


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments of `yifang identify train`."""
    parser.add_argument("folder", type=Path, metavar="FOLDER", help=f"含 {cmdd.TRAIN} 的文件夹 / the folder with it")
    parser.add_argument(
        "--out", type=Path, default=_SHIPPED, metavar="FOLDER", help="写到哪里 / where to write (the program's own)"
    )


def run(args: argparse.Namespace) -> int:
    """Train and write. Raises UserError where the dialogues cannot be read."""
    source: Path = args.folder / cmdd.TRAIN
    scanner = Scanner(knowledge.load())
    dialogues = [list(spans.clauses(one, scanner.parts)) for one in cmdd.dialogues(source)]
    counts = spans.Counts(dialogues)
    words = spans.word_table(dialogues, counts, map(reader.flat, scanner.symptoms()))
    weights = spans.train(dialogues, counts)
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / reader.WORDS).write_text(spans.as_rows(words), encoding="utf-8")
    (args.out / reader.WEIGHTS).write_bytes(weights)
    (args.out / _ORIGIN).write_text(_origin(source, len(dialogues), args.out), encoding="utf-8")
    sys.stdout.write(f"{len(dialogues)} dialogues, {len(words.seen)} words, {len(weights):,} bytes → {args.out}\n")
    return 0


def _origin(source: Path, dialogues: int, out: Path) -> str:
    files = "".join(f"| {name} | {_digest(out / name)} |\n" for name in (reader.WEIGHTS, reader.WORDS))
    return f"""# Where these files come from

`yifang identify train FOLDER` made them from `{source.name}`, {dialogues} paediatric consultations of CMDD (Lin et al.,
*Enhancing Dialogue Symptom Diagnosis with Global Attention and Symptom Graph*, EMNLP 2019), as distributed with
ChineseBLUE (github.com/alibaba-research/ChineseBLUE, `data/CMDD`) under the Apache License 2.0. What is kept of the
dialogues is numbers, and a table of symptom words with their normalised names and counts; words of the packs that the
dialogues never call a symptom stand in it with a count of 0. No other text was used, nor the other parts.

| file | SHA-256 |
|---|---|
| {source.name} (source) | {_digest(source)} |
{files}"""


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
