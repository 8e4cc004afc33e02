"""A real Chromium for the tests: pages at two widths, pictures, and axe-core.

    from tests.web.browser import axe, chromium, open_page, shoot   # in a conftest or test module

`open_page` hands out pages that fail their test on any script error or breach of the content security policy.
Pictures are taken where `YIFANG_SHOTS` names a folder for them, of failures always (`var/shots`). Not for
starting the server: see `site` in conftest, or `live_server`.
"""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

ROOT = Path(__file__).parents[2]
WIDE, NARROW = (1440, 900), (390, 844)
INSTALL = "apt-get install -y chromium fonts-wqy-microhei"
_AXE = ROOT / "tests" / "vendor" / "axe.min.js"
# the browser and htmx log what the server refuses; tests of refusals want exactly that
_EXPECTED = ("Failed to load resource: the server responded with a status of", "Response Status Error Code")


@pytest.fixture(scope="session")
def chromium() -> Browser:
    """The system's Chromium, one for the whole run. Fails, naming the command that mends it, where there is none."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.fail(f"browser tests need Chromium; install it: {INSTALL}", pytrace=False)
    fonts = subprocess.run(["fc-list", ":lang=zh"], capture_output=True, text=True, check=False).stdout
    if not fonts.strip():
        pytest.fail(f"browser tests need a Chinese font; install it: {INSTALL}", pytrace=False)
    return _launched(program)


@cache
def _launched(program: str) -> Browser:
    # Each module that imports the fixture has one of its own, and a process can run Playwright only once.
    playwright = sync_playwright().start()
    atexit.register(playwright.stop)
    return playwright.chromium.launch(
        executable_path=program, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
    )


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """`open_page(url, size=WIDE, lang="zh", scheme="light")` → a ready page in a fresh session."""
    contexts = []
    wrong: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(_EXPECTED):
            wrong.append(message.text)

    def open_(url: str, size: tuple[int, int] = WIDE, lang: str = "zh", scheme: str = "light", **more: Any) -> Page:
        language = {"zh": "zh-CN", "en": "en-GB"}[lang]
        context = chromium.new_context(
            viewport={"width": size[0], "height": size[1]}, locale=language, color_scheme=scheme, **more
        )
        contexts.append(context)
        if lang == "en":
            context.add_cookies([{"name": "django_language", "value": "en", "url": url}])
        page = context.new_page()
        page.on("console", heard)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(url)
        ready(page)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert not wrong, "the page's scripts or policy complained:\n" + "\n".join(wrong)


def ready(page: Page) -> None:
    """Wait until the page's scripts have started; a page that has none (error 500) is ready at once."""
    page.wait_for_function(
        "document.documentElement.dataset.ready === '' || !document.querySelector('script[type=module]')"
    )


def axe(page: Page) -> list[str]:
    """The serious and critical findings of axe-core, one line each: rule, what is wrong, the first elements.

    The library is evaluated by the debugger, since the page's policy refuses a script tag.
    """
    page.evaluate(_AXE.read_text(encoding="utf-8"))
    report = page.evaluate("async () => await axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{finding['id']} ({finding['impact']}): {finding['help']}: "
        + "; ".join(node["html"][:160] for node in finding["nodes"][:3])
        for finding in report["violations"]
        if finding["impact"] in ("serious", "critical")
    ]


def shoot(page: Page, name: str, always: bool = False) -> list[Path]:
    """Pictures of the whole page at 1440 and 390 px, `<name>-1440.png` and `<name>-390.png`; the size is put back.

    None without `YIFANG_SHOTS`, unless `always`.
    """
    wanted = os.environ.get("YIFANG_SHOTS")
    if not (wanted or always):
        return []
    folder = Path(wanted or ROOT / "var" / "shots")
    folder.mkdir(parents=True, exist_ok=True)
    before = page.viewport_size
    made = []
    for width, height in (WIDE, NARROW):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(100)  # layout and the narrow labels
        made.append(folder / f"{name}-{width}.png")
        page.screenshot(path=made[-1], full_page=True)
    if before:
        page.set_viewport_size(before)
    return made


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than its window; 0 is right."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))
