"""Notices of other departments come in: each is a signal at once, answered as any other; its sender hears the outcome.

The steps that a notice must take (签收, 核实, 反馈) are those of the signal: taken up, verified, closed with a
conclusion that goes back to the feed's organisation, each with its time; what nobody takes up in time climbs the
ladder. Runs in jobs.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from yifang.apps.ledger.services import Actor
from yifang.apps.places.models import Organisation, OrganisationKind
from yifang.apps.places.naming import fold, folded_names, named
from yifang.apps.surveillance.services.opening import Found, open_or_join
from yifang.apps.surveillance.single_case import county_of
from yifang.formats.canonical import Notice
from yifang.knowledge import load

METHOD = "notice"
_UNKNOWN, _RULE = "unknown_cluster", "er_unknown_cluster"  # what a notice without a disease is, and the rule about it
_HOURS = 24.0


def receive(notices: Sequence[Notice], organisation: Organisation, batch: UUID, by: Actor) -> tuple[list[UUID], int]:
    """Raise or join a signal for each. Returns the ids of the signals, and how many said only what is there."""
    names, raised, repeats = folded_names(), [], 0
    for notice in notices:
        area = county_of(notice.area or organisation.area_code)
        match = named(fold(notice.place), area, names)
        unit, name = f"text:{fold(notice.place)[:70]}", notice.place
        if match is not None and match.organisation is not None:
            unit = match.place.scope if match.place is not None else match.organisation.scope
            area = county_of(match.organisation.area_code or area)
            name = f"{match.organisation.name} {match.place.name if match.place else ''}".strip()
        signal = open_or_join(_found(notice, area, unit, name, organisation))
        if signal is None:
            repeats += 1
        else:
            raised.append(signal.id)
    return raised, repeats


def _found(notice: Notice, area: str, unit: str, name: str, organisation: Organisation) -> Found:
    where = load().provenance("thresholds", "event_report", _RULE, "cases")
    kind = "school" if organisation.kind == OrganisationKind.SCHOOL else "unit"
    return Found(
        METHOD, notice.disease or _UNKNOWN, area, unit=unit, observed=notice.number, expected=0.0, limit=1.0,
        window_days=1, first_day=notice.day, last_day=notice.day, hours=_HOURS,
        areas=(county_of(organisation.area_code),), reporters=frozenset({organisation.scope}),
        explanation={
            "rule": f"thresholds.event_report.{_RULE}", "source": where.text, "confidence": where.confidence,
            "unit": {"kind": kind, "name": name, "name_en": name},
            "notice": {
                "told_by": notice.told_by or organisation.name, "symptoms": notice.symptoms[:200],
                "measures": notice.measures[:200],
            },
        },
    )  # fmt: skip
