"""My work as a person meets it: what waits, taking and handing over, the badge, and what an open page is told."""

from datetime import timedelta

import pytest
from django.test import Client

from tests import apps
from yifang.apps.ledger.services import NODE
from yifang.apps.work import services
from yifang.apps.work.models import WorkItem
from yifang.apps.work.services import DeskAt, open_item
from yifang.kernel import clock
from yifang.kernel.ids import new_id

PASSWORD = "a long enough password"


@pytest.fixture
def county(db):
    return apps.county()


@pytest.fixture
def sign_in(county):
    def signed_in(name: str) -> Client:
        client = Client()
        client.force_login(county.users[name], backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return signed_in


def opened(
    county, kind="card_review", *, title="手足口病 待审", scope=None, role="hospital_desk", ago=0.0, **more
) -> WorkItem:
    """An item at the hospital's desk, opened `ago` hours ago."""
    subject = new_id()
    with apps.as_jobs():
        starts = clock.now() - timedelta(hours=ago)
        desks = [DeskAt(scope or county.hospital.scope, role)]
        open_item(
            kind, "card", subject, desks, NODE, title=title, title_en="HFMD awaits review", starts_at=starts, **more
        )
    return WorkItem.objects.get(subject=subject)


def test_the_landing_page_is_my_work(sign_in):
    answer = sign_in("hospital_desk").get("/", follow=True)
    assert answer.redirect_chain == [("/work/", 302)]
    assert "没有等您处理的事项" in answer.content.decode()


@pytest.mark.parametrize("name", [name for name in apps.CAST if name != apps.STRANGER])
def test_every_role_has_the_page(sign_in, name):
    assert sign_in(name).get("/work/").status_code == 200


def test_overdue_first_then_by_deadline_with_kind_and_clock(county, sign_in):
    opened(county, title="后到期", ago=1)
    opened(county, title="已超期", ago=30)
    page = sign_in("hospital_desk").get("/work/").content.decode()
    assert page.index("已超期") < page.index("后到期")
    assert "2 项待处理，其中 1 项已超期" in page
    assert "y-clock is-late" in page


def test_english_is_one_click_away(county, sign_in):
    opened(county)
    client = sign_in("hospital_desk")
    client.post("/i18n/setlang/", {"language": "en", "next": "/work/"})
    page = client.get("/work/").content.decode()
    assert "HFMD awaits review" in page
    assert 'lang="en"' in page


def test_a_browser_that_prefers_english_still_gets_chinese(sign_in):
    page = sign_in("hospital_desk").get("/work/", headers={"accept-language": "en"}).content.decode()
    assert "我的工作" in page


def test_kinds_filter_and_count(county, sign_in):
    opened(county)
    opened(county, "card_entry", title="待录入的卡")
    client = sign_in("hospital_desk")
    assert "待录入的卡" in client.get("/work/").content.decode()
    assert "待录入的卡" not in client.get("/work/?kind=card_review").content.decode()
    assert client.get("/work/count").json() == {"waiting": 2, "overdue": 0}


def test_take_release_and_what_a_colleague_then_sees(county, sign_in):
    item = opened(county)
    mine = sign_in("hospital_desk")
    assert mine.post(f"/work/{item.id}/claim", {"next": "/work/"}).status_code == 302
    item.refresh_from_db()
    assert item.owner == county.users["hospital_desk"]
    mine.post(f"/work/{item.id}/release")
    item.refresh_from_db()
    assert (item.owner, item.state) == (None, "open")


def test_handing_over_offers_only_those_at_the_desk(county, sign_in):
    item = opened(county, "suspicion_review", scope=f"dept:{county.hospital.id}:儿科", role="clinician")
    page = sign_in("clinician").get(f"/work/{item.id}/hand-over").content.decode()
    assert "colleague" in page
    assert "other department" not in page
    answer = sign_in("clinician").post(f"/work/{item.id}/hand-over", {"to": county.users["colleague"].pk})
    assert answer.status_code == 302
    item.refresh_from_db()
    assert item.owner == county.users["colleague"]
    answer = sign_in("colleague").post(f"/work/{item.id}/hand-over", {"to": county.users["other_department"].pk})
    assert answer.status_code == 400
    assert "不在能办这件事的岗位" in answer.content.decode()


def test_another_hospital_cannot_touch_it(county, sign_in):
    item = opened(county)
    other = sign_in("other_hospital_desk")
    assert other.post(f"/work/{item.id}/claim").status_code == 404
    assert other.get("/work/count").json()["waiting"] == 0


def test_a_stranger_is_told_that_they_hold_no_seat(sign_in):
    answer = sign_in(apps.STRANGER).get("/work/")
    assert answer.status_code == 403
    assert "没有有效岗位" in answer.content.decode()


def test_visitors_are_sent_to_the_sign_in_page(db):
    assert Client().get("/work/")["Location"] == "/accounts/login/?next=/work/"
    assert Client().get("/live?after=0", headers={"x-requested-with": "live"}).status_code == 401


def test_done_today(county, sign_in):
    item = opened(county)
    apps_viewer = county.viewer("hospital_desk")
    from yifang.apps.accounts.viewers import enter

    with enter(apps_viewer):
        services.end("card_review", item.subject, apps_viewer, outcome="submitted", proof="已提交")
    client = sign_in("hospital_desk")
    assert "已提交" in client.get("/work/?whose=done").content.decode()
    assert client.get("/work/count").json()["waiting"] == 0


def test_the_badge_stands_in_the_menu(county, sign_in):
    opened(county)
    page = sign_in("hospital_desk").get("/work/").content.decode()
    assert '<b class="y-count" title="待办">1</b>' in page


def test_an_open_page_hears_only_of_its_own_scopes(county, sign_in):
    client, other = sign_in("hospital_desk"), sign_in("other_hospital_desk")
    opened(county)
    assert client.get("/live?after=0").status_code == 204, "not sealed yet"
    apps.deliver()
    answer = client.get("/live?after=0")
    assert answer.status_code == 200
    assert "live:work" in answer["HX-Trigger"]
    after = answer["X-Live-After"]
    assert client.get(f"/live?after={after}").status_code == 204
    assert other.get("/live?after=0").status_code == 204


def test_a_page_that_slept_long_is_told_to_refresh_all(county, sign_in, monkeypatch):
    opened(county)
    apps.deliver()
    from yifang.apps.ledger import queries

    monkeypatch.setattr(queries, "news", lambda after: (9000, ["*"]))
    assert "live:signal" in sign_in("bureau").get("/live?after=0")["HX-Trigger"]


@pytest.mark.parametrize("after", ["", "x", "-1", "9" * 30, "1e5"])
def test_a_broken_number_is_the_beginning(sign_in, after):
    assert sign_in("hospital_desk").get(f"/live?after={after}").status_code in (200, 204)


def test_a_keyset_page_goes_on_where_the_last_one_ended(county, sign_in, monkeypatch):
    from yifang.apps.work import views

    monkeypatch.setattr(views, "SIZE", 2)
    for number in range(5):
        opened(county, title=f"第{number}件", ago=10 - number)
    client = sign_in("hospital_desk")
    seen, url = [], "/work/"
    while url:
        page = client.get(url).context["table"].page
        seen += [line["title"] for line in page.rows]
        url = f"/work/?at={page.after}" if page.after else ""
    assert seen == [f"第{number}件" for number in range(5)]
