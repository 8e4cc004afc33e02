"""The life of a card as a truth table: every state, every step, every role; and what each step leaves behind."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests import apps
from tests.reporting import cards
from yifang.apps.accounts.viewers import Viewer, enter
from yifang.apps.reporting import policy, services, versions
from yifang.apps.reporting.models import CARD_TRANSITIONS, Card, CardState
from yifang.apps.work.models import WorkItem, WorkState
from yifang.kernel import clock
from yifang.kernel.errors import NotAllowed, NotFound, UserError, WrongState

pytestmark = [pytest.mark.django_db]

S = CardState
LIVE = {S(state) for state in S} - {S.DRAFT, S.DELETED, S.DISCARDED}
UNSENT = (S.DRAFT, S.DISCARDED, S.HOSPITAL_REVIEW, S.RETURNED_BY_HOSPITAL)
# step: who takes it, and the states it starts from
TABLE: dict[str, tuple[str, set[CardState]]] = {
    "save": ("clinician", {S.DRAFT, S.RETURNED_BY_HOSPITAL, S.RETURNED_BY_DISTRICT}),
    "report": ("clinician", {S.DRAFT, S.RETURNED_BY_HOSPITAL, S.RETURNED_BY_DISTRICT}),
    "discard": ("clinician", {S.DRAFT}),
    "return_by_hospital": ("hospital_desk", {S.HOSPITAL_REVIEW}),
    "approve": ("hospital_desk", {S.HOSPITAL_REVIEW}),
    "enter": ("hospital_desk", {S.SUBMITTED, S.RETURNED_BY_DISTRICT, S.AUDITED}),
    "correct_entry": ("hospital_desk", LIVE),
    "explain": ("hospital_desk", LIVE),
    "register": ("hospital_desk", LIVE),
    "audit": ("epidemiologist", {S.SUBMITTED}),
    "audit_revision": ("epidemiologist", {S.AUDITED}),
    "undo_audit": ("epidemiologist", {S.AUDITED}),
    "return_by_district": ("epidemiologist", {S.SUBMITTED}),
    "correct": ("hospital_desk", {S.SUBMITTED, S.AUDITED}),
    "delete": ("hospital_desk", LIVE - {S.AUDITED}),  # after the final audit the CDC deletes
}


def take(step: str, card: Card, by: Viewer) -> Card:
    """Take the step with what it needs."""
    match step:
        case "save":
            return services.save_draft(card.id, {"remark": "补充"}, by)[0]
        case "return_by_hospital":
            return services.return_by_hospital(card.id, "住址不详", by)
        case "return_by_district":
            return services.return_by_district(card.id, "逻辑错误", "", by)
        case "enter":
            number = card.national_card_id or cards.number(card)
            return services.record_entry(card.id, by, national_card_id=number, entered_at=clock.now())
        case "correct":
            return services.correct(card.id, {"onset_date": "2026-01-01"}, "核实", by)
        case "register":
            return services.register(card.id, "tb", "TB-0001", clock.now(), by).card
        case "explain":
            return services.explain_late(card.id, "忙", by)
        case "discard":
            return services.discard(card.id, "填错人", by)
        case "correct_entry":
            at = clock.now()
            return services.correct_entry(card.id, by, national_card_id="N-999999", entered_at=at, reason="抄错")
        case "undo_audit":
            return services.undo_audit([card.id], by)[0]
        case "delete":
            return services.delete(card.id, "误报", by)
        case _:
            return getattr(services, step)(card.id, by)


def test_the_policy_is_this_table() -> None:
    assert {verb: (step.permission, set(step.states)) for verb, step in policy.VERBS.items()} == {
        verb: (policy.VERBS[verb].permission, LIVE if verb == "delete" else states)
        for verb, (_, states) in TABLE.items()
    }
    for step in policy.VERBS.values():
        if step.to is not None:
            assert all(step.to in CARD_TRANSITIONS[state] for state in step.states)


@pytest.mark.parametrize("state", S)
def test_every_state_by_every_step(state: CardState) -> None:
    county = apps.county()
    card = cards.brought(county, state)
    assert card.state == state
    for step, (who, states) in TABLE.items():
        by = county.viewer(who)
        with enter(by):
            known = Card.objects.filter(id=card.id).first()
            if known is None:
                assert state in (*UNSENT, S.DELETED)
                with pytest.raises(NotFound):
                    take(step, card, by)
            elif state in states:
                assert policy.can(known, step, by), (state, step)
            else:
                assert not policy.can(known, step, by), (state, step)
                with pytest.raises(WrongState):
                    take(step, card, by)


HOSPITAL = {"save", "report", "discard", "return_by_hospital", "approve"} | {
    "enter", "correct_entry", "explain", "correct", "delete", "register",
}  # fmt: skip
DISTRICT = {
    "enter", "correct_entry", "explain", "audit", "audit_revision", "undo_audit", "return_by_district", "correct",
    "delete", "register",
}  # fmt: skip
WHO_MAY = {
    "clinician": {"save", "report", "discard"},
    "hospital_desk": HOSPITAL,
    "epidemiologist": DISTRICT,
    "duty_officer": DISTRICT,
    "city_epidemiologist": DISTRICT,
    "residence_epidemiologist": set(),
    "neighbour_epidemiologist": set(),
    "other_hospital_desk": set(),
    "other_hospital": set(),
    "bureau": set(),
    "school_nurse": set(),
    "grid_worker": set(),
    "administrator": set(),
    "auditor": set(),
    apps.STRANGER: set(),
}


@pytest.mark.parametrize("name", WHO_MAY)
def test_every_role_by_every_step(name: str) -> None:
    """Role and place alone: a card of the first hospital, whatever its state."""
    county = apps.county()
    viewer = county.viewer(name)
    card = Card(organisation=county.hospital, report_area=county.hospital.area_code)
    allowed = set()
    for verb, step in policy.VERBS.items():
        card.state = S.SUBMITTED if verb == "delete" else next(iter(step.states))  # after the audit the CDC deletes
        if policy.can(card, verb, viewer):
            allowed.add(verb)
    assert allowed == WHO_MAY[name]


def test_return_and_resubmission_make_a_new_version_and_keep_the_clock() -> None:
    county = apps.county()
    card = cards.brought(county, S.RETURNED_BY_HOSPITAL)
    due, before = card.report_due_at, versions.current(card)
    doctor = county.viewer("clinician")
    with enter(doctor):
        assert WorkItem.objects.filter(kind="card_correct", subject=card.id, state=WorkState.OPEN).exists()
        card = services.report(card.id, doctor, {**cards.answers(card), "residence_detail": "示范路3号"})
    apps.deliver()
    after = versions.current(card)
    assert (card.state, after.number, after.reported) == (S.HOSPITAL_REVIEW, before.number + 1, True)
    assert card.report_due_at == due
    assert [(one.field, one.before, one.after) for one in versions.diff(before, after)] == [
        ("residence_detail", "示范路1弄2号", "示范路3号")
    ]
    assert not WorkItem.objects.filter(kind="card_correct", state=WorkState.OPEN).exists()


def test_a_district_return_names_a_reason_of_the_pack_and_reaches_doctor_and_desk() -> None:
    county = apps.county()
    card = cards.brought(county, S.SUBMITTED)
    cdc = county.viewer("epidemiologist")
    with enter(cdc):
        for code, note in (("", ""), ("不喜欢", ""), ("其他", " ")):
            with pytest.raises(UserError, match="reason"):
                services.return_by_district(card.id, code, note, cdc)
        services.return_by_district(card.id, "诊断不符", "缺检验", cdc)
    apps.deliver()
    for name in ("clinician", "hospital_desk"):
        with enter(county.viewer(name)):
            item = WorkItem.objects.get(kind="card_correct", state=WorkState.OPEN)
            assert item.subject == card.id
            assert Card.objects.get(id=card.id).reason == "诊断不符:缺检验"
    with enter(county.viewer("other_hospital_desk")):
        assert not WorkItem.objects.filter(kind="card_correct").exists()


@pytest.mark.parametrize("reason", ["", "   "])
def test_no_return_and_no_deletion_without_a_reason(reason: str) -> None:
    county = apps.county()
    card = cards.brought(county, S.HOSPITAL_REVIEW)
    desk = county.viewer("hospital_desk")
    with enter(desk):
        for step in (services.return_by_hospital, services.delete):
            with pytest.raises(UserError, match="reason"):
                step(card.id, reason, desk)


def test_a_step_that_fails_changes_nothing() -> None:
    county = apps.county()
    card = cards.blank(county)
    doctor = county.viewer("clinician")
    with apps.listening() as heard, enter(doctor), pytest.raises(services.CardErrors) as refused:
        services.report(card.id, doctor, {**cards.answers(card), "name": "", "case_class": "3"})
    assert {one.field for one in refused.value.findings if one.severity == "error"} == {"name", "case_class"}
    assert Card.objects.get(id=card.id).state == S.DRAFT
    assert heard.kinds == []


def test_each_step_leaves_its_ledger_entry_without_identity_or_values() -> None:
    county = apps.county()
    with apps.listening() as heard:
        cards.brought(county, S.AUDITED)
    told = [kind for kind in heard.kinds if kind.startswith("reporting.card")]
    assert told == [
        f"reporting.card_{one}" for one in ("drafted", "saved", "reported", "linked", "approved", "entered", "audited")
    ]
    for entry in heard.entries:
        said = f"{entry.facts} {entry.fields} {entry.scopes}"
        for secret in ("陈小宝", "13800000001", apps.id_no(), "示范路", "hfmd", "手足口"):
            assert secret not in said, entry.kind


def test_work_items_follow_the_card_and_none_is_left_at_the_end() -> None:
    county = apps.county()
    wanted = {
        S.HOSPITAL_REVIEW: {"card_review"},
        S.RETURNED_BY_HOSPITAL: {"card_correct"},
        S.SUBMITTED: {"card_audit"},
        S.RETURNED_BY_DISTRICT: {"card_correct"},
        S.AUDITED: set(),
        S.DELETED: set(),
    }
    for order, (state, kinds) in enumerate(wanted.items(), 10):
        card = cards.brought(county, state, cards.blank(county, name=f"甲{order}", order=order))
        items = WorkItem.objects.filter(subject=card.id, state__in=(WorkState.OPEN, WorkState.CLAIMED))
        assert {one.kind for one in items} == kinds, state
        closed = WorkItem.objects.filter(subject=card.id, state=WorkState.DONE)
        assert not any(desk.open for item in closed for desk in item.desks.all()), state


def test_a_submitted_card_waits_for_its_national_number() -> None:
    county = apps.county()
    card = cards.brought(county, S.HOSPITAL_REVIEW)
    desk = county.viewer("hospital_desk")
    with enter(desk):
        card = services.approve(card.id, desk)
        item = WorkItem.objects.get(kind="card_entry", state=WorkState.OPEN)
        assert item.due_at == card.report_due_at
        assert item.starts_at == card.diagnosed_at
        services.record_entry(card.id, desk, national_card_id="N-0000-1", entered_at=clock.now())
        item.refresh_from_db()
        assert (item.state, item.proof.split()[0]) == (WorkState.DONE, "N-0000-1")


def test_the_district_of_residence_looks_and_does_not_audit() -> None:
    county = apps.county()
    away = cards.blank(county, residence_area="310104001", patient_belongs="2")
    card = cards.brought(county, S.SUBMITTED, away)
    viewer = county.viewer("residence_epidemiologist")
    with enter(viewer):
        assert Card.objects.filter(id=card.id).exists()
        with pytest.raises(NotAllowed):
            services.audit(card.id, viewer)


def test_approval_and_entry_in_one_step() -> None:
    county = apps.county()
    card = cards.brought(county, S.HOSPITAL_REVIEW)
    desk = county.viewer("hospital_desk")
    at = clock.now() - timedelta(minutes=1)
    with enter(desk):
        card = services.approve(card.id, desk, national_card_id="N-0000-2", entered_at=at)
        assert (card.state, card.national_card_id, card.entered_at) == (S.SUBMITTED, "N-0000-2", at)
        assert {one.kind for one in WorkItem.objects.filter(subject=card.id, state=WorkState.OPEN)} <= {"card_audit"}
