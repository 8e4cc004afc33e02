"""What is shown for a question: suspicions that the data itself gives, less what is answered, reported or asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

from yifang import identify
from yifang.apps.accounts.viewers import Viewer, enter, viewer_of, visitor
from yifang.apps.ledger.services import looked
from yifang.apps.records.identity import identity_of, number_key
from yifang.apps.records.models import PersonIdentity, Record
from yifang.apps.reporting import clocks
from yifang.apps.reporting.identifying import canonical_of, evidence_from_json
from yifang.apps.reporting.models import NO_REPORT, Card, InterruptionMoment, Suspicion, SuspicionState
from yifang.apps.reporting.rulebook import in_force
from yifang.apps.reporting.services import interruptions, trials
from yifang.apps.workstation.cdshooks.asking import Question
from yifang.apps.workstation.cdshooks.services import Service
from yifang.apps.workstation.keys import patient_key, visit_key
from yifang.apps.workstation.models import Outcome, Prompt, VisitKey
from yifang.apps.workstation.services import reminding
from yifang.apps.workstation.services.opening import note_stranger, seat_of
from yifang.apps.workstation.services.prompted import EPISODE
from yifang.apps.workstation.services.reminding import Shown
from yifang.apps.workstation.visits import LATEST
from yifang.identify import Evidence, PersonContext, Reported
from yifang.kernel import clock
from yifang.kernel.ids import new_id
from yifang.knowledge import load

_WAITING = (SuspicionState.OPEN,)
MOMENTS = {"order-sign": InterruptionMoment.DIAGNOSIS, "encounter-discharge": InterruptionMoment.CLOSED}


@dataclass(frozen=True, slots=True)
class Answer:
    """One card to be: the disease, why, until when, and the prompt that feedback will name."""

    prompt: UUID
    disease: str
    evidence: tuple[Evidence, ...]
    urgent: bool
    due_at: datetime
    interrupts: bool  # else it is shown without stopping anybody


@dataclass(frozen=True, slots=True)
class Answers:
    """The cards for one doctor; `doctor` is their staff number, "" for one whom nobody knows here."""

    doctor: str
    found: tuple[Answer, ...] = ()
    reminders: tuple[Shown, ...] = ()


def answer(question: Question, service: Service, organisation: UUID, client: UUID) -> Answers:
    """Identify, leave out what need not be asked, note what is shown. A hospital that tries quietly gets no card."""
    with enter(visitor(None)):
        seat = next((one for number in question.users if (one := seat_of(organisation, number))), None)
        if seat is None:
            note_stranger(organisation, question.users[0])
            return Answers("")
        if trials.running([organisation]):
            return Answers(seat.staff_no)
    with enter(viewer_of(seat).acting_for("reporting.card")) as viewer:
        found = tuple(_answers(question, service, organisation, client, viewer))
        return Answers(seat.staff_no, found, tuple(_reminders(question, organisation, viewer)))


def _answers(question: Question, service: Service, organisation: UUID, client: UUID, viewer: Viewer) -> list[Answer]:
    keys = [patient_key(organisation, one) for one in question.patients]
    keys += [visit_key(organisation, one) for one in question.visits]
    found = VisitKey.objects.filter(key__in=keys, organisation_id=organisation).values("suspicion_id")
    asked = list(Suspicion.objects.filter(id__in=found))
    people = {one.person_id for one in asked} | _by_number(question, organisation)
    reported = tuple(
        Reported(card.disease, (card.diagnosed_at or card.created_at).astimezone(clock.CHINA).date())
        for card in Card.objects.filter(person_id__in=people).exclude(state__in=NO_REPORT)
    )
    rules = in_force()
    (outcome,) = identify.compiled(rules).identify([question.record], context=PersonContext(reported=reported))
    policy, day = identify.EpisodePolicy.of(rules), _day(question)
    answers = []
    for said in outcome.suspicions:
        same = next((one for one in asked if policy.same_episode(said.disease, _known(one), day)), None)
        if same is not None and same.state not in _WAITING:
            continue  # answered, withdrawn, silent: not asked again
        answers.append((said.disease, said.evidence, said.urgent, _due(said, question), same))
    told = {disease for disease, *_ in answers}
    visits = {visit_key(organisation, one) for one in question.visits}
    of_visit = VisitKey.objects.filter(key__in=list(visits), organisation_id=organisation)
    here = set(of_visit.values_list("suspicion_id", flat=True))
    for one in asked:  # what other sources found about this visit (a laboratory's report)
        if one.id in here and one.state in _WAITING and one.disease not in told:
            kept = tuple(_evidence(one))
            answers.append((one.disease, kept, one.urgent, one.due_at, one))
    about = patient_key(organisation, question.patients[0])
    shown = _shown(organisation, about)
    return [
        _noted(question, client, organisation, about, viewer, *one)
        for one in answers
        if _may_ask(shown.get(one[0], set()), service)
    ]


def _reminders(question: Question, organisation: UUID, viewer: Viewer) -> list[Shown]:
    """Reminders of care for this moment: by what the client says, and what the doctor may see of earlier."""
    about = [patient_key(organisation, one) for one in question.patients]
    rows = Record.objects.filter(person_id__in=_by_number(question, organisation), current=True)
    earlier = [canonical_of(row) for row in rows.select_related("person").order_by("-at")[:LATEST]]
    return reminding.remind([question.record], earlier, about, viewer, where=question.hook)


def _may_ask(shown: set[tuple[str, str]], service: Service) -> bool:
    """At most once an episode, and once more before the visit ends; never what a doctor overrode."""
    if any(outcome == Outcome.OVERRIDDEN for _, outcome in shown):
        return False
    return not shown or (service.last and all(hook != service.hook for hook, _ in shown))


def _shown(organisation: UUID, about: bytes) -> dict[str, set[tuple[str, str]]]:
    """What was shown about the patient in this episode: (hook, outcome) by disease."""
    rows = Prompt.objects.filter(organisation_id=organisation, about=about, shown_at__gte=clock.now() - EPISODE)
    shown: dict[str, set[tuple[str, str]]] = {}
    for hook, disease, outcome in rows.values_list("hook", "disease", "outcome"):
        shown.setdefault(disease, set()).add((hook, outcome))
    return shown


def _noted(
    question: Question,
    client: UUID,
    organisation: UUID,
    about: bytes,
    viewer: Viewer,
    disease: str,
    evidence: tuple[Evidence, ...],
    urgent: bool,
    due_at: datetime,
    suspicion: Suspicion | None,
) -> Answer:
    prompt = Prompt(
        id=new_id(), client_id=client, organisation_id=organisation, user_id=viewer.user_id, hook=question.hook,
        about=about, suspicion=suspicion, disease=disease, rule=evidence[0].rule if evidence else "",
        shown_at=clock.now(),
    )  # fmt: skip
    prompt.save(force_insert=True)
    if suspicion is not None:
        looked("suspicion.viewed", "suspicion", suspicion.id, viewer, records=[])
    return Answer(prompt.id, disease, evidence, urgent, due_at, _interrupts(question, urgent, suspicion, viewer))


def _interrupts(question: Question, urgent: bool, suspicion: Suspicion | None, viewer: Viewer) -> bool:
    """Whether the card may stop the doctor: once an episode, and not for opening a record, unless it is urgent.

    Signing orders and ending the visit are the moments at which the diagnosis is saved.
    """
    moment = MOMENTS.get(question.hook)
    if suspicion is None:
        return urgent or moment is not None
    if moment is not None:
        interruptions.at_moment(suspicion.person_id, moment, viewer, visit=(*question.visits, "")[0])
        suspicion.refresh_from_db(fields=["interruption"])
    if suspicion.interruption_id is None:  # not certain enough to interrupt for, or not the moment
        return urgent
    return interruptions.shown(suspicion.interruption_id, viewer, where="cds")


def _by_number(question: Question, organisation: UUID) -> set[UUID]:
    """Persons of that identity number, whom the doctor may see."""
    key = number_key(identity_of(question.record.person, organisation))
    if key is None:
        return set()
    return set(PersonIdentity.objects.filter(id_no_key=key).values_list("person_id", flat=True))


def _known(one: Suspicion) -> Reported:
    days = [item["at"] for item in one.evidence if item.get("at")]
    day = date.fromisoformat(max(days)) if days else one.evidence_at.astimezone(clock.CHINA).date()
    return Reported(one.disease, day)


def _day(question: Question) -> date:
    at = question.record.at
    return date.fromisoformat(at.day) if at is not None and at.day else clock.today()


def _due(said: identify.Suspicion, question: Question) -> datetime:
    """As if the evidence were the diagnosis, and that were now: the client says no better."""
    disease = load().disease(said.disease).for_subtype(said.subtype_hint)
    return clocks.report_due(disease, clock.now().astimezone(UTC))


def _evidence(one: Suspicion) -> list[Evidence]:
    return [evidence_from_json(item) for item in one.evidence]
