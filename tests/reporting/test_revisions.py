"""Corrections: what each is called, which clocks it starts, and that the district looks at it once more."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests import apps
from tests.reporting import cards
from yifang.apps.accounts.viewers import enter
from yifang.apps.reporting import services
from yifang.apps.reporting.models import CardState, Case, RevisionKind
from yifang.apps.work.models import WorkItem, WorkState
from yifang.kernel import clock
from yifang.kernel.errors import WrongState

pytestmark = pytest.mark.django_db


def correct(county, card, changes, who="hospital_desk"):
    viewer = county.viewer(who)
    with enter(viewer):
        card = services.correct(card.id, changes, "复核", viewer)
    apps.deliver()
    return card


def waits(card):
    return WorkItem.objects.filter(kind="card_revision_audit", subject=card.id).exclude(state=WorkState.DONE)


def later(minutes: int) -> str:
    return cards.local(clock.now() - timedelta(minutes=minutes))


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        (lambda: {"residence_detail": "新桥路9号"}, RevisionKind.OTHER),
        (lambda: {"case_class": "2"}, RevisionKind.CLASS),
        (lambda: {"death_date": clock.today().isoformat(), "case_class": "2"}, RevisionKind.DEATH),
        (lambda: {"disease": "varicella", "death_date": clock.today().isoformat()}, RevisionKind.DISEASE),
    ],
)
def test_a_correction_is_called_by_the_weightiest_it_changed(county, changes, kind):
    card = correct(county, cards.brought(county, CardState.SUBMITTED), changes())
    (one,) = card.revisions.all()
    assert (one.kind, one.previous_disease, one.previous_class) == (kind, "hfmd", "clinical")


def test_a_new_diagnosis_starts_its_own_clock_and_a_new_address_none(county):
    card = cards.brought(county, CardState.SUBMITTED)
    card = correct(county, card, {"residence_detail": "新桥路9号"})
    card = correct(county, card, {"disease": "varicella", "diagnosis_datetime": later(10)})
    card = correct(county, card, {"disease": "cholera", "diagnosis_datetime": later(5), "case_class": "2"})
    address, ordinary, urgent = card.revisions.all()
    assert address.due_at is None
    assert ordinary.due_at - ordinary.reported_at > timedelta(hours=23)
    assert urgent.due_at - urgent.reported_at < timedelta(hours=2)
    assert urgent.audit_due_at - urgent.reported_at <= timedelta(hours=2)


def test_another_disease_excludes_the_old_case_and_makes_a_new_one(county):
    card = cards.brought(county, CardState.AUDITED)
    old = card.case_id
    card = correct(county, card, {"disease": "varicella", "diagnosis_datetime": later(10)})
    card.refresh_from_db()
    assert Case.objects.get(id=old).excluded
    assert card.case_id != old
    assert (card.case.disease, card.case.excluded) == ("varicella", False)
    assert cards.answers(card)["revised_from_disease"] == "手足口病"


def test_a_correction_after_the_final_audit_waits_for_the_district_and_a_death_counts_from_then(county):
    card = cards.brought(county, CardState.AUDITED)
    first = card.audited_at
    card = correct(county, card, {"death_date": clock.today().isoformat()})
    card.refresh_from_db()
    assert (card.state, card.audited_at) == (CardState.AUDITED, first)
    assert waits(card).count() == 1
    assert (card.case.died_on, card.case.death_audited_on) == (clock.today(), None)
    cdc = county.viewer("epidemiologist")
    with enter(cdc):
        services.audit_revision(card.id, cdc)
    apps.deliver()
    card.refresh_from_db()
    assert not waits(card).exists()
    assert card.case.death_audited_on == clock.today()
    with enter(cdc), pytest.raises(WrongState, match="waits for an audit"):
        services.audit_revision(card.id, cdc)


def test_the_first_audit_covers_the_corrections_before_it(county):
    card = correct(county, cards.brought(county, CardState.SUBMITTED), {"case_class": "2"})
    assert not waits(card).exists()
    cdc = county.viewer("epidemiologist")
    with enter(cdc):
        services.audit(card.id, cdc)
    assert card.revisions.get().audited_at is not None


def test_nobody_dies_tomorrow(county):
    card = cards.brought(county, CardState.SUBMITTED)
    with pytest.raises(services.CardErrors) as wrong:
        correct(county, card, {"death_date": (clock.today() + timedelta(days=1)).isoformat()})
    assert [one.code for one in wrong.value.findings if one.severity == "error"] == ["reporting.field_future"]


def test_after_the_final_audit_the_hospital_cannot_delete_and_the_cdc_can(county):
    card = cards.brought(county, CardState.AUDITED)
    desk, cdc = county.viewer("hospital_desk"), county.viewer("epidemiologist")
    with enter(desk), pytest.raises(WrongState, match="the CDC deletes"):
        services.delete(card.id, "误报", desk)
    with enter(cdc):
        assert services.delete(card.id, "排除", cdc).state == CardState.DELETED


def test_the_page_begins_where_the_correction_begins(county, sign_in):
    card = cards.brought(county, CardState.AUDITED)
    client = sign_in("hospital_desk")
    page = client.get(f"/cards/{card.id}/edit?for=death").content.decode()
    assert 'value="死亡"' in page
    focused = page[page.index('name="death_date"') : page.index('name="death_date"') + 300]
    assert "autofocus" in focused
    correct(county, card, {"death_date": clock.today().isoformat()})
    district = sign_in("epidemiologist")
    assert "1 张终审后有订正" in district.get("/audit/").content.decode()
    assert "审核订正" in district.get(f"/audit/{card.id}").content.decode()
    assert district.post(f"/audit/{card.id}/revision").status_code == 302
    assert "终审后有订正" not in district.get("/audit/").content.decode()
