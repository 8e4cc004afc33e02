"""Nothing changes in silence and no reason is lost: drafts laid aside, every return, numbers, undone audits."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests import apps
from tests.reporting import cards
from yifang.apps.accounts.viewers import enter
from yifang.apps.ledger.models import Entry
from yifang.apps.reporting import services
from yifang.apps.reporting.models import Card, CardState, Case, Duplicate, Suspicion, SuspicionState
from yifang.apps.reporting.presenting import steps
from yifang.apps.reporting.queries.steps import steps as steps_of
from yifang.apps.work.models import WorkItem, WorkState
from yifang.kernel import clock
from yifang.kernel.errors import NotAllowed, NotFound, UserError, WrongState

pytestmark = [pytest.mark.django_db]

S = CardState


def told(county: apps.County, card: Card, name: str = "hospital_desk") -> list[str]:
    """What the time line says beside its steps, the first step first."""
    with enter(county.viewer(name)):
        return [str(one.detail) for one in steps.of_card(Card.objects.get(id=card.id), steps_of(card.id))][::-1]


def test_the_time_line_keeps_the_reason_of_every_round() -> None:
    county = apps.county()
    desk, doctor, cdc = (county.viewer(name) for name in ("hospital_desk", "clinician", "epidemiologist"))
    card = cards.brought(county, S.HOSPITAL_REVIEW)
    for reason in ("住址不详", "班级没填"):
        with enter(desk):
            services.return_by_hospital(card.id, reason, desk)
        with enter(doctor):
            services.report(card.id, doctor)
    with enter(desk):
        services.approve(card.id, desk, national_card_id="N-000001", entered_at=clock.now())
    with enter(cdc):
        services.return_by_district(card.id, "诊断不符", "缺检验", cdc)
    with enter(desk):
        services.delete(card.id, "误报", desk)
    said = told(county, card)
    assert [one for one in said if one in ("住址不详", "班级没填", "诊断不符:缺检验", "误报")] == [
        "住址不详", "班级没填", "诊断不符:缺检验", "误报",
    ]  # fmt: skip
    for entry in Entry.objects.filter(subject=card.id):
        assert not any(word in f"{entry.facts}" for word in ("住址不详", "班级没填", "缺检验", "误报"))


def test_a_draft_laid_aside_leaves_its_question_waiting() -> None:
    county = apps.county()
    card = cards.drafted(county)
    doctor = county.viewer("clinician")
    with enter(doctor):
        with pytest.raises(UserError, match="reason"):
            services.discard(card.id, " ", doctor)
        services.discard(card.id, "填错人", doctor)
    apps.deliver()
    assert Suspicion.objects.get().state == SuspicionState.OPEN
    assert WorkItem.objects.filter(kind="suspicion_review", state=WorkState.OPEN).exists()
    assert "填错人" in told(county, card)
    with enter(doctor):
        fresh = services.draft_from_suspicion(Suspicion.objects.get().id, doctor)
        assert (fresh.id != card.id, fresh.state) == (True, S.DRAFT)
        with pytest.raises(WrongState):
            services.report(card.id, doctor)


def test_a_discarded_draft_is_not_a_report_of_the_person() -> None:
    county = apps.county()
    first = cards.drafted(county)
    doctor = county.viewer("clinician")
    with enter(doctor):
        services.save_draft(first.id, {**cards.answers(first), **cards.MENDS}, doctor)
        services.discard(first.id, "重填", doctor)
        second = services.draft_from_suspicion(first.suspicion_id, doctor)
        services.save_draft(second.id, {**cards.answers(second), **cards.MENDS}, doctor)
        assert services.report(second.id, doctor).state == S.HOSPITAL_REVIEW, "L28 must not see the one laid aside"


def test_a_mistyped_number_is_mended_with_its_reason_and_the_old_one_is_kept() -> None:
    county = apps.county()
    card = cards.brought(county, S.SUBMITTED)
    desk, other = county.viewer("hospital_desk"), county.viewer("other_hospital_desk")
    earlier = card.entered_at - timedelta(minutes=5)
    with apps.listening() as heard, enter(desk):
        for wrong in ("", "12", "编号"):
            with pytest.raises(UserError):
                services.correct_entry(card.id, desk, national_card_id=wrong, entered_at=earlier, reason="抄错")
        with pytest.raises(UserError, match="reason"):
            services.correct_entry(card.id, desk, national_card_id="N-777777", entered_at=earlier, reason="")
        with pytest.raises(UserError, match="Nothing"):
            services.correct_entry(
                card.id, desk, national_card_id=card.national_card_id, entered_at=card.entered_at, reason="抄错"
            )
        mended = services.correct_entry(card.id, desk, national_card_id="N-777777", entered_at=earlier, reason="抄错")
    assert (mended.national_card_id, mended.entered_at, mended.audit_due_at) == (
        "N-777777", earlier, card.audit_due_at - timedelta(minutes=5),
    )  # fmt: skip
    entry = next(one for one in heard.entries if one.kind == "reporting.card_entry_corrected")
    assert entry.fields == ["national_card_id", "entered_at"]
    assert card.national_card_id not in f"{entry.facts}"
    said = mended.said.get(step="entry_corrected")
    assert (said.text, said.before["national_card_id"]) == ("抄错", card.national_card_id)
    assert any("抄错" in one and card.national_card_id in one for one in told(county, card))
    with enter(other), pytest.raises(NotFound):
        services.correct_entry(card.id, other, national_card_id="N-888888", entered_at=earlier, reason="抄错")


def test_a_card_without_a_number_has_none_to_mend() -> None:
    county = apps.county()
    card = cards.brought(county, S.HOSPITAL_REVIEW)
    desk = county.viewer("hospital_desk")
    with enter(desk), pytest.raises(WrongState):
        services.correct_entry(card.id, desk, national_card_id="N-777777", entered_at=clock.now(), reason="抄错")


@pytest.mark.parametrize(
    ("name", "minutes", "refused"),
    [("epidemiologist", 9, None), ("epidemiologist", 11, WrongState), ("duty_officer", 1, NotAllowed)],
)
def test_an_audit_is_undone_at_once_by_whoever_made_the_slip(
    name: str, minutes: int, refused: type[Exception] | None
) -> None:
    county = apps.county()
    card = cards.brought(county, S.AUDITED)
    by = county.viewer(name)
    with clock.frozen(clock.now() + timedelta(minutes=minutes)):
        with enter(by):
            if refused is not None:
                with pytest.raises(refused):
                    services.undo_audit([card.id], by)
                return
            services.undo_audit([card.id], by)
        apps.deliver()
    again = Card.objects.get()
    assert (again.state, again.audited_at, again.audit_due_at) == (S.SUBMITTED, None, card.audit_due_at)
    assert Case.objects.get().audited_on is None
    assert WorkItem.objects.filter(kind="card_audit", subject=card.id, state=WorkState.OPEN).exists()


def test_a_corrected_card_is_no_longer_undone() -> None:
    county = apps.county()
    card = cards.brought(county, S.AUDITED)
    cdc = county.viewer("epidemiologist")
    with enter(cdc):
        card = services.correct(card.id, {"case_class": "2"}, "确诊", cdc)
        assert card.state == S.AUDITED
        with pytest.raises(WrongState):
            services.undo_audit([card.id], cdc)


def test_whom_a_card_is_about_is_told_to_the_ledger_when_it_is_found_and_when_it_changes() -> None:
    county = apps.county()
    with apps.listening() as heard:
        card = cards.brought(county, S.SUBMITTED)
        first = card.person_id
        desk = county.viewer("hospital_desk")
        with enter(desk):
            services.correct(card.id, {"id_no": apps.id_no(order=9)}, "证件号抄错", desk)
        apps.deliver()
        apps.deliver()
    linked = [one for one in heard.entries if one.kind == "reporting.card_linked"]
    second = Card.objects.get().person_id
    assert first != second
    assert [(one.facts["person"], one.facts["before"]) for one in linked] == [
        (str(first), None), (str(second), str(first)),
    ]  # fmt: skip


def test_a_pair_that_is_taken_away_is_told_to_the_ledger() -> None:
    county = apps.county()
    cards.brought(county, S.SUBMITTED)
    other = cards.blank(county, doctor="other_hospital")
    second = cards.brought(county, S.SUBMITTED, other, desk="other_hospital_desk")
    pair = Duplicate.objects.get()
    desk = county.viewer("other_hospital_desk")
    with apps.listening() as heard:
        with enter(desk):
            services.delete(second.id, "重复", desk)
        apps.deliver()
    assert not Duplicate.objects.exists()
    (gone,) = [one for one in heard.entries if one.kind == "reporting.duplicate_gone"]
    assert (gone.subject, gone.facts["pair"]) == (second.id, str(pair.id))
