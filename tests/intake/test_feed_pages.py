"""The feeds' figures: counted as things come, shown with what they open to, and told where a feed falls silent."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db.models import Sum

from tests import apps
from tests.intake import machines
from tests.web.browser import axe, chromium, open_page, overflow, shoot  # noqa: F401
from yifang.apps.intake import feed_numbers, services
from yifang.apps.intake.connectors.sql.settings import from_address
from yifang.apps.intake.feed_pages import span_words, work_lines
from yifang.apps.intake.models import Batch, Connection, Feed, FeedDay, Quarantined
from yifang.apps.intake.services.connections import connect, note_try
from yifang.apps.intake.services.days import BOUNDS
from yifang.apps.ledger.services import NODE
from yifang.apps.records.models import Record
from yifang.formats.canonical import Item, Moment, Refusal
from yifang.kernel import clock

pytestmark = pytest.mark.django_db
UNREADABLE = Refusal("intake.nothing_read", "MSH[1]")


@pytest.fixture
def county() -> apps.County:
    return apps.county()


def come(county, *items: Item, digest: bytes = b"d" * 32, chunk: int = 500) -> Batch:
    with apps.as_jobs():
        batch = services.open_batch(county.feeds["hospital"], "a.hl7", digest)
        return services.take(batch, items, NODE, chunk=chunk)


def item(index: int, *records, refusal: Refusal | None = None) -> Item:
    return Item(index, "hl7v2", records, refusal, b"x")


@pytest.mark.parametrize("chunk", [1, 500])
def test_what_comes_is_counted_once_as_it_comes(county, chunk):
    nameless = apps.hfmd("B", who=replace(apps.person(number=""), birth=None, area_code="", address=""))
    undated = replace(apps.cholera_report("C"), at=None, encounter=apps.canonical.Encounter(), results=())
    come(county, item(0, apps.hfmd("A"), nameless), item(1, undated), item(2, apps.hfmd("A")),
         item(3, refusal=UNREADABLE), chunk=chunk)  # fmt: skip
    day = FeedDay.objects.get()
    assert (day.day, day.arrivals, day.items) == (clock.today(), 1, 4)
    assert (day.records, day.repeats, day.refused, day.measured) == (3, 1, 1, 3)
    assert (day.with_id, day.with_birth, day.with_address, day.with_time) == (2, 2, 2, 2)
    assert (day.clinical, day.with_diagnosis) == (2, 2)
    assert sum(day.hours) == 3
    assert (sum(day.delays), day.delays[BOUNDS.index(60)] + day.delays[BOUNDS.index(120)]) == (2, 2)


def test_the_days_agree_with_the_batches(county):
    for number in range(3):
        items = [item(n, apps.hfmd(f"{number}-{n}")) for n in range(4)]
        come(county, *items, item(4, refusal=UNREADABLE), digest=bytes([number]) * 32)
    fields = ("items", "records", "repeats", "refused")
    days = FeedDay.objects.aggregate(*(Sum(one) for one in fields))
    assert days == Batch.objects.aggregate(*(Sum(one) for one in fields))
    assert FeedDay.objects.get().arrivals == 3


def test_a_batch_that_was_killed_is_no_second_arrival(county):
    def killed():
        yield item(0, apps.hfmd("A"))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), apps.as_jobs():
        services.take(services.open_batch(county.feeds["hospital"], "a", b"d" * 32), killed(), NODE, chunk=1)
    come(county, item(0, apps.hfmd("A")), item(1, apps.hfmd("B")))
    assert Record.objects.count() == 2
    assert FeedDay.objects.get().records == 2


def test_what_is_replayed_is_counted_too(county):
    raw = apps.hl7_report()
    broken = Item(0, "hl7v2", (), UNREADABLE, raw)
    come(county, broken)
    with apps.as_jobs():
        services.replay(Quarantined.objects.get().id)
    day = FeedDay.objects.get()
    assert (day.records, day.refused, day.arrivals) == (1, 1, 1)


def test_only_what_names_an_hour_tells_a_delay(county):
    by_day = replace(apps.hfmd("D"), at=Moment("2026-11-01", "day"))
    come(county, item(0, by_day))
    day = FeedDay.objects.get()
    assert (day.with_time, sum(day.delays)) == (1, 0)
    assert feed_numbers.figures([day]).delay is None


@pytest.mark.parametrize(
    ("counts", "median", "most"),
    [({0: 10}, 1, 1), ({0: 5, 3: 5}, 1, 30), ({3: 9, 15: 1}, 30, 30), ({3: 1, 15: 9}, None, None)],
)
def test_half_and_nine_of_ten(counts, median, most):
    day = FeedDay(hours=[0] * 24, delays=[counts.get(n, 0) for n in range(len(BOUNDS) + 1)])
    delay = feed_numbers.figures([day]).delay
    assert (delay.median, delay.most) == (median, most)


STATES = {
    "closed": ({"active": False, "cadence": 60}, None, False, "closed"),
    "no cadence": ({}, None, False, "unwatched"),
    "never": ({"cadence": 60}, None, False, "never"),
    "on time": ({"cadence": 3600}, timedelta(hours=2), False, "well"),
    "silent": ({"cadence": 3600}, timedelta(hours=4), False, "silent"),
    "failing": ({}, timedelta(hours=1), True, "failing"),
}


@pytest.mark.parametrize(("feed", "ago", "failing", "expected"), STATES.values(), ids=STATES)
def test_when_a_feed_is_silent(feed, ago, failing, expected):
    now = clock.now()
    assert feed_numbers.state(Feed(**feed), now - ago if ago else None, failing, now) == expected


def test_the_desk_that_answers_for_it_is_told_of_silence_on_its_own_work(county, client):
    come(county, item(0, apps.hfmd("A")))
    feed = county.feeds["hospital"]
    with apps.as_jobs():
        services.set_cadence(feed, 3600, NODE)
    desk, lab = county.viewer("hospital_desk"), county.viewer("hospital_lab")
    assert list(work_lines(desk)) == []
    Batch.objects.update(received_at=clock.now() - timedelta(days=2))
    (line,) = work_lines(desk)
    assert (line.url, line.count, line.urgent) == ("/feeds/hospital-his/", 2, True)
    assert list(work_lines(lab)) == []
    assert list(work_lines(county.viewer("other_hospital_desk"))) == []
    client.force_login(county.users["hospital_desk"])
    assert "已沉默" in client.get("/work/").content.decode()
    assert "三倍时间" in client.get("/feeds/hospital-his/").content.decode()


def test_a_view_that_cannot_be_read_is_told_with_its_reason(county, client):
    feed = county.feeds["hospital"]
    with apps.as_jobs():
        connect(feed, "sql", from_address("mysql://u:geheim@h/d") | {"view": "v_lis", "cursor": "id"}, NODE)
        note_try(feed.id, NODE, "intake.view_away", reason="connection refused")
    client.force_login(county.users["hospital_desk"])
    page = client.get("/feeds/hospital-his/").content.decode()
    assert "connection refused" in page
    assert "geheim" not in page
    assert Connection.objects.get().succeeded_at is None
    assert len(list(work_lines(county.viewer("hospital_desk")))) == 1


def test_numbers_open_to_the_batches_and_the_quarantine_behind_them(county, client):
    come(county, item(0, apps.hfmd("A")), item(1, refusal=UNREADABLE))
    feed, today = county.feeds["hospital"], clock.today()
    client.force_login(county.users["hospital_desk"])
    page = client.get("/feeds/hospital-his/").content.decode()
    for url in (f"/intake/?feed={feed.id}", f"/quarantine/feed/{feed.id}"):
        assert url in page
        assert client.get(url).status_code == 200
    behind = f"/intake/?feed={feed.id}&day={today}"
    assert behind.replace("&", "\\u0026") in page or behind in page or behind.replace("&", "&amp;") in page
    assert "a.hl7" in client.get(behind).content.decode()
    assert "a.hl7" not in client.get(f"/intake/?feed={feed.id}&day={today - timedelta(days=1)}").content.decode()


def test_another_organisations_feed_is_not_there(county, client):
    client.force_login(county.users["other_hospital_desk"])
    assert client.get("/feeds/hospital-his/").status_code == 404
    assert "hospital-his" not in client.get("/feeds/").content.decode().replace("other_hospital-his", "")


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, ""), (60, "1 分钟"), (5400, "90 分钟"), (86400, "1 天"), (7, "7 秒")]
)
def test_a_length_of_time_in_words(seconds, words):
    assert span_words(seconds) == words


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_pages_look_right(live_server, open_page, client, lang):  # noqa: F811
    county = apps.county()
    months(county)
    client.force_login(county.users["hospital_desk"])
    page = open_page(live_server.url + "/accounts/login/", lang=lang)
    page.context.add_cookies(
        [
            {"name": name, "value": value, "url": live_server.url}
            for name, value in {
                **{n: c.value for n, c in client.cookies.items()},
                "django_language": {"zh": "zh-hans", "en": "en"}[lang],
            }.items()
        ]
    )
    for name, path in (("feeds", "/feeds/"), ("feed", "/feeds/hospital-his/"), ("feed-silent", "/feeds/lis/")):
        page.goto(live_server.url + path)
        page.wait_for_timeout(400)
        shoot(page, f"{name}-{lang}")
        assert overflow(page) == 0, path
        assert axe(page) == [], path


def months(county: apps.County) -> None:
    """Four weeks of a busy feed with keys and an MLLP sender, and one that is read from a view and fell silent."""
    feed, today = county.feeds["hospital"], clock.today()
    come(county, *(item(n, apps.hfmd(f"A{n}")) for n in range(30)), item(30, refusal=UNREADABLE))
    for back in range(1, 26):
        if back in (6, 7):
            continue
        n = 120 + 17 * (back % 5)
        FeedDay.objects.create(
            feed=feed, day=today - timedelta(days=back), arrivals=40, items=n + 6, records=n, repeats=4,
            refused=back % 3, measured=n, clinical=n, with_id=n - 9, with_birth=n, with_address=n - 30, with_time=n,
            with_diagnosis=n - 2,
            hours=[0] * 7 + [n // 12] * 12 + [0] * 5, delays=[0, 20, n - 60, 20, 10, 5, 5] + [0] * 9,
        )  # fmt: skip
    with apps.as_jobs():
        services.set_cadence(feed, 86400, NODE)
        services.set_senders(feed, "10.1.2.3", NODE)
        lis = services.add_feed("lis", "检验系统", county.hospital, NODE, name_en="Laboratory system")
        services.set_cadence(lis, 3600, NODE)
        connect(lis, "sql", from_address("mysql://u:p@10.1.2.9/lis") | {"view": "v_results", "cursor": "changed"}, NODE)
        note_try(lis.id, NODE, "intake.view_away", reason="Can't connect to MySQL server on '10.1.2.9'")
    machines.key(feed, "集成平台")
