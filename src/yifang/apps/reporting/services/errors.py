"""The error that carries every finding of a card at once."""

from __future__ import annotations

from collections.abc import Sequence

from yifang.apps.reporting.rules import Finding
from yifang.kernel.errors import UserError


class CardErrors(UserError):
    """The card cannot go on: `findings` holds all errors and warnings, field by field."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        wrong = [one for one in findings if one.severity == "error"]
        super().__init__("reporting.card_errors", count=len(wrong), fields=[one.label for one in wrong][:8])
