"""The district's audit: one by one, or in bulk with every card left aside that a person must look at."""

from __future__ import annotations

import pytest

from tests import apps
from tests.reporting import cards
from yifang.apps.accounts.viewers import enter
from yifang.apps.reporting import services
from yifang.apps.reporting.models import Card, CardState
from yifang.kernel import clock
from yifang.kernel.errors import NotAllowed, WrongState

pytestmark = [pytest.mark.django_db]

GROWN = {"birth_date": "1980-05-04", "guardian_name": "", "population": "18", "hfmd_card.1": "", "hfmd_card.2": ""}
HIV = {f"hiv_std_card.{n}": answer for n, answer in
       {1: "未婚", 3: "小学", 5: "不详", 6: "不详", 7: "其他", 8: "确认结果阳性"}.items()}  # fmt: skip


def grown(order: int, **changes: str) -> dict[str, object]:
    from datetime import date

    return {**GROWN, "name": f"成人{order}", "id_no": apps.id_no(birth=date(1980, 5, 4), order=order), **changes}


def entered(county: apps.County, **changes: object) -> Card:
    return cards.brought(county, CardState.SUBMITTED, cards.blank(county, **changes))


def test_a_card_is_audited_only_after_its_entry() -> None:
    county = apps.county()
    card = cards.brought(county, CardState.HOSPITAL_REVIEW)
    desk, cdc = county.viewer("hospital_desk"), county.viewer("epidemiologist")
    with enter(desk):
        services.approve(card.id, desk)
    with enter(cdc):
        with pytest.raises(WrongState):
            services.audit(card.id, cdc)
        preview = services.bulk_audit_preview([card.id], cdc)
        assert [one.code for one in preview.blocked] == ["reporting.audit_before_entry"]


@pytest.mark.parametrize(
    ("viewer", "changes", "code"),
    [
        ("epidemiologist", {}, None),
        ("epidemiologist", grown(1, disease="cholera"), "bulk_class_a"),
        ("epidemiologist", grown(2, disease="anthrax", disease_subtype="anthrax_inhalational"), "bulk_class_a"),
        ("epidemiologist", grown(3, disease="anthrax", disease_subtype="anthrax_cutaneous"), None),
        ("epidemiologist", {"death_date": "today"}, "bulk_death"),
        ("hiv_officer", grown(4, disease="hiv_aids", disease_subtype="hiv", case_class="2", **HIV), "bulk_hiv"),
        ("epidemiologist", grown(5, disease="hiv_aids", disease_subtype="hiv", case_class="2", **HIV), "no_card"),
        (
            "epidemiologist",
            grown(6, disease="pulmonary_tb", disease_subtype="tb_pos", population="3", employer="苏河中学",
                  school_class="高三(1)班"),
            "bulk_tb_pupil",
        ),
        ("epidemiologist", grown(7, disease="pulmonary_tb", disease_subtype="tb_pos"), None),
        ("residence_epidemiologist", {"residence_area": "310104001", "patient_belongs": "2"}, "not_your_card"),
        ("neighbour_epidemiologist", {}, "no_card"),
    ],
)  # fmt: skip
def test_what_is_left_aside_in_bulk(viewer: str, changes: dict[str, str], code: str | None) -> None:
    county = apps.county()
    if changes.get("death_date") == "today":
        changes = {**changes, "death_date": clock.today().isoformat()}
    card = entered(county, **changes)
    by = county.viewer(viewer)
    with enter(by):
        preview = services.bulk_audit_preview([card.id], by)
        assert [one.code for one in preview.blocked] == ([f"reporting.{code}"] if code else [])
        done = services.bulk_audit([card.id], by)
        assert done == preview
    assert Card.objects.get(id=card.id).state == (CardState.SUBMITTED if code else CardState.AUDITED)


def test_a_cluster_in_a_class_is_left_aside() -> None:
    county = apps.county()
    ids = [
        entered(
            county, name=f"学童{n}", order=n, population="1", employer="春申实验小学", school_class="大一班",
            phone=f"1380000{n:04d}",
        ).id
        for n in (21, 22)
    ]  # fmt: skip
    cdc = county.viewer("epidemiologist")
    with enter(cdc):
        preview = services.bulk_audit_preview(ids, cdc)
    assert [(one.code, one.params["rule"]) for one in preview.blocked] == [
        ("reporting.bulk_cluster", "cl_hfmd_class")
    ] * 2


def test_the_preview_says_how_many_would_change_and_why_not_the_others() -> None:
    county = apps.county()
    plain = [entered(county, name=f"甲{n}", order=n, phone=f"1390000{n:04d}").id for n in (31, 32)]
    death = entered(county, name="乙", order=33, death_date=clock.today().isoformat())
    cdc = county.viewer("epidemiologist")
    with enter(cdc):
        preview = services.bulk_audit_preview([*plain, death.id], cdc)
        assert set(preview.ready) == set(plain)
        assert preview.says("zh") == "将审核2张,1张不能批量审核:死亡病例,须逐张审核 (1)"
        assert "2 cards will be audited, 1 cannot" in preview.says("en")
        services.bulk_audit([*plain, death.id], cdc)
        services.audit(death.id, cdc)
    assert set(Card.objects.values_list("state", flat=True)) == {CardState.AUDITED}


@pytest.mark.parametrize("name", ["clinician", "hospital_desk", "bureau", "school_nurse", "auditor"])
def test_nobody_else_audits(name: str) -> None:
    county = apps.county()
    viewer = county.viewer(name)
    with enter(viewer):
        for step in (services.bulk_audit_preview, services.bulk_audit):
            with pytest.raises(NotAllowed):
                step([], viewer)
