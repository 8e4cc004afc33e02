"""Keeps generated parts of `docs/` in step with the code (`./dev docs` writes them, `./dev check` compares).

A part stands between `<!-- made: name -->` and `<!-- end: name -->` in its file; the rest of the file is written by
people. Whole files that a room publishes (schemas) have their own command in that room.
"""

import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from yifang.node import config, states

PARTS: dict[tuple[str, str], Callable[[], str]] = {
    ("docs/settings.md", "settings"): config.table,
    ("docs/states.md", "states"): states.diagrams,
}


def in_step(text: str, name: str, body: str) -> str:
    """`text` with the part `name` replaced by `body`. Raises ValueError when the marks are not there once."""
    pattern = re.compile(rf"(<!-- made: {name} -->\n).*?(<!-- end: {name} -->)", re.DOTALL)
    new, count = pattern.subn(lambda marks: f"{marks[1]}{body}{marks[2]}", text)
    if count != 1:
        raise ValueError(f"the marks of part {name!r} must be there once, not {count} times")
    return new


def main(arguments: Sequence[str], root: Path) -> int:
    """Write every part below `root`, or with `--check` only say which are out of step (exit 1)."""
    stale = []
    for (file, name), make in PARTS.items():
        path = root / file
        old = path.read_text(encoding="utf-8")
        new = in_step(old, name, make())
        if new != old:
            stale.append(file)
            if "--check" not in arguments:
                path.write_text(new, encoding="utf-8")
    for file in stale:
        print(f"{file}: {'out of step, run ./dev docs' if '--check' in arguments else 'written'}")
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], Path.cwd()))
