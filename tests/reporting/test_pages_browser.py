"""The pages of clinician and desk in a real browser: both languages and widths, axe, no overflow, the keyboard."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils.translation import trans_real

from tests import apps
from tests.web.browser import NARROW, WIDE, axe, chromium, open_page, overflow, ready, shoot  # noqa: F401 fixtures
from yifang.apps.accounts.viewers import enter
from yifang.apps.places.models import Organisation
from yifang.apps.reporting import services, versions
from yifang.apps.reporting.missed import running, samples
from yifang.apps.reporting.models import AuditLine, AuditSample, Card, CardState, Suspicion
from yifang.formats import canonical
from yifang.kernel import clock
from yifang.web.messages import compile_all

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PASSWORD = "correct horse battery"
MENDS = {
    "guardian_name": "陈父", "residence_area": "310112101", "population": "2",
    "patient_belongs": "1", "hfmd_card.1": "未检", "hfmd_card.2": "否",
}  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def english() -> None:
    """The compiled catalogues, as `./dev` makes them."""
    if compile_all():
        trans_real._translations.clear()


@pytest.fixture
def county(transactional_db):
    made = apps.county(PASSWORD)
    Organisation.objects.filter(id=made.hospital.id).update(phone="021-54321000")
    ago = clock.now() - timedelta(hours=30)
    children = [
        apps.hfmd(f"H{order}", who=apps.person(name, order=order), at=at)
        for order, (name, at) in enumerate((("陈小宝", None), ("李小花", None), ("王小明", ago), ("赵小海", None)), 1)
    ]
    potassium = canonical.Result((), "钾", "7.1", "r1", unit="mmol/L", flags=("HH",), panel="电解质")
    report = apps.record("L9", kind="lab_report", who=apps.person("卫小山", order=9), results=(potassium,))
    apps.receive(
        made.hospital, *children, apps.influenza(), apps.cholera_report(), apps.tuberculosis(), apps.hiv_confirmed(),
        report,
    )  # fmt: skip
    apps.deliver()
    doctor, desk = made.viewer("clinician"), made.viewer("hospital_desk")
    with enter(doctor):
        mine = list(Suspicion.objects.filter(disease="hfmd").order_by("due_at"))
        for one in mine[:3]:
            card = services.draft_from_suspicion(one.id, doctor)
            answers = versions.answers_of(versions.current(card))
            services.report(card.id, doctor, {**answers, **MENDS})
        services.draft_from_suspicion(mine[3].id, doctor)
    with enter(desk):
        first, second = Card.objects.filter(state=CardState.HOSPITAL_REVIEW).order_by("report_due_at")[:2]
        services.approve(first.id, desk)
        services.return_by_hospital(second.id, "现住址门牌不完整，请补到门牌号。", desk)
    apps.deliver()
    today = clock.today()
    with apps.as_jobs():  # four days later: what has no card by then was missed
        running.run(made.hospital, today - timedelta(days=30), today, now=clock.now() + timedelta(days=4))
    with enter(desk):
        samples.ask(desk, today - timedelta(days=30), today, size=8)
    apps.deliver()
    return made


@pytest.fixture
def signed_in(county, live_server, open_page):  # noqa: F811
    def sign_in(name, lang="zh", size=WIDE, **more):
        page = open_page(f"{live_server.url}/", size=size, lang=lang, **more)
        page.fill("#id_login", name)
        page.fill("#id_password", PASSWORD)
        page.click("form.y-form button[type=submit]")
        page.wait_for_url("**/work/**")
        ready(page)
        return page

    return sign_in


PAGES = {
    "suspicions": ("clinician", "/suspicions/"),
    "suspicion": ("clinician", "/suspicions/{influenza}"),
    "own-cards": ("clinician", "/suspicions/?tab=cards"),
    "card-form": ("clinician", "/cards/{draft}/edit"),
    "card-returned": ("clinician", "/cards/{returned}"),
    "desk": ("hospital_desk", "/desk/"),
    "desk-review": ("hospital_desk", "/desk/?tab=to_review&open={review}"),
    "desk-enter": ("hospital_desk", "/desk/?tab=to_enter"),
    "desk-late": ("hospital_desk", "/desk/?tab=late&open={submitted}"),
    "card": ("hospital_desk", "/cards/{submitted}"),
    "correction": ("hospital_desk", "/cards/{submitted}/edit"),
    "missed": ("hospital_desk", "/missed/?tab=missed"),
    "missed-open": ("hospital_desk", "/missed/?tab=missed&open={line}"),
    "missed-rates": ("hospital_desk", "/missed/rates"),
    "missed-sample": ("hospital_desk", "/missed/samples/{sample}"),
    "missed-results": ("hospital_desk", "/missed/results"),
    "missed-critical": ("hospital_desk", "/missed/results?state=critical"),
    "quality": ("hospital_desk", "/quality/"),
}


@pytest.mark.parametrize(("lang", "scheme"), [("zh", "light"), ("en", "dark")])
def test_every_page_at_both_widths(signed_in, live_server, lang, scheme):
    cards = {card.state: card.id for card in Card.objects.all()}
    ids = {
        "influenza": Suspicion.objects.get(disease="influenza").id, "draft": cards["draft"],
        "returned": cards["returned_by_hospital"], "review": cards["hospital_review"], "submitted": cards["submitted"],
        "line": AuditLine.objects.filter(kind="missed").first().id, "sample": AuditSample.objects.get().id,
    }  # fmt: skip
    wrong = []
    for who in dict.fromkeys(name for name, _path in PAGES.values()):
        page = signed_in(who, lang, scheme=scheme)
        for name, (reader, path) in PAGES.items():
            if reader != who:
                continue
            page.goto(live_server.url + path.format(**ids))
            ready(page)
            wrong += [f"{name}: {finding}" for finding in axe(page)]
            shoot(page, f"reporting-{name}-{lang}")
            page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
            page.wait_for_timeout(100)
            wrong += [f"{name} is {overflow(page)} px too wide"] if overflow(page) else []
            if lang == "zh":
                wrong += [f"{name} narrow: {finding}" for finding in axe(page)]
            page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
    assert not wrong, "\n".join(wrong)


def test_a_card_takes_at_most_twelve_keys(signed_in, live_server):
    """手足口病 of a child: what no source says is the parent's name, the population group and the township."""
    waiting = Suspicion.objects.get(disease="hfmd", state="open")
    page = signed_in("clinician")
    page.goto(f"{live_server.url}/suspicions/{waiting.id}")
    ready(page)
    keys = 0

    def press(*names: str) -> None:
        nonlocal keys
        for name in names:
            page.keyboard.press(name)
            keys += 1

    def write(text: str) -> None:
        nonlocal keys
        page.keyboard.type(text)
        keys += len(text)

    press("e")
    page.wait_for_url("**/edit")
    ready(page)
    assert page.evaluate("document.activeElement.name") == "guardian_name"
    write("赵父")
    press("Tab", "ArrowDown", "ArrowDown", "Tab")
    write("莘庄镇")
    page.wait_for_selector("#id_residence_area option[selected][value='310112101']", state="attached")
    press("Enter")
    page.wait_for_selector("text=已报告到公卫科")
    card = Card.objects.get(suspicion=waiting)
    assert card.state == CardState.HOSPITAL_REVIEW
    assert keys <= 12, keys


def test_the_desk_approves_and_enters_without_leaving_its_list(signed_in, live_server):
    page = signed_in("hospital_desk")
    page.goto(f"{live_server.url}/desk/?tab=to_review")
    ready(page)
    page.click("tr[data-row] a.y-rowlink")
    page.wait_for_selector("#detail[data-opened] #card-answers")
    page.click("#detail button:has-text('打开身份信息')")
    page.wait_for_selector("#card-answers:has-text('身份已打开')")
    page.click("#detail [data-dialog-open=approve]")
    page.fill("#approve-number", "12")
    page.click("#approve button[type=submit]")
    page.wait_for_selector(".y-toast:has-text('网报卡号')")
    assert page.input_value("#approve-number") == "12"  # refused, and nothing typed is lost
    page.fill("#approve-number", "310112-2026-0009")
    page.click("#approve button[type=submit]")
    page.wait_for_selector(".y-toast:has-text('审核通过')")
    assert Card.objects.get(national_card_id="310112-2026-0009").state == CardState.SUBMITTED


def test_many_are_approved_from_the_list(signed_in, live_server):
    page = signed_in("hospital_desk")
    page.goto(f"{live_server.url}/desk/?tab=to_review")
    ready(page)
    page.check("[data-pick-all]")
    page.click("[data-bulk] button:has-text('批量审核通过')")
    page.wait_for_selector("#preview:has-text('将审核通过 1 张')")
    shoot(page, "reporting-desk-preview-zh")
    page.click("#preview button[type=submit]")
    page.wait_for_selector(".y-toast:has-text('审核通过 1 张')")
    assert not Card.objects.filter(state=CardState.HOSPITAL_REVIEW).exists()


def test_another_disease_draws_the_form_again(signed_in, live_server):
    card = Card.objects.get(state=CardState.DRAFT)
    page = signed_in("clinician")
    page.goto(f"{live_server.url}/cards/{card.id}/edit")
    ready(page)
    page.fill("#id_guardian_name", "赵父")
    page.select_option("#id_disease", "hepatitis_b")
    page.wait_for_selector("[name='hbv_card.1']")
    assert page.input_value("#id_guardian_name") == "赵父"
    assert page.evaluate("document.activeElement.name") == "disease"
