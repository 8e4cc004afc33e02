"""The pages of the rules in a real browser: both languages and widths, axe, no overflow; a trial shows its end."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils.translation import trans_real

from tests import apps
from tests.reporting.test_pages_browser import PASSWORD
from tests.reporting.test_rulebook import TEXT, WRONG, local
from tests.web.browser import NARROW, WIDE, axe, chromium, open_page, overflow, ready, shoot  # noqa: F401 fixtures
from yifang.apps.accounts.viewers import enter
from yifang.apps.reporting.models import RuleSet
from yifang.apps.reporting.services import rulebook as services
from yifang.web.messages import compile_all

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module", autouse=True)
def english() -> None:
    """The compiled catalogues, as `./dev` makes them."""
    if compile_all():
        trans_real._translations.clear()


@pytest.fixture
def county(transactional_db):
    made = apps.county(PASSWORD)
    apps.receive(made.hospital, apps.hfmd(), apps.influenza(diagnoses=(), complaint=""), local())
    apps.deliver()
    desk = made.viewer("hospital_desk")
    with enter(desk):
        services.draft(desk, title="增加本院快检", text=WRONG)
        services.draft(desk, title="试运行", text=TEXT)
    return made


def test_every_page_at_both_widths(county, live_server, open_page):  # noqa: F811
    wrong_draft, right = (RuleSet.objects.get(title=title) for title in ("增加本院快检", "试运行"))
    paths = {
        "index": reverse("reporting:rules"),
        "disease": reverse("reporting:rules_disease", args=["pulmonary_tb"]),
        "rule": reverse("reporting:rule", args=["lb_flu_ag"]),
        "negative": reverse("reporting:rule", args=["nr_preop4"]),
        "versions": reverse("reporting:rulesets"),
        "problems": reverse("reporting:ruleset", args=[wrong_draft.id]),
        "draft": reverse("reporting:ruleset", args=[right.id]),
        "later": reverse("reporting:followups"),
    }
    wrong = []
    for lang, scheme in (("zh", "light"), ("en", "dark")):
        page = open_page(f"{live_server.url}/", size=WIDE, lang=lang, scheme=scheme)
        page.fill("#id_login", "hospital_desk")
        page.fill("#id_password", PASSWORD)
        page.click("form.y-form button[type=submit]")
        page.wait_for_url("**/work/**")
        for name, path in paths.items():
            page.goto(live_server.url + path)
            ready(page)
            wrong += [f"{name} {lang}: {finding}" for finding in axe(page)]
            shoot(page, f"rules-{name}-{lang}")
            page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
            page.wait_for_timeout(100)
            wrong += [f"{name} is {overflow(page)} px too wide"] if overflow(page) else []
            page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
    assert not wrong, "\n".join(wrong)
    page.goto(live_server.url + paths["draft"])
    page.fill("#days", "30")
    page.click(f"form[action='{reverse('reporting:ruleset_step', args=[right.id, 'try'])}'] button")
    page.wait_for_selector("#trials[hx-get]")
    apps.run_deferred()
    page.wait_for_selector("#trials:not([hx-get])")
    page.click("#trials tbody a >> nth=1")
    page.wait_for_selector("text=ZX九号快检")
    shoot(page, "rules-trial-en")
