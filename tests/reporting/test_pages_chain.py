"""From discovery to recovery, step by step with what is missing; and how long the first doctor took to report."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests import apps
from yifang.apps.accounts.viewers import enter
from yifang.apps.reporting.chains import chains, took
from yifang.apps.reporting.models import Suspicion
from yifang.apps.reporting.queries import first
from yifang.kernel import clock, protocols

pytestmark = pytest.mark.django_db


def steps(county, name: str = "clinician") -> dict[str, bool]:
    viewer = county.viewer(name)
    with enter(viewer):
        found = list(chains(viewer, Suspicion.objects.get().person_id))
    return {link.step: link.at is not None for one in found for _, link, _ in one.links}


def test_a_chain_shows_what_was_done_and_what_is_missing(county, entered):
    apps.receive(county.hospital, apps.hfmd())
    apps.deliver()
    assert steps(county) == {
        "found": True, "reported": False, "isolated": False, "sampled": False, "treated": False, "visited": False,
        "recovered": False,
    }  # fmt: skip


def test_reporting_and_a_specimen_close_their_links(county, entered):
    entered()
    apps.receive(
        county.hospital,
        apps.record("LAB", kind="lab_report", results=(apps.result("肠道病毒核酸", "阴性"),), who=apps.person()),
    )
    apps.deliver()
    told = steps(county)
    assert (told["found"], told["reported"], told["sampled"], told["treated"]) == (True, True, True, False)


def test_a_later_app_adds_its_own_links(county, sign_in, monkeypatch):
    at = clock.now() + timedelta(days=3)
    link = protocols.ChainLink("recovered", at, "/somewhere")
    named = protocols.Named("test", lambda viewer, person, disease, since: [link])
    monkeypatch.setattr(protocols, "chain_links", [named])
    apps.receive(county.hospital, apps.hfmd())
    apps.deliver()
    assert steps(county)["recovered"]
    page = sign_in("clinician").get(f"/persons/{Suspicion.objects.get().person_id}").content.decode()
    assert "从发现到康复" in page
    assert page.count("is-missing") == 5
    assert 'href="/somewhere"' in page


@pytest.mark.parametrize(
    ("hours", "words"), [(0, ""), (0.5, "不到 1 小时"), (5, "5 小时后"), (47, "47 小时后"), (72, "3 天后")]
)
def test_how_long_it_took_in_words(hours, words):
    now = clock.now()
    assert str(took(now, now + timedelta(hours=hours))) == words
    assert took(now, None) == ""


def test_from_first_evidence_to_report_by_doctor_for_the_own_desk_only(county, entered, sign_in):
    entered()
    Suspicion.objects.update(evidence_at=clock.now() - timedelta(hours=10), due_at=clock.now() - timedelta(hours=1))
    desk = county.viewer("hospital_desk")
    with enter(desk):
        (line,) = first.first_to_report(desk)
        assert (line.department, line.doctor, line.reported, line.late) == ("儿科", "clinician", 1, 1)
        assert 9.5 < line.hours < 10.5
        assert len(first.first_rows(desk, "儿科", line.doctor_id)) == 1
    assert "clinician" in sign_in("hospital_desk").get("/desk/first").content.decode()
    for name in ("clinician", "epidemiologist"):
        assert sign_in(name).get("/desk/first").status_code == 403
    other = county.viewer("other_hospital_desk")
    with enter(other):
        assert first.first_to_report(other) == []
