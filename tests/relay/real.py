"""What people do on a whole node of the cast: called inside it, as `Node.python` does. Each returns what it prints."""

from __future__ import annotations

from tests.relay.signals import signal_about
from tests.reporting import cards
from yifang.apps.accounts.models import Seat
from yifang.apps.accounts.viewers import Viewer, enter, viewer_of
from yifang.apps.reporting import services
from yifang.apps.reporting.models import Card, Case
from yifang.apps.surveillance.models import Feedback
from yifang.apps.surveillance.services import feeding_back
from yifang.kernel import clock


def report() -> list[str]:
    """The doctor reports, the desk sends on and enters."""
    doctor, desk = _viewer("clinician"), _viewer("hospital_desk")
    with enter(doctor):
        card = services.draft_blank(doctor)
        services.save_draft(card.id, cards.right("岑参", 3), doctor)
        services.report(card.id, doctor)
    with enter(desk):
        services.approve(
            card.id, desk, national_card_id=cards.number(card), entered_at=clock.now(), late_reason="网络故障"
        )
    return [str(card.id)]


def held() -> list[str]:
    """The cards that stand here."""
    return [str(one) for one in Card.objects.filter(reviewed_at__isnull=False).values_list("id", flat=True)]


def cases() -> list[str]:
    """The cases that stand here."""
    return [str(one) for one in Case.objects.values_list("id", flat=True)]


def tell() -> str:
    """The city's epidemiologist gives feedback on a signal about the case."""
    case = Case.objects.select_related("report_org").get()
    signal = signal_about(case, "310100", case.report_org.scope)
    viewer = _viewer("city_epidemiologist")
    with enter(viewer):
        return str(feeding_back.give_feedback(signal.id, viewer, "全市手足口病上升，请做好预检分诊。").id)


def told() -> list[str]:
    """What was told here."""
    return list(Feedback.objects.values_list("text", flat=True))


def _viewer(name: str) -> Viewer:
    return viewer_of(Seat.objects.get(user__username=name))
