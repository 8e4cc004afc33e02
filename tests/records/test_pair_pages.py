"""The queue of persons who may be one, the two side by side, and the person's time line: in both languages."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from tests import apps
from tests.records.people import BORN, child, sent
from tests.reporting import cards
from yifang.apps.records.models import PairState, Person, PersonPair
from yifang.apps.reporting.models import CardState
from yifang.formats import canonical
from yifang.kernel import clock

pytestmark = pytest.mark.django_db
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
PLAIN = ("陈小宝", "陈小明", "13800000001", "示范路1弄2号")


@pytest.fixture
def county() -> apps.County:
    return apps.county()


@pytest.fixture
def sign_in(county):
    def signed_in(name: str, lang: str = "zh-hans") -> Client:
        client = Client()
        client.force_login(county.users[name], backend=BACKEND)
        client.cookies["django_language"] = lang
        return client

    return signed_in


@pytest.fixture
def pair(county) -> PersonPair:
    """Two names of one hospital, perhaps twins: its desk sees both."""
    sent(county.hospital, "A1", child())
    sent(county.hospital, "A2", child("陈小明"))
    apps.deliver()
    return PersonPair.objects.get()


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("zh-hans", ("疑似同一人", "待核对", "出生日期", "姓名只差一字", "是同一人", "不是同一人", "陈*宝", "陈*明")),
        (
            "en",
            ("Perhaps one person", "To be checked", "Date of birth", "Name but for one character", "The same person"),
        ),
    ],
)
def test_the_two_are_shown_side_by_side_and_masked(pair, sign_in, lang, words):
    client = sign_in("hospital_desk", lang)
    assert "陈*宝" in client.get("/persons/pairs/").content.decode()
    with apps.listening("access") as heard:
        page = client.get(f"/persons/pairs/{pair.id}/").content.decode()
    for word in words:
        assert word in page
    for secret in PLAIN:
        assert secret not in page
    (entry,) = heard.entries
    assert (entry.kind, entry.subject, entry.facts) == (
        "person.compared", pair.id, {"one": str(pair.one_id), "other": str(pair.other_id)},
    )  # fmt: skip


def test_both_identities_open_for_a_purpose_and_each_is_written_down(pair, sign_in):
    client = sign_in("hospital_desk")
    asked = client.post(f"/persons/pairs/{pair.id}/identity")
    assert (asked.status_code, asked.url.split("?")[0]) == (302, f"/purpose/{pair.id}")
    client.post(asked.url, {"purpose": "verification", "next": f"/persons/pairs/{pair.id}/"})
    with apps.listening("access") as heard:
        part = client.post(f"/persons/pairs/{pair.id}/identity", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    for plain in PLAIN:
        assert plain in part
    said = [(one.kind, one.subject, one.purpose) for one in heard.entries]
    assert said == [
        ("person.compared", pair.id, "asked:verification"),
        ("person.opened", pair.one_id, "asked:verification"),
        ("person.opened", pair.other_id, "asked:verification"),
    ]
    assert "陈小明" in client.post(f"/persons/pairs/{pair.id}/identity").content.decode(), "without scripts too"


def test_same_then_taken_apart(pair, sign_in):
    client = sign_in("hospital_desk")
    answer = client.post(f"/persons/pairs/{pair.id}/answer", {"state": "same"}, follow=True).content.decode()
    assert "已记为同一人" in answer
    assert "没有要核对的人" in answer
    apps.deliver()
    alias, survivor = Person.objects.exclude(merged_into=None).get(), Person.objects.get(merged_into=None)
    moved = client.get(f"/persons/{alias.id}")
    assert (moved.status_code, moved.url) == (302, f"/persons/{survivor.id}")
    page = client.get(f"/persons/{survivor.id}").content.decode()
    assert "也登记为" in page
    assert alias.masked_name in page
    done = client.get(f"/persons/pairs/{pair.id}/").content.decode()
    assert "合到一起" in done
    client.post(f"/persons/pairs/{pair.id}/answer", {"state": "different"})
    apps.deliver()
    assert PersonPair.objects.get().state == PairState.DIFFERENT
    assert Person.objects.filter(merged_into=None).count() == 2
    assert client.get(f"/persons/{alias.id}").status_code == 200


def test_the_person_page_says_that_there_may_be_another_entry(pair, sign_in):
    assert f"/persons/pairs/{pair.id}/" in sign_in("hospital_desk").get(f"/persons/{pair.one_id}").content.decode()
    assert "/persons/pairs/" not in sign_in("clinician").get(f"/persons/{pair.one_id}").content.decode()


def dose(name: str, days: int) -> canonical.Immunization:
    return canonical.Immunization((), name, f"I{days}", apps.moment(clock.now() - timedelta(days=days)))


@pytest.fixture
def lived(county) -> Person:
    """A child with a visit, a card, a case, two doses told by one record, and a laboratory report."""
    card = cards.brought(county, CardState.AUDITED)
    sent(county.hospital, "V1", apps.person())
    sent(
        county.hospital, "I1", apps.person(), kind="immunization", diagnoses=(), complaint="",
        immunizations=(dose("手足口病疫苗", 400), dose("麻腮风疫苗", 700)),
    )  # fmt: skip
    apps.receive(county.hospital, apps.influenza("L1", kind="lab_report", who=apps.person(), diagnoses=()))
    apps.deliver()
    return card.person


LINE = {
    "zh-hans": ("时间线", "全部", "就诊", "检验", "接种", "报告卡", "病例", "手足口病疫苗", "麻腮风疫苗"),
    "en": ("Time line", "All", "Visit", "Laboratory", "Immunisation", "Report card", "Case"),
}


@pytest.mark.parametrize("lang", LINE)
def test_the_time_line_holds_every_kind_in_order(lived, sign_in, lang):
    page = sign_in("hospital_desk", lang).get(f"/persons/{lived.id}").content.decode()
    for word in LINE[lang]:
        assert word in page
    if lang == "zh-hans":
        assert page.index("手足口病疫苗") < page.index("麻腮风疫苗"), "each dose on its own day, the latest first"


def test_the_time_line_is_filtered_by_kind(lived, sign_in):
    client = sign_in("hospital_desk")
    doses = client.get(f"/persons/{lived.id}?kind=immunizations").content.decode()
    assert "麻腮风疫苗" in doses
    assert "甲型流感" not in doses
    every = client.get(f"/persons/{lived.id}?kind=nonsense").content.decode()
    assert "麻腮风疫苗" in every


@pytest.mark.parametrize(
    ("name", "sees", "not_sees"),
    [
        ("hospital_desk", ("麻腮风疫苗", "报告卡 · 手足口病"), ()),
        ("epidemiologist", ("报告卡 · 手足口病", "病例 · 手足口病"), ("麻腮风疫苗", "甲型流感", "就诊 · 门诊")),
    ],
)
def test_the_time_line_shows_what_the_case_justifies(lived, sign_in, name, sees, not_sees):
    page = sign_in(name).get(f"/persons/{lived.id}").content.decode()
    for word in sees:
        assert word in page
    for word in not_sees:
        assert word not in page


def test_a_sensitive_disease_is_not_on_the_line_of_who_may_not_know(county, sign_in):
    who = apps.person("郑某某", BORN.replace(year=1990))
    apps.receive(county.hospital, apps.hiv_confirmed("HIV1", who=who), apps.hfmd("V1", who=who))
    apps.deliver()
    person = Person.objects.get()
    assert "艾滋病" in sign_in("hospital_desk").get(f"/persons/{person.id}").content.decode()
    other = sign_in("colleague").get(f"/persons/{person.id}").content.decode()
    assert "艾滋病" not in other
    assert "HIV" not in other


@pytest.mark.parametrize("lang", ["zh-hans", "en"])
def test_every_opening_says_with_which_purpose(lived, sign_in, lang):
    client = sign_in("epidemiologist", lang)
    with apps.listening("access") as heard:
        page = client.get(f"/persons/{lived.id}").content.decode()
    assert [(one.kind, one.purpose) for one in heard.entries] == [("person.viewed", "")]
    assert {"zh-hans": "没有说明目的", "en": "without a purpose"}[lang] in page
    client.post(f"/purpose/{lived.id}", {"purpose": "investigation", "next": f"/persons/{lived.id}"})
    with apps.listening("access") as heard:
        page = client.get(f"/persons/{lived.id}").content.decode()
    assert [(one.kind, one.purpose) for one in heard.entries] == [("person.viewed", "asked:investigation")]
    assert {"zh-hans": "查看目的：流行病学调查", "en": "Purpose: "}[lang] in page


def test_an_empty_line_says_why(county, sign_in):
    sent(county.hospital, "A1", child())
    person = Person.objects.get()
    page = sign_in("hospital_desk").get(f"/persons/{person.id}?kind=cases").content.decode()
    assert "没有您可以看到的记录" in page


@pytest.mark.parametrize(("lang", "word"), [("zh-hans", "没有要核对的人"), ("en", "Nobody to check")])
def test_an_empty_queue(county, sign_in, lang, word):
    assert word in sign_in("epidemiologist", lang).get("/persons/pairs/").content.decode()
