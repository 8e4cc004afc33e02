"""Every night, once for each hospital that sends records: who was not audited since two o'clock is audited."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

import structlog

from yifang.apps.places.models import Organisation
from yifang.apps.reporting.missed import running
from yifang.apps.reporting.models import AuditRun, Reading
from yifang.kernel import clock

HOUR = 2
log = structlog.get_logger(__name__)


def audit_senders(first: date, last: date) -> int:
    """Audit these days of every hospital that sent records of them, now. Returns how many that were."""
    since = datetime.combine(first, time(), clock.CHINA)
    senders = Reading.objects.filter(at__gte=since).values("organisation_id")
    hospitals = list(Organisation.objects.filter(id__in=senders).order_by("code"))
    for organisation in hospitals:
        running.run(organisation, first, last)
    return len(hospitals)


def audit_due(stopped: Callable[[], bool]) -> int:
    """Audit every hospital whose audit of this night is to be done. Returns how many that were."""
    now = clock.now().astimezone(clock.CHINA)
    night = datetime.combine(now.date(), time(HOUR), clock.CHINA)
    if now < night:
        return 0
    done = set(AuditRun.objects.filter(started_at__gte=night).values_list("organisation_id", flat=True))
    senders = Organisation.objects.filter(
        id__in=Reading.objects.filter(at__gte=now - timedelta(days=running.DAYS)).values("organisation_id")
    ).exclude(id__in=done)
    count = 0
    for organisation in senders.order_by("code"):
        if stopped():
            break
        last = now.date() - timedelta(days=1)
        made = running.run(organisation, last - timedelta(days=running.DAYS - 1), last)
        log.info("audited", organisation=organisation.code, lines=sum(made.numbers["kinds"].values()))
        count += 1
    return count
