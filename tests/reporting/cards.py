"""Cards for the tests of reporting: a right card brought to any state by those whose step it is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from tests import apps
from yifang.apps.accounts.viewers import enter
from yifang.apps.reporting import services, versions
from yifang.apps.reporting.models import Card, CardState, Suspicion
from yifang.kernel import clock
from yifang.kernel.clock import CHINA

MENDS: Mapping[str, Any] = {
    "guardian_name": "陈父",
    "residence_area": "310112101",
    "report_org_phone": "021-54321000",
    "population": "2",
    "patient_belongs": "1",
    "hfmd_card.1": "未检",
    "hfmd_card.2": "否",
}
# The same child as another hospital may write them: no number, another home, telephone and guardian.
ELSEWHERE: Mapping[str, Any] = {
    "id_no": "无", "remark": "未带证件", "id_type": "99", "phone": "13900000077", "residence_detail": "新桥路7弄8号",
    "residence_area": "310112102", "guardian_name": "陈母",
}  # fmt: skip
# What a grown-up's card lacks after drafting.
GROWN: Mapping[str, Any] = {
    "residence_area": "310112101",
    "report_org_phone": "021-54321000",
    "population": "18",
    "patient_belongs": "1",
}


def local(at: datetime) -> str:
    """An instant as a form gives it."""
    return at.astimezone(CHINA).strftime("%Y-%m-%dT%H:%M")


def right(name: str = "陈小宝", order: int = 1, **changes: Any) -> dict[str, Any]:
    """The answers of a right card of a child with hand, foot and mouth disease, diagnosed an hour ago."""
    at = clock.now() - timedelta(hours=1)
    return {
        **MENDS, "name": name, "id_type": "01", "id_no": apps.id_no(order=order), "sex": "1",
        "birth_date": "2021-05-04", "phone": "13800000001", "residence_detail": "示范路1弄2号", "case_class": "1",
        "onset_date": (at - timedelta(days=1)).astimezone(CHINA).date().isoformat(), "disease": "hfmd",
        "diagnosis_datetime": local(at), **changes,
    }  # fmt: skip


def drafted(county: apps.County, record: Any = None, doctor: str = "clinician") -> Card:
    """The draft of a suspicion about `record` (hand, foot and mouth disease)."""
    apps.receive(county.hospital, record or apps.hfmd())
    apps.deliver()
    viewer = county.viewer(doctor)
    with enter(viewer):
        newest = Suspicion.objects.order_by("-found_at", "-id").first()
        assert newest is not None
        card = services.draft_from_suspicion(newest.id, viewer)
    apps.deliver()
    return card


def blank(county: apps.County, doctor: str = "clinician", **changes: Any) -> Card:
    """A draft without a suspicion, with right answers."""
    viewer = county.viewer(doctor)
    with enter(viewer):
        card = services.draft_blank(viewer)
        card, _ = services.save_draft(card.id, right(**changes), viewer)
    apps.deliver()
    return card


def brought(county: apps.County, state: CardState, card: Card | None = None, desk: str = "hospital_desk") -> Card:
    """A card in `state`, each step taken by the one whose it is, and delivered."""
    card = card or blank(county)
    by = {
        "doctor": county.viewer("clinician" if desk == "hospital_desk" else "other_hospital"),
        "desk": county.viewer(desk),
        "cdc": county.viewer("epidemiologist"),
    }
    for who, step in STEPS[state]:
        with enter(by[who]):
            card = step(card, by[who])
        apps.deliver()
    return Card.objects.get(id=card.id)


def answers(card: Card) -> dict[str, Any]:
    """The current answers, identity open."""
    return versions.answers_of(versions.current(card))


def number(card: Card) -> str:
    """A national number that no other card has."""
    return f"N-{card.id.hex[:20]}"


_REPORT = ("doctor", lambda card, by: services.report(card.id, by))
_APPROVE = ("desk", lambda card, by: services.approve(card.id, by))
_ENTER = (
    "desk",
    lambda card, by: services.record_entry(
        card.id, by, national_card_id=number(card), entered_at=clock.now(), late_reason="网络故障"
    ),
)
_AUDIT = ("cdc", lambda card, by: services.audit(card.id, by))
STEPS = {
    CardState.DRAFT: (),
    CardState.HOSPITAL_REVIEW: (_REPORT,),
    CardState.RETURNED_BY_HOSPITAL: (
        _REPORT,
        ("desk", lambda card, by: services.return_by_hospital(card.id, "住址不详", by)),
    ),
    CardState.SUBMITTED: (_REPORT, _APPROVE, _ENTER),
    CardState.RETURNED_BY_DISTRICT: (
        _REPORT,
        _APPROVE,
        _ENTER,
        ("cdc", lambda card, by: services.return_by_district(card.id, "信息不完整", "", by)),
    ),
    CardState.AUDITED: (_REPORT, _APPROVE, _ENTER, _AUDIT),
    CardState.DISCARDED: (("doctor", lambda card, by: services.discard(card.id, "填错人", by)),),
    CardState.DELETED: (_REPORT, ("desk", lambda card, by: services.delete(card.id, "误报", by))),
}
