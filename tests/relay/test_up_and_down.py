"""What a city gets, what counts go up, feedback down and who read it; and the same by files through a folder."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests import apps
from tests.relay.loop import at, do, submitted
from tests.relay.nodes import settle
from tests.relay.signals import signal_about
from yifang.apps.records.models import Person, PersonIdentity
from yifang.apps.reporting.models import Card, Case
from yifang.apps.surveillance import relaying
from yifang.apps.surveillance.counting import daily
from yifang.kernel import clock

pytestmark = pytest.mark.django_db


def test_a_city_gets_the_case_and_nothing_that_says_who(chain):
    hospital, district, city = chain
    card = submitted(hospital, name="司马相如", order=7)
    settle(hospital, district, city)
    case = at(district, card.id).case
    there = city.rows("SELECT disease, residence_area, person_id FROM reporting_case WHERE id = %s", case.id)
    assert [row[:2] for row in there] == [("hfmd", "310112101")]
    with city.on():
        assert Card.objects.count() == 0
        assert PersonIdentity.objects.count() == 0
        person = Person.objects.get(id=there[0][2])
        assert (person.masked_name, person.birth_date, person.area_code) == ("", None, "310112")
        assert there[0][2] != case.person_id
        whole = city.rows("SELECT string_agg(t::text, '') FROM (SELECT c::text AS t FROM reporting_case c) x")[0][0]
    assert "司马" not in whole


def test_daily_counts_go_up_where_no_card_does(chain):
    hospital, district, city = chain
    with hospital.on():
        apps.receive(hospital.county.hospital, apps.record("R1", diagnoses=(("J06.9", "上感"),), complaint="发热咳嗽"))
        apps.receive(hospital.county.hospital, apps.record("R2", who=apps.person(order=8), complaint="腹泻"))
    hospital.deliver()
    for _ in range(2):  # a second visit later: the day is counted anew, not twice
        for node in (hospital, district, city):
            with node.on("jobs"):
                relaying.counts.note_days()
            settle(hospital, district, city)
    today = clock.today()
    for node in (hospital, district, city):
        with node.on():
            found, _ = daily("visit", ["all"], "310112", "onset", "reporting", today - timedelta(days=1), today)
        assert sum(found["all"]) == 2, node.name
    assert not district.rows("SELECT 1 FROM records_record")


def test_feedback_goes_down_and_its_reading_up(chain):
    hospital, district, _ = chain
    from yifang.apps.surveillance.models import Feedback, FeedbackReceipt
    from yifang.apps.surveillance.services import feeding_back

    card = submitted(hospital, name="李贺", order=9)
    settle(hospital, district)
    case = at(district, card.id).case
    with district.on():
        signal = signal_about(case, "310112", district.county.hospital.scope)
        viewer = district.county.viewer("epidemiologist")
    do(
        district,
        "epidemiologist",
        lambda viewer: feeding_back.give_feedback(signal.id, viewer, "近期手足口病增多，请留意重症。"),
    )
    settle(hospital, district)
    with hospital.on():
        told = Feedback.objects.get()
        assert told.text == "近期手足口病增多，请留意重症。"
        assert set(told.scopes) == {hospital.county.hospital.scope, f"user:{hospital.county.users['clinician'].pk}"}
    do(hospital, "clinician", lambda viewer: feeding_back.mark_read(told.id, viewer))
    settle(hospital, district)
    with district.on():
        assert FeedbackReceipt.objects.filter(feedback_id=told.id, user__username__startswith="node-").count() == 1
    assert viewer.role == "epidemiologist"


def test_feedback_of_a_city_goes_down_two_steps_and_its_reading_up_two(chain):
    hospital, district, city = chain
    from yifang.apps.surveillance.models import Feedback, FeedbackReceipt
    from yifang.apps.surveillance.queries import notices
    from yifang.apps.surveillance.services import feeding_back

    card = submitted(hospital, name="王维", order=10)
    settle(hospital, district, city)
    with city.on():
        case = Case.objects.get(id=at(district, card.id).case_id)
        signal = signal_about(case, "310100", case.report_org.scope)
    text = "全市手足口病上升，请各院做好预检分诊。"
    do(city, "city_epidemiologist", lambda viewer: feeding_back.give_feedback(signal.id, viewer, text))
    settle(city, district, hospital)
    assert [one.text for one in do(district, "epidemiologist", lambda viewer: list(notices(viewer)))] == [text]
    with hospital.on():
        told = Feedback.objects.get(text=text)
        assert set(told.scopes) == {hospital.county.hospital.scope, f"user:{hospital.county.users['clinician'].pk}"}
    do(hospital, "clinician", lambda viewer: feeding_back.mark_read(told.id, viewer))
    settle(hospital, district, city)
    with city.on():
        assert FeedbackReceipt.objects.filter(feedback_id=told.id).count() == 1


def test_an_urgent_suspicion_is_a_signal_of_the_district_before_there_is_a_card(chain):
    hospital, district, _ = chain
    from yifang.apps.reporting import services
    from yifang.apps.reporting.models import Suspicion
    from yifang.apps.surveillance.models import Signal, SuspectedElsewhere
    from yifang.apps.work.models import WorkItem

    with hospital.on():
        apps.receive(hospital.county.hospital, apps.cholera_report(who=apps.person("周建国", order=11)))
    settle(hospital, district)
    with district.on():
        signal = Signal.objects.get(disease="cholera")
        assert (signal.method, signal.observed, signal.area_code) == ("single_case", 1, "310112")
        assert WorkItem.objects.get(subject=signal.id).desks.filter(scope="area:310112").exists()
        whole = district.rows("SELECT string_agg(x::text, '') FROM surveillance_suspectedelsewhere x")[0][0]
        assert "周" not in whole
        assert not Suspicion.objects.exists()
    with hospital.on():
        suspicion = Suspicion.objects.get(disease="cholera")
        assert str(suspicion.id) in signal.explanation["suspicions"]
    do(
        hospital, "clinician",
        lambda viewer: services.dismiss(suspicion.id, viewer, code="other", note="培养污染"),
    )  # fmt: skip
    settle(hospital, district)
    with district.on():
        signal = Signal.objects.get(disease="cholera")
        assert (signal.observed, signal.explanation["suspicions"], signal.has_fallen) == (0, [], True)
        assert not SuspectedElsewhere.objects.get().waits
