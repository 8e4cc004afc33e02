"""The keyed hashes by which a visit or a patient of one hospital is found; the numbers themselves are not kept."""

from __future__ import annotations

from uuid import UUID

from yifang.apps.accounts.keys import sealing


def visit_key(organisation: UUID, number: str) -> bytes:
    """Of a visit's number in its hospital."""
    return sealing().index("workstation.visit", f"{organisation}:{number}")


def patient_key(organisation: UUID, number: str) -> bytes:
    """Of a patient's number in the hospital."""
    return sealing().index("workstation.patient", f"{organisation}:{number}")
