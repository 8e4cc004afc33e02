"""A signal is answered from the area it is about; where its disease is sensitive, lists and notices do not name it."""

from datetime import datetime

import pytest
from django.utils import translation

from tests import apps
from tests.surveillance.cases import case
from yifang.apps.accounts.viewers import enter
from yifang.apps.surveillance import policy, queries, services
from yifang.apps.surveillance.models import Signal
from yifang.apps.work.models import WorkItem
from yifang.kernel import clock
from yifang.kernel.errors import NotAllowed, NotFound

NOON = datetime(2026, 11, 20, 4, tzinfo=clock.UTC)


@pytest.fixture
def county(db):
    with clock.frozen(NOON):
        yield apps.county()


# Reported here, lives in the other county: that one answers.
ANSWERS = {
    "residence_epidemiologist": "", "city_epidemiologist": "", "epidemiologist": "surveillance.not_your_area",
    "duty_officer": "surveillance.not_your_area", "bureau": "accounts.not_allowed",
    "neighbour_epidemiologist": "surveillance.no_signal",
}  # fmt: skip
VERBS = {
    "answer": lambda signal, viewer: services.answer(signal, viewer, "verifying_desk"),
    "feedback": lambda signal, viewer: services.give_feedback(signal, viewer, "请采样"),
}


@pytest.mark.parametrize("verb", VERBS.values(), ids=VERBS)
@pytest.mark.parametrize(("name", "code"), ANSWERS.items())
def test_only_the_area_that_the_signal_is_about_answers_it(county, name, code, verb):
    case(county, residence=apps.RESIDENCE)
    apps.deliver()
    signal = Signal.objects.get()
    with enter(county.viewer(name)) as viewer:
        assert policy.can_answer(signal, viewer) is (code == "")
        if not code:
            verb(signal.id, viewer)
            return
        with pytest.raises((NotAllowed, NotFound)) as refused:
            verb(signal.id, viewer)
        assert refused.value.code == code


def test_the_area_that_only_reported_is_offered_no_button(county, client):
    case(county, residence=apps.RESIDENCE)
    apps.deliver()
    client.force_login(county.users["epidemiologist"], backend="allauth.account.auth_backends.AuthenticationBackend")
    page = client.get(f"/signals/{Signal.objects.get().id}").content.decode()
    assert "为什么预警" in page
    assert "关闭并反馈" not in page
    assert "写反馈" not in page


SENSITIVE = "mpox"  # of the group std, and watched singly


def test_the_work_of_a_sensitive_signal_does_not_name_it(county):
    case(county, SENSITIVE)
    apps.deliver()
    item = WorkItem.objects.get(kind="signal_answer")
    assert (item.title, item.title_en) == ("敏感病种 · 单病例预警", "Sensitive disease: single-case signal")


def test_notices_of_a_sensitive_disease_do_not_name_it_and_its_own_pages_do(county):
    case(county, SENSITIVE)
    apps.deliver()
    with enter(county.viewer("epidemiologist")) as viewer:
        services.answer(Signal.objects.get().id, viewer, "closed", conclusion="sporadic", note="已转诊")
    with enter(county.viewer("clinician")) as viewer:
        notice, beside = next(iter(queries.notices(viewer))), next(iter(queries.advice(viewer, SENSITIVE)))
    assert (notice.label, notice.text) == ("敏感病种：疾控反馈", "敏感病种预警已核实，结论：散发。已转诊")
    assert (beside.label, beside.text) == ("猴痘：疾控反馈", "猴痘预警已核实，结论：散发。已转诊")


def test_feedback_of_a_sensitive_disease_is_not_for_a_desk_that_may_not_know_it(county):
    case(county, SENSITIVE)
    apps.deliver()
    with enter(county.viewer("epidemiologist")) as viewer:
        services.give_feedback(Signal.objects.get().id, viewer, "注意隔离")
    desk = county.viewer("hospital_desk")
    blind = type(desk)(**{name: getattr(desk, name) for name in desk.__slots__} | {"case_groups": ("ordinary",)})
    for viewer, told in ((desk, 1), (blind, 0)):
        with enter(viewer):
            assert len(queries.feedback_for(viewer)) == told


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("zh-hans", "霍乱预警已核实，结论：散发。家庭内无续发"),
        ("en", "Cholera signal verified; conclusion: Sporadic. 家庭内无续发"),
    ],
)
def test_what_closing_told_is_read_in_the_readers_language(county, language, text):
    case(county)
    apps.deliver()
    with enter(county.viewer("epidemiologist")) as viewer:
        services.answer(Signal.objects.get().id, viewer, "closed", conclusion="sporadic", note="家庭内无续发")
    with enter(county.viewer("clinician")) as viewer, translation.override(language):
        assert [notice.text for notice in queries.notices(viewer)] == [text]
