"""Reads of surveillance: the inbox of signals, one signal as the viewer may see it, feedback and its readers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

from django.db import connection
from django.db.models import F, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from yifang.apps.accounts.models import SubjectKind
from yifang.apps.accounts.queries import at_desk
from yifang.apps.accounts.viewers import Viewer, list_scope
from yifang.apps.accounts.visibility import list_name, listed
from yifang.apps.accounts.words import message_language
from yifang.apps.reporting.models import Case
from yifang.apps.surveillance.models import Feedback, FeedbackReceipt, Signal, SignalState, SignalStep
from yifang.apps.surveillance.policy import can_answer
from yifang.kernel import clock, protocols
from yifang.kernel.errors import NotFound
from yifang.knowledge import load

Tab = Literal["open", "verifying", "escalated", "all"]
STATES: dict[str, tuple[SignalState, ...]] = {
    "open": (SignalState.OPEN,),
    "verifying": (SignalState.VERIFYING_DESK, SignalState.VERIFYING_FIELD),
    "escalated": (SignalState.ESCALATED,),
}
READ_WITHIN = timedelta(hours=24)
_FEEDBACK_ROLES = ("hospital_desk",)  # whose reading counts at an organisation


@dataclass(frozen=True, slots=True)
class Reading:
    """How many of those a feedback is for have read it, and how many within 24 hours. `share` is in per cent."""

    readers: int
    read: int
    read_in_time: int

    @property
    def share(self) -> int | None:
        return round(100 * self.read_in_time / self.readers) if self.readers else None


@dataclass(frozen=True, slots=True)
class Told:
    """One feedback, its words in the reader's language, and who has read it."""

    feedback: Feedback
    text: str
    reading: Reading


@dataclass(frozen=True, slots=True)
class Detail:
    """A signal as the viewer sees it: `hidden` counts the cases whose own rows do not show them to this viewer.

    `left` are the moments at which cases were taken back, or corrected so that they are none of its any more.
    """

    signal: Signal
    cases: Sequence[Case]
    hidden: int
    left: Sequence[datetime]
    steps: Sequence[SignalStep]
    feedback: Sequence[Told]


@dataclass(frozen=True, slots=True)
class Punctuality:
    """Signals raised in a period whose time to answer is over or that were answered, and how many were in time."""

    signals: int
    in_time: int


def inbox(
    viewer: Viewer,
    tab: Tab = "open",
    *,
    disease: str = "",
    cursor: tuple[date | datetime, UUID] | None = None,
    backwards: bool = False,
    limit: int = 50,
) -> list[Signal]:
    """Up to `limit` + 1 signals: those not closed by deadline, `all` by the day they were raised, newest first.

    `cursor` is the key of the row to go on from: (due_at, id), or (day, id) for `all`, which only goes forwards.
    """
    viewer.check("signal.list")
    if tab == "all":
        keys = listed(SubjectKind.SIGNAL, list_scope(viewer), disease=disease, after=cursor, limit=limit + 1)
        found = Signal.objects.select_related("owner").in_bulk([subject for _day, subject in keys])
        return [found[subject] for _day, subject in keys if subject in found]
    rows = _open(tab)
    if disease:
        rows = rows.filter(disease=disease)
    if cursor is not None:
        due, key = cursor
        later = Q(due_at__gt=due) | Q(due_at=due, id__gt=key)
        rows = rows.filter(Q(due_at__lt=due) | Q(due_at=due, id__lt=key) if backwards else later)
    sign = "-" if backwards else ""
    return list(rows.order_by(f"{sign}due_at", f"{sign}id")[: limit + 1])


def counts(viewer: Viewer) -> dict[str, int]:
    """How many signals stand in each tab but `all`; signals not closed are few."""
    viewer.check("signal.list")
    return {tab: _open(tab).count() for tab in STATES}


def late(viewer: Viewer) -> int:
    """How many wait beyond their time to answer."""
    return _open("open").filter(due_at__lt=clock.now()).count() if viewer.can("signal.list") else 0


def waiting(viewer: Viewer) -> int:
    """How many wait for an answer: the number beside the menu."""
    return _open("open").count() if viewer.can("signal.list") else 0


def diseases(viewer: Viewer) -> list[str]:
    """The diseases of the signals not closed: the choices of the filter."""
    viewer.check("signal.list")
    rows = Signal.objects.exclude(state=SignalState.CLOSED)
    return sorted(set(rows.values_list("disease", flat=True)))


def punctuality(viewer: Viewer, since: datetime) -> Punctuality:
    """How punctually the signals raised since then were answered (W-05)."""
    viewer.check("signal.list")
    over = Signal.objects.filter(raised_at__gte=since).filter(Q(answered_at__isnull=False) | Q(due_at__lt=clock.now()))
    return Punctuality(over.count(), over.filter(answered_at__lte=F("due_at")).count())


def detail(signal_id: UUID, viewer: Viewer) -> Detail:
    """One signal. Raises NotAllowed, NotFound `surveillance.no_signal`."""
    viewer.check("signal.list")
    signal = Signal.objects.select_related("owner").filter(id=signal_id).first()
    if signal is None:
        raise NotFound("surveillance.no_signal")
    rows = list(signal.signalcase_set.order_by("-joined_at").values_list("case_id", "left_at"))
    behind = [case for case, left in rows if left is None]
    cases = Case.objects.filter(id__in=behind).select_related("person", "report_org").order_by("-diagnosed_at")
    seen = list(cases) if viewer.can("case.list") else []
    told = signal.feedback.select_related("by").order_by("-at")
    return Detail(
        signal=signal,
        cases=seen,
        hidden=len(behind) - len(seen),
        left=sorted(left for _case, left in rows if left is not None),
        steps=list(signal.steps.select_related("by").order_by("at")),
        feedback=[Told(one, says(one), reading(one)) for one in told],
    )


def reading(feedback: Feedback) -> Reading:
    """Who should have read the feedback and who has: the doctors named, those of the departments, and who sits at the
    hospital's desk now."""
    return _reading(feedback, readers_of(feedback.scopes))


def readers_of(scopes: Iterable[str]) -> set[int]:
    """Who is to read what these scopes are told."""
    readers: set[int] = set()
    for scope in scopes:
        kind, _colon, name = scope.partition(":")
        if kind == "user":
            readers.add(int(name))
            continue
        for role in ("clinician",) if kind == "dept" else _FEEDBACK_ROLES:
            readers.update(at_desk(scope, role).values_list("user_id", flat=True))
    return readers


def _reading(feedback: Feedback, readers: set[int]) -> Reading:
    receipts = FeedbackReceipt.objects.filter(feedback=feedback, user_id__in=readers)
    in_time = receipts.filter(read_at__lte=feedback.at + READ_WITHIN)
    return Reading(len(readers), receipts.count(), in_time.count())


def feedback_for(viewer: Viewer, *, disease: str = "", unread: bool = True) -> list[Feedback]:
    """What the viewer was told and still holds, the newest first; for one disease where it is named."""
    if not viewer.can("feedback.read"):
        return []
    rows = Feedback.objects.filter(
        until__gt=clock.now(), scopes__overlap=list(viewer.scopes), group__in=viewer.case_groups
    ).select_related("by")
    if disease:
        rows = rows.filter(disease=disease)
    if unread:
        rows = rows.exclude(receipts__user_id=viewer.user_id)
    return list(rows.order_by("-at")[:20])


def notices(viewer: Viewer) -> Iterable[protocols.Notice]:
    """Unread feedback, and the signals that lost their cases, as the notices of my work: no sensitive disease named."""
    yield from (_notice(one, named=False) for one in feedback_for(viewer))
    for signal in fallen(viewer):
        yield protocols.Notice(
            at=signal.raised_at,
            label=_("{disease}：预警病例减少").format(disease=_list_name(signal)),
            text=says_fallen(signal),
            url=reverse("surveillance:signal", args=[signal.id]),
        )


def fallen(viewer: Viewer) -> list[Signal]:
    """The signals with fewer cases left than raised them, for their owner; without one, for all who may answer."""
    if not viewer.can("signal.answer"):
        return []
    rows = Signal.objects.exclude(state=SignalState.CLOSED).filter(observed__lt=F("limit"))
    rows = rows.filter(Q(owner_id=viewer.user_id) | Q(owner=None))
    return [one for one in rows.order_by("due_at")[:20] if can_answer(one, viewer)]


def related(viewer: Viewer, kind: str, subject: UUID) -> list[protocols.SearchHit]:
    """The signals that a case stands behind, the newest first."""
    if kind != "case":
        return []
    if not viewer.can("signal.list"):
        return _cluster(subject)
    rows = Signal.objects.filter(signalcase__case_id=subject).order_by("-raised_at")
    return [
        protocols.SearchHit(
            "signal", f"{disease_name(one.disease)} · {area_name(one.area_code)}",
            one.get_state_display(), reverse("surveillance:signal", args=[one.id]),
        )
        for one in rows
    ]  # fmt: skip


def _cluster(case: UUID) -> list[protocols.SearchHit]:
    """For who sees the case and no signals: with how many it stands together."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT yf_cluster_of(%s)", [case])
        (observed,) = cursor.fetchone()
    if observed is None:
        return []
    label = _("属于一起 {n} 例的聚集").format(n=int(observed))
    return [protocols.SearchHit("signal", label, _("疾控正在处置或已核实"), "")]


def advice(viewer: Viewer, disease: str) -> Iterable[protocols.Notice]:
    """Feedback on one disease, read or not, for the pages on which it is reported."""
    return (_notice(one, named=True) for one in feedback_for(viewer, disease=disease, unread=False))


def says_fallen(signal: Signal) -> str:
    """What is left behind a signal whose cases were taken back, "" while it is as strong as when it was raised."""
    if not signal.has_fallen:
        return ""
    return _("病例被排除或订正后剩 {n} 例，低于限值 {limit:g} 例；请核实后给出结论。").format(
        n=signal.observed, limit=signal.limit
    )


def says(feedback: Feedback, disease: str = "") -> str:
    """The feedback in the reader's language; a person's own words stay as they wrote them."""
    if not feedback.conclusion:
        return feedback.text
    told = _("{disease}预警已核实，结论：{conclusion}。").format(
        disease=disease or disease_name(feedback.disease), conclusion=feedback.get_conclusion_display()
    )
    return f"{told}{feedback.text}"


def _notice(one: Feedback, *, named: bool) -> protocols.Notice:
    disease = disease_name(one.disease) if named else _list_name(one)
    return protocols.Notice(
        at=one.at,
        label=(_("{disease}：疾控反馈") if one.signal_id else _("{disease}：疾控预警提示")).format(disease=disease),
        text=says(one, disease),
        who=str(one.by),
        read_url=reverse("surveillance:read", args=[one.id]),
    )


def disease_name(disease: str) -> str:
    """The disease or syndrome in the reader's language."""
    found = load().diseases.get(disease)
    if found is None:
        return load().syndrome_name(disease, message_language())
    return found.en if message_language() == "en" else found.name


def _list_name(one: Signal | Feedback) -> str:
    return list_name(one.disease, one.group, message_language())


def area_name(code: str) -> str:
    """The area's name, or its code where the pack has none."""
    region = load().regions.get(code)
    return region.name if region else code


def _open(tab: str) -> QuerySet[Signal]:
    return Signal.objects.filter(state__in=STATES[tab]).select_related("owner")
