"""Warnings reach the doctors of the departments that they are for; who read them is measured."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from tests import apps
from yifang.apps.accounts.viewers import enter
from yifang.apps.surveillance import services
from yifang.apps.surveillance.models import Feedback, FeedbackReceipt
from yifang.apps.surveillance.queries import notices
from yifang.apps.surveillance.queries.warnings import published, received
from yifang.kernel import clock
from yifang.kernel.errors import NotAllowed, YifangError

pytestmark = pytest.mark.django_db
TEXT = "近期手足口病增多，请注意重症早期识别。"


@pytest.fixture
def county(db):
    return apps.county()


def browser(county, name: str) -> Client:
    made = Client()
    made.force_login(county.users[name], backend="allauth.account.auth_backends.AuthenticationBackend")
    return made


def publish(county, **changes):
    by = county.viewer("epidemiologist")
    with enter(by):
        return services.publish_warning(
            by, **{"disease": "hfmd", "text": TEXT, "departments": ["儿科"], "days": 7, **changes}
        )


def told(county, name: str) -> bool:
    viewer = county.viewer(name)
    with enter(viewer):
        return any(TEXT in str(one.text) for one in notices(viewer))


def test_a_warning_reaches_the_departments_that_it_is_for_in_all_hospitals_of_the_area(county):
    publish(county)
    reached = {name for name in apps.CAST if name != apps.STRANGER and told(county, name)}
    doctors, desks = {"clinician", "colleague", "other_hospital"}, {"hospital_desk", "other_hospital_desk"}
    assert reached == {*doctors, *desks, "infection_control"}  # who looks from the whole hospital too


def test_it_is_over_when_its_days_are(county):
    warning = publish(county)
    Feedback.objects.filter(id=warning.id).update(until=clock.now())
    assert not told(county, "clinician")


def test_who_read_it_within_a_day_is_measured_for_the_cdc_by_hospital_without_names(county):
    warning = publish(county)
    page = browser(county, "clinician")
    assert TEXT in page.get("/work/").content.decode()
    page.post(f"/feedback/{warning.id}/read")
    assert not told(county, "clinician")  # read
    late = county.users["colleague"]
    FeedbackReceipt.objects.create(feedback=warning, user=late, read_at=clock.now() + timedelta(hours=25))
    cdc = county.viewer("epidemiologist")
    with enter(cdc):
        (row,) = published(cdc)
        assert (row.reading.readers, row.reading.read, row.reading.read_in_time, row.reading.share) == (5, 2, 1, 20)
        shares = {name: (one.read_in_time, one.readers) for name, one in row.hospitals}
        assert shares == {"梅陇人民医院": (1, 3), "浦江中心医院": (0, 2)}
    text = browser(county, "epidemiologist").get("/warnings/").content.decode()
    assert "梅陇人民医院" in text
    assert "20%" in text
    assert county.users["clinician"].display_name not in text.partition("<main")[2]


def test_a_hospitals_desk_sees_its_own_people(county):
    warning = publish(county)
    browser(county, "clinician").post(f"/feedback/{warning.id}/read")
    desk = county.viewer("hospital_desk")
    with enter(desk):
        (row,) = received(desk)
        assert {(name, at is not None) for name, _, at in row.people} == {
            ("clinician", True), ("colleague", False), ("hospital desk", False),
        }  # fmt: skip
        assert (row.reading.readers, row.reading.read_in_time) == (3, 1)
    text = browser(county, "hospital_desk").get("/warnings/").content.decode()
    assert "colleague" in text
    assert "other hospital" not in text


def test_the_page_publishes_with_the_guidance_of_the_packs(county):
    sent = {"disease": "measles", "text": "麻疹病例增多。", "department": ["儿科"], "days": "3", "guidance": "1"}
    assert browser(county, "epidemiologist").post("/warnings/publish", sent).status_code == 302
    one = Feedback.objects.get()
    assert "隔离至出疹后" in one.text
    assert "21" in one.text
    assert one.until - one.at == timedelta(days=3)


@pytest.mark.parametrize(
    "wrong", [{"disease": "nothing"}, {"text": " "}, {"days": 0}, {"days": 91}, {"departments": ["没有这个科"]}]
)
def test_what_is_not_published(county, wrong):
    with pytest.raises(YifangError):
        publish(county, **wrong)
    assert not Feedback.objects.exists()


def test_only_who_answers_signals_publishes(county):
    for name in ("hospital_desk", "clinician", "bureau"):
        viewer = county.viewer(name)
        with enter(viewer), pytest.raises(NotAllowed):
            services.publish_warning(viewer, disease="hfmd", text=TEXT, departments=["儿科"])
