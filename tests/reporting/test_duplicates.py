"""The same illness reported twice is found although something was mistyped; strangers and twins are not paired."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from tests import apps
from tests.reporting import cards
from yifang.apps.accounts.viewers import enter
from yifang.apps.reporting import likeness, pairing, services
from yifang.apps.reporting.models import Card, CardState, Duplicate
from yifang.kernel.errors import NotAllowed, NotFound, UserError

FAMILY = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰建国志红晓雨欣怡子涵"
# Pairs of characters that sound alike, as they are mistaken at a counter.
ALIKE = dict(zip("伟芳敏静丽强军洋勇艳杰涛明超霞平英华玉建", "玮方闽婧莉墙君扬永燕洁淘名朝侠萍瑛桦育健", strict=True))


Answers = dict[str, Any]


def somebody(dice: random.Random) -> Answers:
    birth = date(1940, 1, 1) + timedelta(days=dice.randrange(31_000))
    sex = dice.choice(["male", "female"])
    name = dice.choice(FAMILY) + "".join(dice.sample(GIVEN, dice.choice([1, 2, 2])))
    return {
        "name": name, "birth_date": birth.isoformat(), "sex": "1" if sex == "male" else "2",
        "id_no": apps.id_no("310112", birth, sex, dice.randrange(1, 400)), "phone": f"13{dice.randrange(10**9):09d}",
        "residence_area": f"310112{dice.choice([101, 102, 103, 106, 107]):03d}",
    }  # fmt: skip


def _no_number(who: Answers, dice: random.Random) -> None:
    who["id_no"] = "无"


def _number_slip(who: Answers, dice: random.Random) -> None:
    if len(who["id_no"]) < 18:
        return
    place = dice.randrange(6, 17)
    digit = str((int(who["id_no"][place]) + dice.randrange(1, 10)) % 10)
    who["id_no"] = who["id_no"][:place] + digit + who["id_no"][place + 1 :]


def _homophone(who: Answers, dice: random.Random) -> None:
    who["name"] = "".join(ALIKE.get(one, one) for one in who["name"])


def _other_character(who: Answers, dice: random.Random) -> None:
    who["name"] = who["name"][:-1] + dice.choice(GIVEN)


def _blanks(who: Answers, dice: random.Random) -> None:
    who["name"] = " ".join(who["name"]) + " "


def _birth_slip(who: Answers, dice: random.Random) -> None:
    birth = date.fromisoformat(who["birth_date"])
    who["birth_date"] = (birth + timedelta(days=dice.choice([-1, 1, 10]))).isoformat()


def _month_and_day_swapped(who: Answers, dice: random.Random) -> None:
    birth = date.fromisoformat(who["birth_date"])
    if birth.day <= 12:
        who["birth_date"] = birth.replace(month=birth.day, day=birth.month).isoformat()


def _other_phone(who: Answers, dice: random.Random) -> None:
    who["phone"] = f"15{dice.randrange(10**9):09d}"


def _moved(who: Answers, dice: random.Random) -> None:
    who["residence_area"] = "310104001"


SLIPS: list[Callable[[Answers, random.Random], None]] = [
    _no_number, _number_slip, _homophone, _other_character, _blanks, _birth_slip, _month_and_day_swapped, _other_phone,
    _moved,
]  # fmt: skip


def who(answers: Answers) -> likeness.Who:
    return likeness.who(answers, date.fromisoformat(answers["birth_date"]))


def found(one: Answers, other: Answers) -> bool:
    """As the subscriber finds: a key in common, then a weight above the threshold."""
    first, second = who(one), who(other)
    shared = set(likeness.keys(first).items()) & set(likeness.keys(second).items())
    return bool(shared) and likeness.compare(first, second).is_suspected


@pytest.mark.parametrize("slips", [1, 2])
def test_recall_is_at_least_95_percent_with_one_or_two_slips(slips: int) -> None:
    dice = random.Random(20261123 + slips)
    hits = 0
    for _ in range(1000):
        one = somebody(dice)
        other = dict(one)
        for slip in dice.sample(SLIPS, slips):
            slip(other, dice)
        hits += found(one, other)
    assert hits >= 950, f"{hits} of 1000"


def test_strangers_are_hardly_ever_paired() -> None:
    dice = random.Random(7)
    people = [somebody(dice) for _ in range(120)]
    pairs = sum(found(one, other) for place, one in enumerate(people) for other in people[place + 1 :])
    assert pairs == 0


def test_twins_and_relatives_are_two_people() -> None:
    one = somebody(random.Random(1)) | {"name": "陈思远"}
    birth = date.fromisoformat(one["birth_date"])
    twin = one | {"name": "陈嘉宁", "id_no": apps.id_no("310112", birth, "male", 401)}
    assert not found(one | {"id_no": apps.id_no("310112", birth, "male", 400), "sex": "1"}, twin | {"sex": "1"})
    mother = one | {"name": "陈秀英", "birth_date": "1990-01-01", "id_no": "无", "sex": "2"}
    assert not found(one | {"sex": "1"}, mother)


pair_in_database = pytest.mark.django_db


@pair_in_database
def test_two_hospitals_report_one_child_and_the_district_sees_the_pair_once_both_are_submitted() -> None:
    county = apps.county()
    first = cards.blank(county)
    second = cards.blank(county, doctor="other_hospital", name="陈晓宝", id_no="无", id_type="99", remark="未带")
    cards.brought(county, CardState.HOSPITAL_REVIEW, first)
    cards.brought(county, CardState.HOSPITAL_REVIEW, second, desk="other_hospital_desk")
    pair = Duplicate.objects.get()
    cdc = county.viewer("epidemiologist")
    with enter(cdc):
        assert not Duplicate.objects.exists()
    for card, desk in ((first, "hospital_desk"), (second, "other_hospital_desk")):
        viewer = county.viewer(desk)
        with enter(viewer):
            assert not Duplicate.objects.exists(), "neither hospital sees the other's card"
            services.approve(card.id, viewer)
        apps.deliver()
    with enter(cdc):
        assert Duplicate.objects.get() == pair
        assert set(pair.scores) == {"id_no", "name+birth_date", "name+phone", "name+residence_township"}
    neighbour = county.viewer("neighbour_epidemiologist")
    with enter(neighbour), pytest.raises(NotFound):
        services.merge(pair.id, neighbour)
    officer = county.viewer("duty_officer")
    with enter(officer), pytest.raises(NotAllowed):
        services.merge(pair.id, officer)


@pair_in_database
@pytest.mark.parametrize(("days", "pairs"), [(29, 1), (31, 0)])
def test_the_illness_window_bounds_the_search(days: int, pairs: int) -> None:
    county = apps.county()
    first = cards.brought(county, CardState.HOSPITAL_REVIEW)
    assert first.onset_date is not None
    onset = (first.onset_date - timedelta(days=days)).isoformat()
    other = cards.blank(county, doctor="other_hospital", onset_date=onset)
    cards.brought(county, CardState.HOSPITAL_REVIEW, other, desk="other_hospital_desk")
    assert Duplicate.objects.count() == pairs


@pair_in_database
def test_a_correction_that_makes_them_different_takes_the_open_pair_away() -> None:
    county = apps.county()
    cards.brought(county, CardState.SUBMITTED)
    other = cards.blank(county, doctor="other_hospital")
    second = cards.brought(county, CardState.SUBMITTED, other, desk="other_hospital_desk")
    assert Duplicate.objects.count() == 1
    desk = county.viewer("other_hospital_desk")
    with enter(desk):
        services.correct(second.id, {"disease": "varicella"}, "订正病种", desk)
    apps.deliver()
    assert Duplicate.objects.count() == 0


def two_reports(county: apps.County, **second: Any) -> Duplicate:
    """One child reported by two hospitals, both cards entered, the pair open."""
    first = cards.brought(county, CardState.SUBMITTED)
    other = cards.blank(county, doctor="other_hospital", **second)
    cards.brought(county, CardState.SUBMITTED, other, desk="other_hospital_desk")
    return Duplicate.objects.get(earlier=first)


NUMBERLESS = {"id_no": "无", "id_type": "99", "remark": "未带证件"}


@pair_in_database
def test_a_merge_takes_what_was_chosen_and_gives_it_back() -> None:
    county = apps.county()
    pair = two_reports(county, case_class="2", residence_detail="示范路1弄2号301室", **NUMBERLESS)
    cdc = county.viewer("epidemiologist")
    offered = pairing.differing(*(cards.answers(one) for one in (pair.earlier, pair.later)))
    assert {name: offered[name] for name in ("case_class", "residence_detail", "id_no")} == {
        "case_class": "later", "residence_detail": "later", "id_no": "earlier",
    }  # fmt: skip
    assert not {"card_no", "report_org", "fill_date", "disease"} & set(offered)
    before = cards.answers(pair.earlier)
    with enter(cdc):
        services.merge(pair.id, cdc, ["case_class", "residence_detail"])
    apps.deliver()
    kept = Card.objects.get(id=pair.earlier_id)
    assert {**before, "case_class": "2", "residence_detail": "示范路1弄2号301室", "card_type": "2"} == cards.answers(
        kept
    )
    assert Card.objects.get(id=pair.later_id).merged_into_id == kept.id
    with enter(cdc):
        services.correct(kept.id, {"residence_detail": "示范路9号"}, "复核", cdc)
        services.unmerge(pair.id, cdc)
    apps.deliver()
    back = cards.answers(Card.objects.get(id=pair.earlier_id))
    assert (back["case_class"], back["residence_detail"]) == ("1", "示范路9号"), "what was changed since stays"
    assert Card.objects.get(id=pair.later_id).merged_into_id is None


@pair_in_database
def test_no_merge_makes_a_card_that_breaks_a_rule() -> None:
    county = apps.county()
    pair = two_reports(county, **NUMBERLESS)
    cdc = county.viewer("epidemiologist")
    with enter(cdc):
        with pytest.raises(services.CardErrors):  # “无” without its remark and with the papers of the other card
            services.merge(pair.id, cdc, ["id_no"])
        with pytest.raises(UserError):
            services.merge(pair.id, cdc, ["report_org"])
    assert Duplicate.objects.get().state == "open"


@pair_in_database
def test_not_a_duplicate_is_remembered_until_the_answers_it_was_judged_by_change() -> None:
    county = apps.county()
    pair = two_reports(county, name="陈小贝", **NUMBERLESS)
    cdc, desk = county.viewer("epidemiologist"), county.viewer("hospital_desk")
    with enter(cdc):
        services.keep_apart(pair.id, cdc)

    def corrected(**changes: str) -> str:
        with enter(desk):
            services.correct(pair.earlier_id, changes, "复核", desk)
        apps.deliver()
        return Duplicate.objects.get().state

    assert corrected(residence_detail="新桥路7号") == "kept"
    assert corrected(case_class="2") == "kept"
    assert corrected(phone="13900000088") == "open"


@pair_in_database
def test_the_page_of_a_merge_proposes_previews_and_merges(county, sign_in) -> None:
    pair = two_reports(county, case_class="2", **NUMBERLESS)
    client = sign_in("epidemiologist")
    url = f"/audit/{pair.later_id}/merge/{pair.id}"
    assert client.get(url)["Location"].startswith(f"/purpose/{pair.later_id}")
    client.post(f"/purpose/{pair.later_id}", {"purpose": "verification", "next": url})
    page = client.get(url).content.decode()
    chosen = page[page.index('name="take-case_class"') :].split("</tr>")[0]
    assert 'value="later" checked' in chosen
    wrong = client.post(url, {"do": "merge", "take-id_no": "later"})
    assert wrong.status_code == 422
    assert "换一项" in wrong.content.decode()
    assert client.post(url, {"do": "merge", "take-case_class": "later"}).status_code == 302
    assert Card.objects.get(id=pair.earlier_id).case_class == "confirmed"
    assert sign_in("neighbour_epidemiologist").get(url).status_code == 404
