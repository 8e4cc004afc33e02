"""Where a patient learns or works: offered by letters and parts of names, an earlier card first, classes in short."""

from __future__ import annotations

import pytest

from yifang.apps.places.models import Organisation
from yifang.apps.places.suggesting import initials, suggestions
from yifang.apps.reporting import services, versions
from yifang.apps.reporting.models import Card
from yifang.apps.workstation import workplaces
from yifang.apps.workstation.presenting import WindowForm


@pytest.fixture
def schools(county):
    for order, (name, area) in enumerate(
        [
            ("梅陇第二小学", "310112005"),
            ("梅陇中学", "310112003"),
            ("春城幼儿园", "310112003"),
            ("外区小学", "310104003"),
        ]
    ):
        Organisation.objects.create(code=f"S{order}", name=name, kind="school", area_code=area)
    Organisation.objects.create(code="W1", name="春申电子厂", kind="worksite", area_code="310112003")
    return county


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", ["春城幼儿园", "梅陇中学", "春申实验小学", "梅陇第二小学"]),  # of the township first
        ("ml", ["梅陇中学", "梅陇第二小学"]),
        ("MLDE", ["梅陇第二小学"]),
        ("小学", ["春申实验小学", "梅陇第二小学"]),
        ("csxx", ["春申实验小学"]),  # letters in order
        ("c's", ["春申实验小学"]),  # as an input method writes what it composes
        ("zz", []),
    ],
)
def test_schools_of_the_county_are_found_by_letters_and_parts(schools, text, names):
    assert suggestions(text, "310112003", ["school"]) == names


def test_letters_and_digits_stand_for_themselves():
    assert initials("第2中学(A区)") == "D2ZX(AQ)"


@pytest.mark.parametrize(
    ("text", "school", "words"),
    [
        ("3.2", "春申实验小学", "三年级2班"),
        ("3 12", "高桥小学", "三年级12班"),
        ("3.2", "梅陇中学", "初三2班"),
        ("2-5", "第二高级中学", "高二5班"),
        ("8.1", "实验学校", "初二1班"),
        ("11.4", "实验学校", "高二4班"),
        ("13.4", "实验学校", "13.4"),
        ("大班", "春城幼儿园", "大班"),
        ("32", "春申实验小学", "32"),
        ("", "", ""),
    ],
)
def test_a_class_in_short(text, school, words):
    assert workplaces.class_in_words(text, school) == words


@pytest.mark.django_db
def test_what_only_some_groups_are_asked_is_asked_with_the_group(county, child):
    from yifang.apps.accounts.viewers import enter

    doctor = county.viewer("clinician", "reporting.card")
    with enter(doctor):
        preview = services.preview(child, doctor)
    form = WindowForm(preview, preview.answers)
    asked = {one.field.name: one for one in form.questions}
    assert asked["population"].when == ""
    assert asked["employer"].when.split() == ["1", "3", "4", "9", "16", "17", "22"]
    classes = [one for one in form.questions if one.field.name == "school_class"]
    assert [(one.when, [choice.value for choice in one.choices]) for one in classes] == [
        ("1", ["小班", "中班", "大班", "托班"]), ("3", []),
    ]  # fmt: skip
    assert form.missing == len(form.questions) - 3
    shown = {one.name for _title, fields in form.form.sections for one in fields}
    assert not shown & {"employer", "school_class"}  # asked once


@pytest.mark.django_db
def test_the_window_offers_and_takes_a_school_and_its_class(browser, schools, child, signed):
    browser.get(f"/w/{signed()}")
    page = browser.get("/window/").content.decode()
    assert 'data-when="1 3 4 9 16 17 22"' in page
    said = browser.post(f"/window/{child.id}/places", {"employer": "mlde", "population": "3"}).content.decode()
    assert 'data-fill="梅陇第二小学"' in said
    assert (
        "春申电子厂"
        not in browser.post(f"/window/{child.id}/places", {"employer": "cs", "population": "3"}).content.decode()
    )
    assert (
        "春申电子厂"
        in browser.post(f"/window/{child.id}/places", {"employer": "cs", "population": "16"}).content.decode()
    )
    missing = {
        "population": "3", "residence_area": "310112003", "guardian_name": "陈大", "hfmd_card.1": "未检",
        "hfmd_card.2": "否", "employer": "梅陇第二小学", "school_class": "1.2",
    }  # fmt: skip
    answer = browser.post(f"/window/{child.id}/report", missing)
    assert answer.status_code == 302, answer.content.decode()
    answers = versions.answers_of(versions.current(Card.objects.get()))
    assert (answers["employer"], answers["school_class"]) == ("梅陇第二小学", "一年级2班")


@pytest.mark.django_db
def test_what_an_earlier_card_said_is_offered_first(browser, schools, child, signed):
    from yifang.apps.accounts.viewers import enter

    doctor = schools.viewer("clinician", "reporting.card")
    with enter(doctor):
        assert workplaces.earlier(child.person_id) == ("", "")
        services.report_at_once(
            child.id,
            {"population": "1", "residence_area": "310112003", "guardian_name": "陈大", "hfmd_card.1": "未检",
             "hfmd_card.2": "否", "employer": "春城幼儿园", "school_class": "大班"},
            doctor,
        )  # fmt: skip
        assert workplaces.earlier(child.person_id) == ("春城幼儿园", "大班")
    assert workplaces.offered("", "310112003", "3", "春城幼儿园")[0] == "春城幼儿园"
