"""Matters and visits of a person who turns out to be another, and back again. Jobs only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from yifang.apps.care.models import Matter, Visit


def move(alias: UUID, survivor: UUID) -> dict[str, Any]:
    """Everything of `alias` becomes the survivor's; what is needed to bring it back."""
    moved = {
        "matters": [str(one) for one in Matter.objects.filter(person=alias).values_list("id", flat=True)],
        "visits": [str(one) for one in Visit.objects.filter(person=alias).values_list("id", flat=True)],
    }
    Matter.objects.filter(person=alias).update(person=survivor)
    Visit.objects.filter(person=alias).update(person=survivor)
    return moved


def restore(alias: UUID, survivor: UUID, moved: dict[str, Any], records: Sequence[UUID]) -> list[UUID]:
    """What was the alias's, and the visits of their `records` since with the clinic's matters of these."""
    visits = Visit.objects.filter(id__in=moved["visits"]) | Visit.objects.filter(record__in=records)
    later = list(visits.filter(matter__isnull=False).values_list("matter", flat=True))
    visits.filter(person=survivor).update(person=alias)
    back = Matter.objects.filter(person=survivor, id__in=[*moved["matters"], *later])
    returned = list(back.values_list("id", flat=True))
    Matter.objects.filter(id__in=returned).update(person=alias)
    return returned
