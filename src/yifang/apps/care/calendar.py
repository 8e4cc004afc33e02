"""What falls due by the calendar: checklists of an institution, the sentinel's week. Idempotent: each has its key."""

from __future__ import annotations

import threading
from datetime import date, datetime, time, timedelta

from django.db import transaction

from yifang.apps.accounts.queries import valid_seats
from yifang.apps.care import services
from yifang.apps.care.models import Matter, Step
from yifang.apps.care.services.matters import Start
from yifang.apps.forms import services as forms
from yifang.apps.places.models import Organisation
from yifang.kernel import clock
from yifang.knowledge import load

_SECONDS = 60.0
_EPOCH = date(2026, 1, 5)  # a Monday: periods are counted from it
SENTINEL = "sentinel_week"


def keep(stop: threading.Event) -> None:
    """Begin what is due, every minute, until `stop` is set."""
    while not stop.wait(_SECONDS):
        begin_due(clock.today())


def begin_due(today: date) -> int:
    """Begin what is due on that day. Returns how many began."""
    begun = 0
    for period in load().matters.periods:
        at = valid_seats().filter(role__in=period.roles, organisation__isnull=False).values("organisation")
        number = (today - _EPOCH).days // period.every_days
        for organisation in Organisation.objects.filter(id__in=at, active=True):
            begun += _begin(period.kind, organisation, f"{period.kind}:{organisation.id}:{number}", "")
    week = week_of(today) - timedelta(days=7)
    for organisation in sentinels():
        begun += _begin(SENTINEL, organisation, f"{SENTINEL}:{organisation.id}:{week}", week.isoformat())
    return begun


def week_of(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def due_of(week: date) -> datetime:
    """When the report of a week is due: the pack's weekday and hour after it ended."""
    pack = load().matters.sentinel
    midnight = datetime.combine(week + timedelta(days=7 + pack.due_weekday), time(), tzinfo=clock.CHINA)
    return midnight + timedelta(hours=pack.due_hour)


def sentinels() -> list[Organisation]:
    """The sentinel hospitals, by their latest set-up form. Jobs only."""
    latest: dict[Organisation, bool] = {}
    steps = Step.objects.filter(matter__kind="clinic_setup", response__isnull=False)
    for step in steps.select_related("matter__organisation", "response__form").order_by("at"):
        if step.matter.organisation is not None:
            latest[step.matter.organisation] = forms.answers_of(step.response).get("sentinel") == "yes"
    return [organisation for organisation, is_one in latest.items() if is_one and organisation.active]


def _begin(kind: str, organisation: Organisation, key: str, topic: str) -> int:
    if Matter.objects.filter(key=key).exists():
        return 0
    with transaction.atomic():
        start = Start(organisation, organisation.area_code, key=key, topic=topic, waits=True)
        return int(services.begin(kind, start) is not None)
