"""One person at one browser: signing in, filling what a form still wants, looking at the page with axe."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from playwright.sync_api import Locator, Page

from tests.web.browser import axe, ready, shoot
from yifang.kernel import clock

PASSWORD = "walk-the-loop-2611"
PATIENCE = 30_000  # ms; a busy two-core machine
# What a person knows of a patient that the record did not say; whatever else is wanted and has choices gets the first.
KNOWN: dict[str, str] = {
    "onset_date": (clock.today() - timedelta(days=1)).isoformat(),
    "residence_detail": "示范路8弄3号",
    "report_org_phone": "021-54321000",
    "phone": "13912345678",
    "population": "18",
    "case_class": "3",
    "remark": "",
}


class Walker:
    """The named one of the cast in their own browser, in one language. A step that fails leaves pictures."""

    def __init__(self, open_page: Callable[..., Page], url: str, who: str, lang: str) -> None:
        self.who, self.lang, self._url = who, lang, url
        self.looked: dict[str, list[str]] = {}  # what axe found, by page
        self.page = open_page(f"{url}/", lang=lang)  # leads to the sign-in
        self.page.set_default_timeout(PATIENCE)
        self.look("sign-in")
        self.page.fill("[name=login]", who)
        self.page.fill("[name=password]", PASSWORD)
        self.page.press("[name=password]", "Enter")
        self.page.wait_for_url("**/work/**")
        self.look("work")

    def go(self, path: str) -> None:
        """Open a page by its address, as from the menu."""
        self.page.goto(f"{self._url}{path}")
        self.look(path)

    def look(self, name: str) -> None:
        """The page as it stands: in the right language, and what axe says of it (once: it does not read words)."""
        ready(self.page)
        html = self.page.locator("html").get_attribute("lang") or ""
        assert html.startswith(self.lang), f"{name} speaks {html}"
        if self.lang == "zh":
            self.looked[f"{self.who} {name}"] = axe(self.page)

    def press(self, selector: str) -> None:
        """Press what is there, and wait until the answer has come."""
        self.page.locator(selector).first.click()
        self.page.wait_for_load_state("networkidle")

    def complete(self, form: str) -> None:
        """Fill what the form marks as still wanted."""
        for control in self.page.locator(f"{form} .y-wanted :is(select, input, textarea):visible").all():
            _fill(control)

    def shoot(self, name: str) -> None:
        shoot(self.page, always=name == "failed", name=f"loop-{self.lang}-{self.who}-{name}")


def _fill(control: Locator) -> None:
    name = control.get_attribute("name") or ""
    if control.evaluate("one => one.tagName") == "SELECT":
        values: list[Any] = control.evaluate("one => [...one.options].map(option => option.value)")
        given = [value for value in values if value]
        control.select_option(KNOWN[name] if KNOWN.get(name) in given else given[0])
    elif name in KNOWN:
        control.fill(KNOWN[name])
