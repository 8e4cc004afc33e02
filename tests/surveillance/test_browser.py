"""My work, signals, ledger and break-glass in a real browser: both languages, both widths, axe, no overflow."""

import pytest

from tests import apps
from tests.surveillance.cases import case
from tests.web.browser import NARROW, WIDE, axe, chromium, open_page, overflow, ready, shoot  # noqa: F401 fixtures
from yifang.apps.accounts.viewers import enter
from yifang.apps.ledger.services import NODE
from yifang.apps.surveillance import services
from yifang.apps.surveillance.models import Signal
from yifang.apps.work.services import DeskAt, open_item
from yifang.kernel.ids import new_id

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PASSWORD = "correct horse battery"


@pytest.fixture
def county(transactional_db):
    made = apps.county(PASSWORD)
    for disease, hospital in (("cholera", "hospital"), ("plague", "other_hospital")):
        case(made, disease, hospital=hospital)
    with apps.as_jobs():
        for number in range(3):
            desk = DeskAt(f"area:{apps.DISTRICT}", "epidemiologist")
            title, title_en = f"手足口病 待审 {number + 1}", f"Hand, foot and mouth disease {number + 1}"
            open_item("card_audit", "card", new_id(), [desk], NODE, title=title, title_en=title_en)
    apps.deliver()
    with enter(made.viewer("epidemiologist")) as viewer:
        plague = Signal.objects.get(disease="plague")
        services.answer(plague.id, viewer, "verifying_field", note="已派两人到现场")
        services.give_feedback(
            Signal.objects.get(disease="cholera").id, viewer, "隔离治疗；采两份便标本；接触者预防服药"
        )
    return made


@pytest.fixture
def signed_in(county, live_server, open_page):  # noqa: F811
    languages = {"zh": "zh-hans", "en": "en"}

    def sign_in(name, lang="zh"):
        page = open_page(f"{live_server.url}/accounts/login/")
        page.fill("#id_login", name)
        page.fill("#id_password", PASSWORD)
        page.click("form.y-form button[type=submit]")
        page.wait_for_url("**/work/**")
        page.context.add_cookies([{"name": "django_language", "value": languages[lang], "url": live_server.url}])
        page.reload()
        ready(page)
        return page

    return sign_in


PAGES = {
    "work": ("epidemiologist", "/work/"),
    "work-doctor": ("clinician", "/work/"),
    "signals": ("epidemiologist", "/signals/"),
    "signal": ("epidemiologist", "/signals/{cholera}"),
    "signal-bureau": ("bureau", "/signals/{plague}"),
    "ledger": ("auditor", "/ledger/"),
    "purpose": ("clinician", "/purpose/{cholera}"),
    "break-glass": ("clinician", "/break-glass/{cholera}"),
}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_page_at_both_widths(signed_in, live_server, lang):
    ids = {disease: Signal.objects.get(disease=disease).id for disease in ("cholera", "plague")}
    wrong = []
    for who in dict.fromkeys(name for name, _path in PAGES.values()):
        page = signed_in(who, lang)
        for name, (reader, path) in PAGES.items():
            if reader != who:
                continue
            page.goto(live_server.url + path.format(**ids))
            ready(page)
            wrong += [f"{name}: {finding}" for finding in axe(page)]
            wrong += [] if page.get_attribute("html", "lang").startswith(lang) else [f"{name} is not in {lang}"]
            shoot(page, f"{name}-{lang}")
            page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
            page.wait_for_timeout(100)
            wrong += [f"{name} is {overflow(page)} px too wide"] if overflow(page) else []
            page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
    assert not wrong, "\n".join(wrong)


def test_the_signal_opens_beside_the_list_and_is_answered_there(signed_in, live_server):
    page = signed_in("epidemiologist")
    page.goto(f"{live_server.url}/signals/")
    ready(page)
    page.click("tr[data-row] a.y-rowlink")
    page.wait_for_selector("#detail[data-opened] textarea[name=note]")
    assert page.locator("tr[data-row]").count() == 1
    page.fill("#detail textarea[name=note]", "电话核实：家庭成员无症状")
    page.select_option("#detail select[name=conclusion]", "sporadic")
    page.click("#detail button[value=closed]")
    page.wait_for_selector("text=电话核实：家庭成员无症状")
    assert Signal.objects.get(disease="cholera").conclusion == "sporadic"


def test_an_open_page_shows_what_comes_without_a_click(signed_in, live_server, county):
    page = signed_in("clinician")
    assert page.locator("text=卧床休息").count() == 0
    with enter(county.viewer("epidemiologist")) as viewer:
        services.give_feedback(Signal.objects.get(disease="cholera").id, viewer, "卧床休息，补液")
    apps.deliver()
    page.wait_for_selector("text=卧床休息", timeout=15_000)
