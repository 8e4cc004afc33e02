"""Temporary: look at the district's pages."""

import os
from datetime import date, timedelta

import pytest
from django.conf import settings
from django.test import Client

from tests import apps
from tests.reporting.test_pages_district import BACKEND, make_entered
from tests.web.browser import axe, chromium, open_page, overflow, ready, shoot  # noqa: F401
from yifang.apps.reporting.models import Card, Case, Duplicate
from yifang.web.messages import compile_all


@pytest.mark.browser
def test_look(live_server, transactional_db, open_page):
    compile_all()
    county = apps.county()
    entered = make_entered(county)
    p = apps.person
    first = entered(apps.hfmd("A1"))
    entered(
        apps.hfmd("B1", who=p("陈小宝", date(2021, 5, 4), number="", phone="13800000001")),
        hospital="other_hospital",
        doctor="other_hospital",
        desk="other_hospital_desk",
        id_type="99",
        id_no="无",
        remark="未带证件",
    )
    entered(
        apps.influenza("F1"),
        population="3",
        employer="春申实验小学",
        school_class="三(2)班",
        case_class="2",
        guardian_name="林父",
    )
    entered(
        apps.cholera_report("C1"),
        population="16",
        guardian_name="",
        employer="宝钢",
        residence_area="310104003",
        patient_belongs="2",
        onset_date=(date.today() - timedelta(days=2)).isoformat(),
    )
    entered(apps.hfmd("A2", who=p("刘安安", date(2022, 3, 1), "female", order=2)))
    print("DUP", Duplicate.objects.count(), "CASES", Case.objects.count(), Card.objects.values_list("state", "disease"))

    def page_of(name, url, **more):
        client = Client()
        client.force_login(county.users[name], backend=BACKEND)
        cookie = client.cookies[settings.SESSION_COOKIE_NAME]
        state = {
            "cookies": [
                {
                    "name": settings.SESSION_COOKIE_NAME,
                    "value": cookie.value,
                    "domain": "localhost",
                    "path": "/",
                    "expires": -1,
                    "httpOnly": True,
                    "secure": False,
                    "sameSite": "Lax",
                }
            ],
            "origins": [],
        }
        return open_page(live_server.url + url, storage_state=state, **more)

    case = Case.objects.filter(disease="hfmd").first()
    wanted = os.environ.get("LOOK", "audit,card,cases,case,views,bulk,en").split(",")
    pages = {
        "audit": ("/audit/", {}),
        "all": ("/audit/?tab=all&disease=hfmd&class=clinical", {}),
        "card": (f"/audit/{first.id}", {}),
        "cases": ("/cases/", {}),
        "case": (f"/cases/{case.id}", {}),
        "views": ("/views/audit", {}),
        "en": (f"/audit/{first.id}", {"lang": "en"}),
        "encase": (f"/cases/{case.id}", {"lang": "en"}),
        "dark": (f"/audit/{first.id}", {"scheme": "dark"}),
    }
    for name in wanted:
        if name == "bulk":
            page = page_of("epidemiologist", "/audit/")
            page.click("[data-pick-all]")
            page.click(".y-bulk button.btn-primary")
            page.wait_for_selector("dialog#bulk[open]")
        else:
            url, more = pages[name]
            page = page_of("epidemiologist", url, **more)
        found = axe(page)
        print(name, "axe", found, "overflow", overflow(page))
        shoot(page, name)
        page.set_viewport_size({"width": 390, "height": 844})
        print(name, "narrow overflow", overflow(page))
