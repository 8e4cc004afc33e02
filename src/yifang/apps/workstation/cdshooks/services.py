"""The services that are offered: at which hook, under which name, and which data they ask for beforehand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]
_USER = "Practitioner/{{userPractitionerId}}"
_PATIENT = "Patient/{{context.patientId}}"
_ENCOUNTER = "Encounter/{{context.encounterId}}"
_CONDITIONS = "Condition?patient={{context.patientId}}&encounter={{context.encounterId}}&_count=50"
_RESULTS = "Observation?patient={{context.patientId}}&encounter={{context.encounterId}}&category=laboratory&_count=100"


@dataclass(frozen=True, slots=True)
class Service:
    """One service. `needs`: prefetch keys without which it cannot answer; `last`: asks once more at the end."""

    id: str
    hook: str
    title: str
    description: str
    context: tuple[str, ...]
    prefetch: Json
    needs: tuple[str, ...] = ("patient", "conditions")
    last: bool = False

    def described(self) -> Json:
        """As the discovery endpoint says it."""
        return {
            "hook": self.hook, "title": self.title, "description": self.description, "id": self.id,
            "prefetch": self.prefetch,
            "usageRequirements": "Without prefetch the service answers 412; it calls no FHIR server.",
        }  # fmt: skip


_SEEN: Json = {
    "user": _USER, "patient": _PATIENT, "encounter": _ENCOUNTER, "conditions": _CONDITIONS, "results": _RESULTS
}  # fmt: skip
SERVICES = {
    one.id: one
    for one in (
        Service(
            "yifang-patient-view", "patient-view", "传染病提示 · notifiable disease reminder",
            "打开病历时，提示本次就诊中可能须报告的传染病及依据。"
            "Suspected notifiable diseases of the open record, with the evidence.",
            ("userId", "patientId"), _SEEN,
        ),
        Service(
            "yifang-order-sign", "order-sign", "传染病提示 · notifiable disease reminder",
            "签署医嘱时，结合诊断和医嘱提示可能须报告的传染病。As above, with the orders that are about to be signed.",
            ("userId", "patientId", "draftOrders"), _SEEN,
        ),
        Service(
            "yifang-encounter-discharge", "encounter-discharge", "传染病提示 · notifiable disease reminder",
            "出院或结束就诊前，再核对一次未报告的传染病。Once more before the visit ends: what is still not reported.",
            ("userId", "patientId", "encounterId"), _SEEN, last=True,
        ),
    )
}  # fmt: skip
