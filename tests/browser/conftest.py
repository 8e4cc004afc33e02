"""A whole node with the county in it, and the browser."""

from collections.abc import Iterator

import pytest

from tests.browser.walking import PASSWORD
from tests.node.running import Node, running
from tests.web.browser import chromium, open_page  # noqa: F401 fixtures


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    with running() as node:
        node.with_county(PASSWORD)
        yield node
