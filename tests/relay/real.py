"""What people do on a whole node of the cast: called inside it, as `Node.python` does. Each returns what it prints."""

from __future__ import annotations

import time

from django.db import DatabaseError, connection

from tests.relay.signals import signal_about
from tests.reporting import cards
from yifang.apps.accounts.models import Seat
from yifang.apps.accounts.viewers import Viewer, enter, viewer_of
from yifang.apps.reporting import services
from yifang.apps.reporting.models import Card, Case
from yifang.apps.surveillance.models import Feedback
from yifang.apps.surveillance.services import feeding_back
from yifang.kernel import clock


def report(number: int = 1, first: int = 3) -> int:
    """The doctor reports so many cards, the desk sends them on and enters them; a database that is away is tried again.

    `first` makes other people of them. Returns how many times it was tried.
    """
    done = tried = 0
    while done < number:
        tried += 1
        try:
            _report(f"岑{chr(0x4E00 + first + done)}", first + done)
        except DatabaseError:
            connection.close()
            time.sleep(0.5)
        else:
            done += 1
    return tried


def _report(name: str, order: int) -> None:
    doctor, desk = _viewer("clinician"), _viewer("hospital_desk")
    with enter(doctor):
        card = services.draft_blank(doctor)
        services.save_draft(card.id, cards.right(name, order), doctor)
        services.report(card.id, doctor)
    with enter(desk):
        services.approve(
            card.id, desk, national_card_id=cards.number(card), entered_at=clock.now(), late_reason="网络故障"
        )


def held() -> list[list[str]]:
    """The cards that stand here: id, state, national number, ids of the versions."""
    rows = Card.objects.filter(reviewed_at__isnull=False).order_by("id")
    return [
        [
            str(one.id),
            one.state,
            one.national_card_id,
            *sorted(str(part.id) for part in one.versions.filter(reported=True)),
        ]
        for one in rows
    ]


def cases() -> list[str]:
    """The cases that stand here."""
    return [str(one) for one in Case.objects.order_by("id").values_list("id", flat=True)]


def tell() -> str:
    """The city's epidemiologist gives feedback on a signal about the case."""
    case = Case.objects.select_related("report_org").latest("created_at")
    signal = signal_about(case, "310100", case.report_org.scope)
    viewer = _viewer("city_epidemiologist")
    with enter(viewer):
        return str(feeding_back.give_feedback(signal.id, viewer, "全市手足口病上升，请做好预检分诊。").id)


def told() -> list[str]:
    """What was told here."""
    return list(Feedback.objects.values_list("text", flat=True))


def _viewer(name: str) -> Viewer:
    return viewer_of(Seat.objects.get(user__username=name))
