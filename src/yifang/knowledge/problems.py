"""What is wrong with a pack: the file, the line, the place, the rule and the mend; and the error that carries them all.

Every problem of every file is collected before the load fails, so that a person mends once and not ten times.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from yifang.kernel import messages
from yifang.kernel.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend: `code` is a message of `kernel/messages/knowledge.yaml`, `place` a dotted path in the file."""

    path: Path
    line: int
    place: str
    code: str
    params: dict[str, Any] = field(default_factory=dict)

    def render(self, lang: str = "zh") -> str:
        """`file:line place: words`."""
        words = messages.render(self.code, self.params, lang)
        where = f"{self.path.name}:{self.line}"
        return f"{where} {self.place}: {words}" if self.place else f"{where} {words}"


class PackError(ConfigError):
    """The packs cannot be used; `problems` holds every reason."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("knowledge.unusable", count=len(problems))
        self.problems = tuple(problems)

    def render(self, lang: str = "zh") -> str:
        """The head line, then one line for each problem."""
        return "\n".join([super().render(lang), *(problem.render(lang) for problem in self.problems)])
