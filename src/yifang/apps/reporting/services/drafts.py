"""Drafts: from a suspicion, filled with what is known, or blank; and saving what was typed.

A draft answers nothing yet and stops no clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from yifang.apps.accounts.viewers import Viewer, enter
from yifang.apps.places.models import Organisation
from yifang.apps.records.identity import open_identity
from yifang.apps.records.models import Person, Record
from yifang.apps.records.visits import whole
from yifang.apps.reporting import drafting, policy, versions, visible
from yifang.apps.reporting.models import GONE, Card, CardState, Suspicion, SuspicionState
from yifang.apps.reporting.rules import Finding, Situation
from yifang.apps.reporting.services import cards
from yifang.apps.reporting.services.hospital import report
from yifang.apps.reporting.services.suspicions import taken
from yifang.formats import canonical
from yifang.kernel import clock
from yifang.kernel.errors import NotAllowed, UserError
from yifang.kernel.ids import new_id
from yifang.knowledge import load

PURPOSE = "reporting.card"
_LOST_AT_MOST = 100_000  # cards after a backup


@dataclass(frozen=True, slots=True)
class Preview:
    """The answers that a draft would begin with, those of them that were derived, and what stands around them."""

    answers: Mapping[str, Any]
    derived: frozenset[str]
    situation: Situation


def draft_from_suspicion(suspicion_id: UUID, viewer: Viewer) -> Card:
    """The draft of a suspicion, filled; the one that is there where one was made before.

    Opens the person's identity for the card, which leaves an entry in the access stream.
    """
    viewer.check("card.draft")
    with transaction.atomic():
        suspicion = taken(suspicion_id)
        existing = Card.objects.filter(suspicion=suspicion).exclude(state__in=GONE).order_by("created_at").first()
        if existing is not None:
            return existing
        policy.check_answer(suspicion, viewer, SuspicionState.REPORTED)
        organisation = Organisation.objects.get(id=suspicion.organisation_id)
        card_no = _card_no(organisation)
        made = _filled(suspicion, organisation, card_no, viewer)
        source = {
            "suspicion": str(suspicion.id), "record": str(suspicion.record_id), "evidence": suspicion.evidence,
            "derived": sorted(made.derived),
        }  # fmt: skip
        return _make(card_no, made.answers, source, suspicion.person_id, organisation, viewer, suspicion)


def draft_from_record(
    record: Record,
    disease: str,
    viewer: Viewer,
    *,
    diagnosed_at: datetime,
    case_class: str | None = None,
    subtype: str = "",
    department: str = "",
    source: Mapping[str, Any] | None = None,
) -> Card:
    """The draft of an illness that nobody was asked about, filled from a record; its clock runs from `diagnosed_at`.

    Opens the person's identity as a draft from a suspicion does.
    """
    viewer.check("card.draft")
    with transaction.atomic():
        organisation = Organisation.objects.get(id=record.organisation_id)
        card_no = _card_no(organisation)
        said = whole(record)
        made = drafting.draft(
            _known(record.person_id, viewer), _reporter(organisation, viewer), load(), clock.now(), card_no,
            disease=disease, case_class=case_class, subtype=subtype, record=said, diagnosed_at=diagnosed_at,
            doctor=_doctor(said, viewer),
        )  # fmt: skip
        told = {"record": str(record.id), "evidence": [], **(source or {}), "derived": sorted(made.derived)}
        return _make(card_no, made.answers, told, record.person_id, organisation, viewer, None, department=department)


def preview(suspicion: Suspicion, viewer: Viewer) -> Preview:
    """What the draft of a suspicion would say, without making one: to be looked at before anybody decides.

    Opens the person's identity as a draft does.
    """
    viewer.check("card.draft")
    organisation = Organisation.objects.get(id=suspicion.organisation_id)
    made = _filled(suspicion, organisation, "", viewer)
    card = Card(
        id=new_id(), organisation=organisation, person_id=suspicion.person_id, report_area=organisation.area_code
    )
    return Preview(made.answers, made.derived, cards.situation_of(card))


def report_at_once(suspicion_id: UUID, changes: Mapping[str, str], viewer: Viewer) -> Card:
    """Report a suspicion in one step: its draft, filled in with `changes`. Nothing is left behind where it fails.

    Raises CardErrors with every finding, as `report`.
    """
    with transaction.atomic():
        card = draft_from_suspicion(suspicion_id, viewer)
        before = versions.answers_of(versions.current(card))
        return report(card.id, viewer, _kept(before, changes))


def draft_blank(viewer: Viewer, answers: Mapping[str, Any] | None = None) -> Card:
    """A draft without suspicion or code; whom it is about is found, or made, once it is reported (`persons.link`).

    Raises NotAllowed `reporting.no_organisation` for a viewer who sits at no organisation.
    """
    viewer.check("card.draft")
    organisation = Organisation.objects.filter(id=viewer.organisation_id).first()
    if organisation is None:
        raise NotAllowed("reporting.no_organisation")
    with transaction.atomic(savepoint=False):  # whom it fails is led to an error page, and nothing else is done
        card_no = _card_no(organisation)
        nobody = drafting.Known("", None, "", {})
        made = drafting.draft(nobody, _reporter(organisation, viewer), load(), clock.now(), card_no)
        return _make(card_no, {**made.answers, **(answers or {})}, {}, None, organisation, viewer, None)


def draft_for(viewer: Viewer, unit_id: UUID, doctor: str, answers: Mapping[str, Any] | None = None) -> Card:
    """代报: a draft typed for a unit that cannot report itself; unit and doctor stay those who diagnosed.

    The clock runs from their diagnosis. Raises UserError `reporting.proxy_unit` for a unit outside the viewer's county
    or the viewer's own, `reporting.proxy_doctor` for no name.
    """
    viewer.check("card.draft")
    organisation = Organisation.objects.filter(id=viewer.organisation_id).first()
    if organisation is None:
        raise NotAllowed("reporting.no_organisation")
    unit = Organisation.objects.filter(
        id=unit_id, active=True, area_code__startswith=organisation.area_code[:6]
    ).first()
    if unit is None or unit.id == organisation.id:
        raise UserError("reporting.proxy_unit")
    if not doctor.strip():
        raise UserError("reporting.proxy_doctor")
    with transaction.atomic():
        card_no = _card_no(organisation)
        reporter = drafting.Reporter(unit.code, unit.area_code, unit.phone or organisation.phone, doctor.strip()[:40])
        made = drafting.draft(drafting.Known("", None, "", {}), reporter, load(), clock.now(), card_no)
        given = {**made.answers, **(answers or {})}
        return _make(card_no, given, {"proxy": True}, None, organisation, viewer, None, reported_for=unit)


def save_draft(card_id: UUID, answers: Mapping[str, Any], viewer: Viewer) -> tuple[Card, list[Finding]]:
    """Save what was typed as it is, with all its findings: a draft may be wrong. Saving the same again adds nothing."""
    with transaction.atomic():
        card = cards.taken(card_id)
        policy.check(card, "save", viewer)
        standing = versions.current(card)
        before = versions.answers_of(standing)
        given = _kept(before, answers)
        findings = cards.findings_of(card, given)
        changed = versions.changed_fields(before, given)
        if changed:
            if card.sent_version is None:
                cards.apply(card, given)
            else:  # what the district has stays in force until the desk approves
                cards.tighten(card, given)
            version = cards.add_version(card, given, viewer, before=standing, findings=findings, reported=False)
            card.save()
            visible.show(visible.subject_of(card, clock.today()), visible.of_card(card))
            cards.tell(card, "saved", viewer, fields=changed, digest=versions.digest(version))
    return card, findings


def discard(card_id: UUID, reason: str, viewer: Viewer) -> Card:
    """Lay a draft aside for a reason; it stays readable. The suspicion behind it goes on waiting for its answer."""
    with transaction.atomic():
        card = cards.taken(card_id)
        policy.check(card, "discard", viewer)
        card.state, card.reason = CardState.DISCARDED, cards.reason_given(reason)
        card.save()
        cards.tell(card, "discarded", viewer, said=cards.say(card, "discarded", card.reason, viewer))
    return card


def _make(
    card_no: str,
    answers: Mapping[str, Any],
    source: Mapping[str, Any],
    person_id: UUID | None,
    organisation: Organisation,
    viewer: Viewer,
    suspicion: Suspicion | None,
    *,
    reported_for: Organisation | None = None,
    department: str = "",
) -> Card:
    doctor = suspicion.clinician_id if suspicion else None
    card = Card(
        id=new_id(), card_no=card_no, organisation=organisation, person_id=person_id, suspicion=suspicion,
        department=suspicion.department if suspicion else department or viewer.department,
        doctor_id=doctor or viewer.user_id,
        report_area=(reported_for or organisation).area_code, created_at=clock.now(), reported_for=reported_for,
    )  # fmt: skip
    cards.apply(card, answers)
    visible.show(
        visible.subject_of(card, clock.today()), visible.of_card(card)
    )  # before the card: its maker must see it
    card.save(force_insert=True)
    findings = cards.findings_of(card, answers)
    version = versions.write(card, 1, answers, viewer, reported=False, findings=findings, source=source)
    cards.tell(card, "drafted", viewer, fields=sorted(answers), digest=versions.digest(version))
    return card


def _filled(suspicion: Suspicion, organisation: Organisation, card_no: str, viewer: Viewer) -> drafting.Draft:
    said = whole(suspicion.record)
    doctor = _doctor(said, viewer, str(suspicion.clinician or ""))
    return drafting.draft(
        _known(suspicion.person_id, viewer), _reporter(organisation, viewer), load(), clock.now(), card_no,
        disease=suspicion.disease, case_class=suspicion.case_class or None, subtype=suspicion.subtype_hint,
        record=said, diagnosed_at=suspicion.evidence_at, doctor=doctor,
    )  # fmt: skip


def _doctor(record: canonical.Record, viewer: Viewer, seated: str = "") -> str:
    """Who saw the patient, for a draft that somebody else than a doctor makes: by name, else by number."""
    if viewer.role == "clinician":
        return ""
    return (seated or record.encounter.clinician or record.encounter.clinician_id)[:40]


def _kept(before: Mapping[str, Any], answers: Mapping[str, Any]) -> dict[str, Any]:
    """What was typed, over what the system fills: no form may change who reports, or number the card anew."""
    fixed = ("card_no", "card_type", "report_org", "report_area")
    return {**before, **answers, **{name: before[name] for name in fixed if name in before}}


def _known(person_id: UUID, viewer: Viewer) -> drafting.Known:
    person = Person.objects.get(id=person_id)
    with enter(viewer if viewer.purpose else viewer.acting_for(PURPOSE)) as looking:
        identity = asdict(open_identity(person_id, looking, kind="person.drafted"))
    return drafting.Known(person.sex, person.birth_date, person.area_code, identity)


def _reporter(organisation: Organisation, viewer: Viewer) -> drafting.Reporter:
    return drafting.Reporter(organisation.code, organisation.area_code, organisation.phone, viewer.name)


def number_on(back: Iterable[Card]) -> None:
    """Give no number out a second time: those of the cards that come back to a restored hospital are taken."""
    serials = [one.card_no.removeprefix(one.organisation.code[:26])[4:].partition("-")[0] for one in back]
    last = max((int(one) for one in serials if one.isascii() and one.isdigit() and len(one) < 10), default=0)
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('reporting_card_no')")
        (here,) = cursor.fetchone()
        cursor.execute(
            "SELECT max(nextval('reporting_card_no')) FROM generate_series(%s::bigint, %s::bigint)",
            [here + 1, min(last, here + _LOST_AT_MOST)],
        )


def _card_no(organisation: Organisation) -> str:
    """机构码 + 年 + 流水, from one sequence: a counter for each hospital would make its doctors wait for each other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('reporting_card_no')")
        number = cursor.fetchone()[0]
    return f"{organisation.code[:26]}{clock.today().year}{number:06d}"
