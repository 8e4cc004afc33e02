"""Several patients with one unusual syndrome in one clinic within days: the desk gets a drafted whistle, once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests import apps
from yifang.apps.reporting.models import ClinicSign
from yifang.kernel import clock, protocols

pytestmark = [pytest.mark.django_db]

BLEEDING = "高热3天,皮肤瘀点瘀斑、牙龈出血1天"


@pytest.fixture
def drafts(monkeypatch):
    """What is drafted, beside whatever the apps do with it."""
    told: list[dict] = []
    hook = protocols.Named("test", lambda organisation, **what: told.append(what))
    monkeypatch.setattr(protocols, "whistles", [*protocols.whistles, hook])
    return told


def seen(
    county: apps.County, order: int, *, days: int = 0, department: str = "急诊科", complaint: str = BLEEDING
) -> None:
    at = clock.now() - timedelta(days=days, hours=1)
    who = apps.person(f"患者{order}", order=order)
    record = apps.record(f"V{order}-{days}", who=who, at=at, department=department, complaint=complaint, doctor="")
    apps.receive(county.hospital, record)
    apps.deliver()


def test_two_patients_in_one_clinic_are_a_cluster_and_it_is_told_once(drafts) -> None:
    county = apps.county()
    seen(county, 1, days=1)
    assert drafts == []
    seen(county, 2)
    (one,) = drafts
    assert (one["number"], one["place"]) == (2, "急诊科")
    assert "患者" not in one["symptoms"], "nobody is named"
    seen(county, 3)
    seen(county, 4)
    assert len(drafts) == 1


@pytest.mark.parametrize(
    "second",
    [
        {"order": 1},  # the same patient again
        {"order": 2, "department": "儿科"},
        {"order": 2, "days": 6},
        {"order": 2, "complaint": "发热、咳嗽1天"},
    ],
)
def test_what_is_no_cluster(drafts, second) -> None:
    county = apps.county()
    seen(county, 1, days=1)
    seen(county, **second)
    assert drafts == []


def test_history_is_no_news_and_a_withdrawn_visit_no_sign(drafts) -> None:
    county = apps.county()
    seen(county, 1, days=41)
    seen(county, 2, days=40)
    assert drafts == []
    who = apps.person("患者3", order=3)
    one = apps.record("V3", who=who, department="急诊科", complaint=BLEEDING, doctor="")
    apps.receive(county.hospital, one)
    apps.deliver()
    before = ClinicSign.objects.count()
    apps.receive(county.hospital, apps.cancelled(one))
    apps.deliver()
    assert ClinicSign.objects.count() == before - 1
