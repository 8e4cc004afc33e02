"""Warnings and feedback with who has read them: for the CDC by hospital, for a hospital's desk by its own people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from yifang.apps.accounts.queries import valid_seats
from yifang.apps.accounts.viewers import Viewer
from yifang.apps.places.models import Organisation
from yifang.apps.surveillance.models import Feedback, FeedbackReceipt
from yifang.apps.surveillance.queries.signals import Reading, _reading, readers_of
from yifang.kernel import areas

_MOST = 50


@dataclass(frozen=True, slots=True)
class Published:
    """One notice: its readers altogether, and for each hospital (for its own desk: each person, unread first)."""

    feedback: Feedback
    reading: Reading
    hospitals: Sequence[tuple[str, Reading]] = ()
    people: Sequence[tuple[str, str, object]] = ()  # name, department, when it was read or None


def published(viewer: Viewer) -> list[Published]:
    """The warnings of the viewer's area and how they are read at each hospital, newest first. No doctor is named."""
    viewer.check("signal.answer")
    rows = Feedback.objects.filter(signal=None).select_related("by").order_by("-at")[:_MOST]
    found = []
    for one in rows:
        by_hospital: dict[str, list[str]] = {}
        for scope in one.scopes:
            by_hospital.setdefault(scope.split(":")[1], []).append(scope)
        names = {str(each.id): each.name for each in Organisation.objects.filter(id__in=by_hospital)}
        hospitals = [(names.get(id, ""), _reading(one, readers_of(scopes))) for id, scopes in by_hospital.items()]
        whole = _reading(one, readers_of(one.scopes))
        found.append(Published(one, whole, sorted(hospitals, key=lambda each: (each[1].share or 0, each[0]))))
    return found


def received(viewer: Viewer) -> list[Published]:
    """What the hospital was told, warnings and feedback, and who of its own people read it, the newest first."""
    viewer.check("card.review")
    own = str(viewer.organisation_id)
    rows = Feedback.objects.filter(scopes__contains=[f"org:{own}"]).select_related("by").order_by("-at")[:_MOST]
    found = []
    for one in rows:
        scopes = [scope for scope in one.scopes if scope.split(":")[1] == own or scope.startswith("user:")]
        here = {seat.user_id: seat for seat in valid_seats().filter(organisation_id=own).select_related("user")}
        readers = readers_of(scopes) & here.keys()
        read = dict(FeedbackReceipt.objects.filter(feedback=one, user_id__in=readers).values_list("user_id", "read_at"))
        people = [(str(here[user].user), here[user].department, read.get(user)) for user in readers]
        people.sort(key=lambda each: (each[2] is not None, each[1], each[0]))
        found.append(Published(one, _reading(one, readers), people=people))
    return found


def warning_departments(viewer: Viewer) -> list[tuple[str, int]]:
    """The departments with doctors in the area's hospitals, and how many hospitals have each, the most first."""
    viewer.check("signal.answer")
    seats = valid_seats().filter(role="clinician", user__is_active=True).exclude(department="")
    rows = seats.values_list("organisation_id", "department", "organisation__area_code").distinct()
    found: dict[str, int] = {}
    for _organisation, department, area in rows:
        if area and areas.contains(viewer.area_code, area):
            found[department] = found.get(department, 0) + 1
    return sorted(found.items(), key=lambda one: (-one[1], one[0]))
