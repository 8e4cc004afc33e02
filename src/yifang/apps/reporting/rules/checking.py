"""All findings about a card at once: fields, logic rules, supplement.

A missing answer that a logic rule speaks of is said once, with the rule's severity.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from yifang.apps.reporting.rules import fields, logic
from yifang.apps.reporting.rules.answers import Answers
from yifang.apps.reporting.rules.form import Form, form_of
from yifang.kernel import messages
from yifang.kernel.errors import ConfigError

Severity = Literal["error", "warn"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong at `field`, by which `rule` (a logic rule's id, `field`, or a supplement's id), and the mend."""

    field: str
    label: str
    rule: str
    severity: Severity
    code: str
    params: dict[str, Any] = field(default_factory=dict)

    def says(self, lang: str = "zh") -> str:
        """What is wrong, in words."""
        return messages.render(self.code, self.params, lang)

    def mend(self, lang: str = "zh") -> str:
        """What to do about it, in words."""
        return messages.render(f"{self.code}.mend", self.params, lang)

    def to_json(self) -> dict[str, Any]:
        """For `CardVersion.remarks`; holds no answer."""
        return {
            "field": self.field,
            "rule": self.rule,
            "severity": self.severity,
            "code": self.code,
            "params": self.params,
        }


def check(card: Answers) -> list[Finding]:
    """Every finding, errors first, in the order of the form.

    Raises ConfigError `reporting.rule_without_code` when the effective pack has a rule that this program does not know.
    """
    knowledge = card.situation.knowledge
    form = form_of(knowledge)
    found: list[Finding] = []
    spoken: set[str] = set()
    for rule in knowledge.report_card.logic_rules:
        if rule.id not in logic.RULES:
            raise ConfigError("reporting.rule_without_code", rule=rule.id)
        for at in logic.RULES[rule.id](card):
            spoken.add(at)
            code = f"reporting.rule_{rule.id}"
            found.append(Finding(at, form.fields[at].label, rule.id, rule.severity, code))
    for one, (code, params), missing in fields.faults(card, form):
        if missing and one.id in spoken:
            continue
        supplement = next((s for s in form.supplements if s.id == one.group), None)
        severity: Severity = "warn" if supplement is not None and not supplement.firm else "error"
        found.append(
            Finding(
                one.id,
                one.label,
                supplement.id if supplement else "field",
                severity,
                code,
                {**params, "field": one.label},
            )
        )
    return sorted(found, key=lambda one: (one.severity != "error", _place(one.field, form)))


def blocking(findings: Iterable[Finding]) -> list[Finding]:
    """The findings that keep a card from being reported."""
    return [one for one in findings if one.severity == "error"]


def _place(field: str, form: Form) -> int:
    order = list(form.fields)
    return order.index(field) if field in form.fields else len(order)
