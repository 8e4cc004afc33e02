"""What was planted: one line a visit, read by the score alone."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

FILE = "audit.jsonl"
MISSED, LATE, WRONG, DECOY = "missed", "late", "wrong_class", "decoy"


@dataclass(frozen=True, slots=True)
class Planted:
    """`kind` is missed, late, wrong_class or decoy; `source` where its evidence stands (his, lis, imaging, pharmacy,
    death), for a decoy the kind of decoy. `detail` is how late, or what the card says.
    """

    visit: str
    id_no: str
    disease: str
    kind: str
    source: str
    detail: str = ""


def write(folder: Path, planted: list[Planted]) -> None:
    """Into `folder`/truth."""
    with (folder / "truth" / FILE).open("w", encoding="utf-8", newline="\n") as out:
        for one in planted:
            out.write(json.dumps(asdict(one), ensure_ascii=False) + "\n")


def read(folder: Path) -> list[Planted]:
    """What was planted. Raises FileNotFoundError where there is none."""
    with (folder / "truth" / FILE).open(encoding="utf-8") as lines:
        return [Planted(**json.loads(line)) for line in lines]
