"""Reminders of care: in the window and in CDS Hooks, quiet, closed with a reason, and counted for the desk."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from django.test import Client as Browser

from tests import apps
from tests.workstation.test_cds_hooks import ORDERS, VIEW, ask, emr, question, resources, token  # noqa: F401
from yifang.apps.accounts.viewers import enter
from yifang.apps.ledger.models import Entry
from yifang.apps.ledger.services import NODE
from yifang.apps.reporting import services as reporting
from yifang.apps.workstation import queries
from yifang.apps.workstation.models import Reminder
from yifang.apps.workstation.services import reminding
from yifang.formats.canonical import Identifier
from yifang.kernel import clock
from yifang.kernel.errors import NotFound

pytestmark = pytest.mark.django_db
BITTEN = "犬咬伤右手背1小时"


@pytest.fixture
def bitten(county):
    """A man whom D001 sees in visit BITE1 for a bite: nothing to report, something to remember."""
    who = apps.person(birth=date(1980, 1, 1), name="王建国")
    who = apps.replace(who, identifiers=(*who.identifiers, Identifier("mrn", "0099")))
    apps.receive(county.hospital, apps.record("BITE1", who=who, complaint=BITTEN))
    apps.deliver()
    return who


def opened(browser: Browser, signed, **said: str) -> str:
    browser.get(f"/w/{signed(**{'visit': 'BITE1', **said})}")
    return browser.get("/window/").content.decode()


def test_the_window_reminds_of_a_visit_with_nothing_to_report(browser, bitten, signed):
    text = opened(browser, signed)
    assert "没有要处理的提示" in text
    assert "动物致伤处置" in text
    assert f"<q>{BITTEN}</q>" in text
    assert "参考，以正式文件为准" in text  # from memory, and says so
    row = Reminder.objects.get()
    assert (row.rule, row.where, row.user.username, row.department) == (
        "rabies_exposure",
        "window",
        "clinician",
        "儿科",
    )


def test_another_doctors_visit_is_not_shown(browser, bitten, signed):
    assert "动物致伤处置" not in opened(browser, signed, doctor="D003")
    assert not Reminder.objects.exists()


def test_beside_a_suspicion_it_stands_below_and_asks_nothing(browser, county, child, signed):
    apps.receive(
        county.hospital, apps.record("HFMD1", complaint="犬咬伤右手背1小时", diagnoses=(("B08.401", "手足口病"),))
    )
    apps.deliver()
    browser.get(f"/w/{signed()}")
    text = browser.get("/window/").content.decode()
    assert text.index("疑似手足口病") < text.index("动物致伤处置") < text.index("w-actions")
    assert "w-care" not in text[: text.index("window-card")]


def test_it_is_closed_with_a_reason_and_not_shown_again(browser, bitten, signed):
    opened(browser, signed)
    row = Reminder.objects.get()
    path = f"/window/reminders/{row.id}/close"
    assert browser.post(path, {"code": "nonsense"}).status_code == 422
    assert browser.post(path, {"code": "other"}).status_code == 422  # asks for words
    assert browser.post(path, {"code": "known"}).status_code == 302
    row.refresh_from_db()
    assert (row.reason_code, row.closed_at is not None) == ("known", True)
    assert "动物致伤处置" not in browser.get("/window/").content.decode()
    assert list(
        Entry.objects.filter(kind__startswith="workstation.reminder").order_by("id").values_list("kind", "facts")
    ) == [
        ("workstation.reminder_shown", {"rule": "rabies_exposure"}),
        ("workstation.reminder_closed", {"rule": "rabies_exposure", "reason": "known"}),
    ]


def test_unanswered_it_stays_for_the_day_and_then_keeps_quiet(browser, bitten, signed):
    assert "动物致伤处置" in opened(browser, signed)
    assert "动物致伤处置" in browser.get("/window/").content.decode()
    assert Reminder.objects.count() == 1
    Reminder.objects.update(shown_at=clock.now() - timedelta(days=2))
    assert "动物致伤处置" not in browser.get("/window/").content.decode()
    Reminder.objects.update(shown_at=clock.now() - timedelta(days=31))
    assert "动物致伤处置" in browser.get("/window/").content.decode()
    assert Reminder.objects.count() == 2


def test_a_few_in_a_visit_and_no_more_when_they_are_closed(county, bitten):
    doctor = county.viewer("clinician", "reporting.card")
    words = "犬咬伤1小时。咳嗽咳痰3周。发热1周，家中养羊"
    visit = [apps.record("X", who=bitten, complaint=words)]
    with enter(doctor):
        shown = reminding.remind(visit, [], [b"a" * 32], doctor)
        assert [one.advice.reminder.id for one in shown] == ["rabies_exposure", "tb_symptoms"]
        for one in shown:
            reminding.close_reminder(one.id, doctor, code="done")
        assert reminding.remind(visit, [], [b"a" * 32], doctor) == []


def test_nobody_closes_anothers(county, bitten):
    doctor, colleague = county.viewer("clinician"), county.viewer("colleague")
    with enter(doctor):
        (shown,) = reminding.remind([apps.record("X", complaint=BITTEN)], [], [b"b" * 32], doctor)
    with enter(colleague), pytest.raises(NotFound) as refused:
        reminding.close_reminder(shown.id, colleague, code="known")
    assert refused.value.code == "workstation.no_reminder"


def test_in_a_trial_nobody_is_reminded(browser, county, bitten, signed):
    with apps.as_jobs():
        reporting.start_trial(county.hospital, 14, NODE)
    assert "动物致伤处置" not in opened(browser, signed)
    assert not Reminder.objects.exists()


def test_a_cds_client_is_told_once_and_never_stopped(emr):  # noqa: F811
    bite = question(prefetch=resources("W54.001", "犬咬伤"))
    (card,) = ask(bite).json()["cards"]
    assert (card["indicator"], "动物致伤处置" in card["summary"]) == ("info", True)
    assert "犬咬伤" in card["detail"]
    assert {one["code"] for one in card["overrideReasons"]} == {"done", "known", "not_fit", "declined", "other"}
    assert ask(bite).json()["cards"] == []
    assert ask(question(ORDERS, resources("W54.001", "犬咬伤")), ORDERS).json()["cards"] == []
    said = {"feedback": [{
        "card": card["uuid"], "outcome": "overridden", "outcomeTimestamp": "2026-11-28T09:00:00Z",
        "overrideReason": {"reason": {"code": "not_fit", "system": "urn:yifang:reminder-reason"}},
    }]}  # fmt: skip
    answer = Browser().post(
        f"/cds-services/{VIEW}/feedback", said, content_type="application/json",
        headers={"Authorization": f"Bearer {token(aud=f'http://testserver/cds-services/{VIEW}/feedback')}"},
    )  # fmt: skip
    assert answer.status_code == 200, answer.content
    assert Reminder.objects.get().reason_code == "not_fit"


def test_what_a_client_was_told_is_not_told_again_in_the_window(emr, browser, bitten, signed):  # noqa: F811
    body = question(prefetch=resources("W54.001", "犬咬伤"))
    body["prefetch"]["patient"]["identifier"][0]["value"] = "0099"
    ask(body)
    Reminder.objects.update(reason_code="known", closed_at=clock.now())
    assert "动物致伤处置" not in opened(browser, signed)


@pytest.fixture
def fared(county):
    """Forty reminders of two rules, as they fared; two more of another hospital."""
    user, now = county.users["clinician"], clock.now()
    said = ["done"] * 6 + ["known"] * 9 + ["not_fit"] * 3 + ["declined"] * 2 + [""] * 4  # 24, of which 2 are fresh
    rows = []
    for order, code in enumerate(said):
        fresh = order >= len(said) - 2
        rows.append(("bp_first", code, now - timedelta(hours=1 if fresh else 50), county.hospital))
    rows += [("rabies_exposure", "done", now - timedelta(days=20), county.hospital)] * 5
    rows += [("rabies_exposure", "known", now - timedelta(days=50), county.hospital)]
    rows += [("bp_first", "known", now, county.other_hospital)] * 2
    Reminder.objects.bulk_create(
        Reminder(
            organisation=whose, user=user, department="儿科", about=b"x" * 32, rule=rule, pack_digest="",
            where="window", shown_at=at, reason_code=code, closed_at=at if code else None,
        )
        for rule, code, at, whose in rows
    )  # fmt: skip
    return county


def test_the_desk_sees_how_tiring_each_is(fared):
    desk = fared.viewer("hospital_desk")
    with enter(desk):
        rates = {one.rule: one for one in queries.reminder_rates(desk, 30)}
        lines = {answer: len(queries.reminder_rows(desk, 30, "bp_first", answer)) for answer in ("", "known", "open")}
    assert lines == {"": 24, "known": 9, "open": 2}
    assert set(rates) == {"bp_first", "rabies_exposure"}
    pressure = rates["bp_first"]
    assert (pressure.shown, pressure.judged, pressure.tiring) == (24, 22, 9 + 3 + 2)
    assert pressure.fatigue == pytest.approx(14 / 22)
    assert pressure.tiresome
    bites = rates["rabies_exposure"]
    assert (bites.shown, bites.fatigue, bites.tiresome) == (5, 0.0, False)


def test_the_page_of_the_rates_opens_to_its_lines(fared, client):
    client.force_login(fared.users["hospital_desk"])
    text = client.get("/workstation/reminders").content.decode()
    assert "首诊测血压" in text
    assert "64%" in text
    assert "需修改规则" in text
    link = re.search(r'href="(\?[^"]*answer=known[^"]*)#rows"', text)
    assert link is not None
    lines = client.get("/workstation/reminders" + link[1].replace("&amp;", "&")).content.decode()
    assert lines.count("已经做过</td>") == 9
    client.cookies["django_language"] = "en"
    assert "Fatigue" in client.get("/workstation/reminders").content.decode()


@pytest.mark.parametrize("name", ["clinician", "epidemiologist", "administrator", "triage_nurse"])
def test_nobody_else_sees_the_rates(fared, client, name):
    client.force_login(fared.users[name])
    assert client.get("/workstation/reminders").status_code in (403, 404)
