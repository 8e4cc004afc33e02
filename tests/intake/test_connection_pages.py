"""Setting a source on a page: errors at their field, a look by the jobs process, a mapping with its preview."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests import apps
from tests.intake.sources import LAB, NOW, SOAP, Platform, served
from tests.web.browser import axe, chromium, open_page, overflow, shoot  # noqa: F401
from yifang.apps.intake.connectors import polling
from yifang.apps.intake.models import Connection, Feed, FeedMapping, Look
from yifang.apps.intake.services import looking
from yifang.apps.ledger.models import Entry
from yifang.apps.ledger.services import NODE
from yifang.apps.records.models import Record
from yifang.formats import tabular
from yifang.kernel import clock
from yifang.world.serving import Service

pytestmark = pytest.mark.django_db
PAGE = "/feeds/hospital-his"


@pytest.fixture
def county() -> apps.County:
    return apps.county()


@pytest.fixture
def desk(county, client):
    client.force_login(county.users["hospital_desk"])
    return client


@pytest.fixture
def platform() -> Iterator[tuple[Platform, str]]:
    pytest.importorskip("zeep", reason="the extra soap is not installed")
    made = Platform()
    for number in range(12):
        made.add(number, NOW - timedelta(minutes=40 - number), IdCard=f"31011220190301{number:04}", Extra="x")
    with served(Service(made.of, "geheim")) as address:
        yield made, f"{address}/reports?wsdl"


def save(desk, **given: str):
    return desk.post(f"{PAGE}/connection?connector=soap", SOAP | given)


def test_wrong_settings_are_told_at_their_field_and_nothing_is_kept(desk):
    answer = desk.post(f"{PAGE}/connection?connector=soap", {"wsdl": "ftp://h", "every": "soon", "quiet": "8"})
    page = answer.content.decode()
    assert answer.status_code == 400
    for said in ("有 6 处要改", "应以 http:// 或 https:// 开头", "应是整数", "应写成 07:30-09:00", "必填"):
        assert said in page
    assert 'value="ftp://h"' in page
    assert not Connection.objects.exists()


def test_a_source_is_set_looked_at_and_read(desk, platform):
    _made, wsdl = platform
    assert "还没有看过" not in desk.get(f"{PAGE}/connection").content.decode()
    assert save(desk, wsdl=wsdl).status_code == 302
    assert "正在看" in desk.get(f"{PAGE}/connection").content.decode()
    apps.run_deferred()
    page = desk.get(f"{PAGE}/connection").content.decode()
    assert "QueryReports" in page
    assert "还读不了" in page  # no mapping knows these elements
    assert "geheim" not in page
    assert save(desk, wsdl=wsdl, password="", every="30").status_code == 302  # the password stays as it was
    apps.run_deferred()
    assert [one[0] for one in Look.objects.get().sights].count("bad") == 1
    refused = save(desk, wsdl=wsdl.replace("127.0.0.1", "localhost"), password="")
    assert "请重新填写" in refused.content.decode()


def test_a_mapping_is_written_against_ten_rows_and_its_versions_are_kept(desk, platform, county):
    _made, wsdl = platform
    save(desk, wsdl=wsdl)
    apps.run_deferred()
    wrong = LAB.replace("result.name:", "result.nmae:").replace("kind: lab_report", "kind: lab")
    page = desk.post(f"{PAGE}/mapping/preview", {"text": wrong}).content.decode()
    assert "第 3 行" in page
    assert "lab_report" in page
    page = desk.post(f"{PAGE}/mapping/preview", {"text": LAB}).content.decode()
    for said in ("可成 10 条记录", "检验项目", "张*", "没有对应", "Extra"):
        assert said in page
    for hidden in ("张1", "310112201903010001", "2019-03-01"):
        assert hidden not in page
    assert desk.post(f"{PAGE}/mapping", {"text": wrong}).status_code == 400
    assert not FeedMapping.objects.exists()
    assert desk.post(f"{PAGE}/mapping", {"text": LAB, "note": "第一版"}).status_code == 302
    desk.post(f"{PAGE}/mapping", {"text": LAB})  # as it is: no new version
    desk.post(f"{PAGE}/mapping", {"text": LAB.replace("required: [result.name]", "required: []")})
    assert list(FeedMapping.objects.values_list("number", "note")) == [(2, ""), (1, "第一版")]
    page = desk.get(f"{PAGE}/mapping?version=1").content.decode()
    assert "这是第 1 版" in page
    with apps.as_jobs():
        one = Connection.objects.select_related("feed__organisation").get()
        assert polling.poll_one(one, NODE) == 12
    assert Record.objects.count() == 12
    assert Entry.objects.filter(kind="feed.sampled").exists()
    assert {"version": 2} in list(Entry.objects.filter(kind="intake.mapping_set").values_list("facts", flat=True))


def test_the_changed_columns_are_shown_and_accepted_on_the_page(desk, platform):
    _made, wsdl = platform
    save(desk, wsdl=wsdl)
    Connection.objects.update(
        columns=[["姓名", "text"], ["采样时间", "instant"]], error="intake.columns_changed",
        found=[["姓名", "text"], ["采集时间", "instant"], ["就诊时间", "instant"], ["诊断名称", "text"]],
        error_params={"renamed": "采样时间 → 采集时间", "dropped": "—", "added": "—", "retyped": "—"},
    )  # fmt: skip
    page = desk.get(f"{PAGE}/connection").content.decode()
    assert "来源的列变了" in page
    assert "<code>采集时间</code>" in page
    assert "看列的变化" in desk.get(f"{PAGE}/").content.decode()
    assert desk.post(f"{PAGE}/connection/columns").status_code == 302
    found = Connection.objects.get()
    assert (found.error, found.found, len(found.columns)) == ("", [], 4)
    assert desk.post(f"{PAGE}/connection/columns").status_code == 409
    assert desk.post(f"{PAGE}/connection/off").status_code == 302
    assert not Connection.objects.exists()


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("id: a\nkind: lab_report\ncolumns:\n  person.nam: [姓名]\n", 4, "person.name"),
        ("id: a\nkind: lab_report\ncolumns:\n\tperson.name: [姓名]\n", 4, "制表符"),
        ("id: a\nkind： lab_report\n", 2, "全角冒号"), ("id: a\nkind: visit\ncolumns: {}\n", 2, "encounter"),
        ("id: a\nkind: other\ncolumns:\n  person.name: 姓名\n", 4, "[…]"), ("kind: other\ncolumns: {}\n", 1, "“id”"),
        ("id: a\nkind: other\ncolumns: {}\ncolums: {}\n", 4, "columns"), ("- a\n", 1, "columns"),
        ("id: a\nkind: other\ncolumns: {}\nrequired: [person.x]\n", 4, "person."),
        ("id: 'a\nkind: other\n", 3, "成对"),
    ],
)  # fmt: skip
def test_wrong_yaml_is_told_with_its_line_and_the_mend(desk, text, line, says):
    (first, *_more) = tabular.problems(text)
    assert first.line == line
    page = desk.post(f"{PAGE}/mapping/preview", {"text": text}).content.decode()
    assert f"第 {line} 行" in page
    assert says in page


def test_nobody_but_the_hospitals_own_desk_sets_a_source(county, client):
    for name, status in (("hospital_lab", 403), ("other_hospital_desk", 404), ("epidemiologist", 403)):
        client.force_login(county.users[name])
        assert client.get(f"{PAGE}/connection").status_code == status, name
        assert client.post(f"{PAGE}/mapping", {"text": LAB}).status_code == status, name
    assert not FeedMapping.objects.exists()


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_pages_look_right_and_the_preview_follows_the_text(live_server, open_page, desk, platform, lang):  # noqa: F811
    _made, wsdl = platform
    save(desk, wsdl=wsdl)
    apps.run_deferred()
    page = open_page(live_server.url + "/accounts/login/", lang=lang)
    language = {"django_language": {"zh": "zh-hans", "en": "en"}[lang]}
    cookies = {name: one.value for name, one in desk.cookies.items()} | language
    page.context.add_cookies([{"name": key, "value": held, "url": live_server.url} for key, held in cookies.items()])
    for name in ("connection", "mapping"):
        page.goto(f"{live_server.url}{PAGE}/{name}")
        if name == "mapping":
            page.fill("#text", LAB)
            page.wait_for_selector("#preview .y-table td")
        shoot(page, f"{name}-{lang}")
        assert overflow(page) == 0, name
        assert axe(page) == [], name
    page.fill("#text", LAB.replace("kind: lab_report", "kind: lab"))
    page.wait_for_selector("#preview .is-bad")
    assert "lab_report" in page.text_content("#preview")


def test_who_may_send_by_mllp_is_set_on_the_page_and_an_address_of_another_feed_is_refused(county, desk):
    page = f"{PAGE}/connection"
    assert desk.post(f"{page}/senders", {"senders": "10.1.2.3, 10.9.0.0/24"}).status_code == 302
    feed = Feed.objects.get(code="hospital-his")
    assert feed.senders == "10.1.2.3/32,10.9.0.0/24"
    assert 'value="10.1.2.3/32 10.9.0.0/24"' in desk.get(page).content.decode()
    assert Entry.objects.filter(kind="intake.feed_senders", subject=feed.id).count() == 1
    Feed.objects.create(code="lab", name="检验", organisation=county.organisations["hospital"], senders="10.7.7.7/32")
    for wrong, said in (("localhost", "不是 IPv4 地址"), ("10.7.7.7", "已属数据源“lab”")):
        answer = desk.post(f"{page}/senders", {"senders": wrong})
        assert answer.status_code == 400
        assert said in answer.content.decode()
        assert f'value="{wrong}"' in answer.content.decode()
    feed.refresh_from_db()
    assert feed.senders == "10.1.2.3/32,10.9.0.0/24"


def test_nobody_sets_the_senders_of_another_hospital(county, client):
    client.force_login(county.users["other_hospital_desk"])
    assert client.post(f"{PAGE}/connection/senders", {"senders": "10.1.2.3"}).status_code == 404
    assert Feed.objects.get(code="hospital-his").senders == ""


def test_the_form_of_a_database_asks_for_nothing_strange_and_a_password_must_be_given_first(desk):
    page = f"{PAGE}/connection?connector=sql"
    form = desk.get(page).content.decode()
    assert "Undefined" not in form
    given = {"dialect": "postgresql", "host": "db", "database": "his", "user": "reader", "view": "v", "cursor": "id"}
    answer = desk.post(page, given)
    assert answer.status_code == 400
    assert 'id="err-password"' in answer.content.decode()
    assert not Connection.objects.exists()
    assert desk.post(page, given | {"password": "geheim"}).status_code == 302
    assert desk.post(page, given | {"every": "90"}).status_code == 302  # it stays what it was


def test_a_look_that_was_asked_for_before_the_settings_changed_says_nothing(county, desk, monkeypatch):
    given = {"dialect": "postgresql", "host": "db", "database": "his", "user": "reader", "view": "v", "cursor": "id"}
    desk.post(f"{PAGE}/connection?connector=sql", given | {"password": "wrong"})
    feed = Feed.objects.get(code="hospital-his")

    def asked_again_meanwhile(_one):
        Look.objects.filter(feed=feed).update(asked_at=clock.now() + timedelta(seconds=3))
        return looking.Seen()

    monkeypatch.setattr(looking, "look", asked_again_meanwhile)
    with apps.as_jobs():
        looking.keep_look(feed.id)
    assert Look.objects.get(feed=feed).done_at is None
