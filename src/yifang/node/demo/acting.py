"""What the demo's people did before you sign in: cards reported, entered, audited, returned; a signal taken up.

Everything goes through the same services as the pages, each as the viewer of the person who does it.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import structlog

from yifang.apps.accounts.models import Seat
from yifang.apps.accounts.viewers import Viewer, enter, viewer_of
from yifang.apps.ledger.models import Cursor, Entry, Seal
from yifang.apps.places.models import Place
from yifang.apps.reporting import services, versions
from yifang.apps.reporting.missed import nights, running
from yifang.apps.reporting.models import Card, Case, Suspicion, SuspicionState
from yifang.apps.reporting.services import grid
from yifang.apps.surveillance import services as signals
from yifang.apps.surveillance.models import Signal
from yifang.kernel import clock
from yifang.kernel.errors import YifangError
from yifang.node.demo import clinic

log = structlog.get_logger(__name__)
# disease → how far each of its cards goes, the earliest suspicion first; what is left over stays for you
_COURSES: Mapping[str, tuple[str, ...]] = {
    "hfmd": ("audit", "audit", "audit", "enter", "enter", "approve", "report", "report", "return"),
    "influenza": ("audit", "audit", "enter", "enter", "report", "report", "dismiss"),
    "varicella": ("audit", "enter", "report"),
    "pulmonary_tb": ("enter", "report"),
    "measles": ("enter",),
    "cholera": ("enter",),
    "dengue": ("enter",),
    "hepatitis_a": ("enter", "report"),
    "bacillary_dysentery": ("enter", "report"),
    "mumps": ("enter", "report"),
}
_RETURN = "信息不完整"


def settle(patience: float = 120) -> bool:
    """Wait until the jobs process has sealed and delivered all there is. False when patience ends."""
    until = time.monotonic() + patience
    quiet = 0
    while time.monotonic() < until and quiet < 3:
        time.sleep(0.5)
        head = Seal.objects.filter(stream="change").order_by("-seq").values_list("seq", flat=True).first() or 0
        sealed = not Entry.objects.filter(stream="change").exclude(id__in=Seal.objects.values("entry_id")).exists()
        heard = not Cursor.objects.filter(seq__lt=head).exists()
        quiet = quiet + 1 if sealed and heard else 0
    return quiet >= 3


def act() -> None:
    """Let the people work. What one of them may not do, or a card that lacks something, is left to you."""
    district = _viewer("epidemiologist")
    for number, (suspicion, course) in enumerate(_chosen(), 1):
        try:
            _follow(suspicion, course, number, district)
        except YifangError as error:
            log.info("demo left a card", code=error.code, fields=[one.field for one in getattr(error, "findings", ())])
    clinic.act(_viewer, _try)
    settle()
    duty = _viewer("duty_officer")
    for signal in Signal.objects.filter(disease="measles", state="open"):
        _try(
            lambda signal=signal: signals.answer(signal.id, duty, "verifying_desk", note="电话核实免疫史和接触者"), duty
        )
    place = Place.objects.get(kind="grid", code="310112001001001")
    for case in Case.objects.filter(disease="dengue"):
        _try(lambda case=case: grid.assign_visit(case.id, str(place.id), grid.tasks_for(case)[0], district), district)


def audit() -> None:
    """Audit the demo's days as a night would, so that the desk's list of missed reports is filled when one looks."""
    today = clock.today()
    nights.audit_senders(today - timedelta(days=running.DAYS - 1), today)


def _chosen() -> Iterator[tuple[Suspicion, str]]:
    for disease, courses in _COURSES.items():
        waiting = Suspicion.objects.filter(disease=disease, state=SuspicionState.OPEN).order_by("evidence_at", "id")
        fresh = [one for one in waiting if one.due_at > clock.now() or one.urgent]
        yield from zip(fresh, courses, strict=False)


def _follow(suspicion: Suspicion, course: str, number: int, district: Viewer) -> None:
    desk = _viewer("hospital_desk", suspicion.organisation_id)
    doctor = _viewer("clinician", suspicion.organisation_id, suspicion.clinician_id) or desk
    if course == "dismiss":
        with enter(doctor):
            services.dismiss(suspicion.id, doctor, code="not_the_disease", note="核酸复核阴性")
        return
    with enter(doctor):
        card = services.draft_from_suspicion(suspicion.id, doctor)
        services.report(card.id, doctor, _completed(card))
    if course == "report":
        return
    with enter(desk):
        card = services.approve(card.id, desk)
        if course == "approve":
            return
        services.record_entry(
            card.id, desk, national_card_id=f"DEMO{number:08d}", entered_at=_entered(card), late_reason="演示数据",
        )  # fmt: skip
    with enter(district):
        if course == "audit":
            services.audit(card.id, district)
        elif course == "return":
            services.return_by_district(card.id, _RETURN, "请补充发病前去过的托幼机构", district)


def _completed(card: Card) -> dict[str, Any]:
    """The draft's answers with what a doctor would have asked the patient."""
    answers = dict(versions.answers_of(versions.current(card)))
    diagnosed = date.fromisoformat(answers["diagnosis_datetime"][:10])
    birth = date.fromisoformat(answers["birth_date"])
    years = (diagnosed - birth).days // 365
    answers.setdefault("onset_date", (diagnosed - timedelta(days=1)).isoformat())
    if "population" not in answers:
        answers["population"] = "2" if years <= 6 else "3" if years <= 16 else "23" if years >= 60 else "8"
    if answers["population"] in ("1", "3"):
        answers.setdefault("employer", "春申示范小学")
        answers.setdefault("school_class", "三年级2班")
    if years <= 14:
        answers.setdefault("guardian_name", answers["name"][:1] + "家长")
    answers.setdefault("acute_chronic", "1")
    filled = max(card.diagnosed_at.astimezone(clock.CHINA), _entered(card) - timedelta(minutes=20))
    answers["fill_date"] = f"{filled:%Y-%m-%dT%H:%M}"  # before it is entered
    return answers


def _entered(card: Card) -> datetime:
    """When the demo's card reached the national system: some hours ago, so that the audit's clocks differ."""
    now = clock.now()
    entered = min(now, max(card.diagnosed_at + timedelta(minutes=50), now - timedelta(hours=5)))
    return entered.astimezone(clock.CHINA)


def _viewer(role: str, organisation: UUID | None = None, user: int | None = None) -> Viewer | None:
    seats = Seat.objects.filter(role=role).select_related("organisation", "place")
    if organisation is not None:
        seats = seats.filter(organisation=organisation)
    if role == "clinician":
        seats = seats.filter(user=user)
    seat = seats.order_by("user_id").first()
    return viewer_of(seat).acting_for("demo") if seat else None


def _try(step: Callable[[], object], viewer: Viewer) -> None:
    try:
        with enter(viewer):
            step()
    except YifangError as error:
        log.info("demo left a step", code=error.code)
