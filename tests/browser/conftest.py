"""A whole node with the county in it, and the browser."""

import time
from collections.abc import Iterator

import pytest

from tests.browser.walking import PASSWORD
from tests.node.running import Node, running
from tests.web.browser import chromium, open_page  # noqa: F401 fixtures


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    with running() as node:
        node.with_county(PASSWORD)
        assert node.yifang("feeds", "senders", "hospital-his", "127.0.0.1").returncode == 0
        time.sleep(3)  # the door reads its feeds every other second
        yield node
