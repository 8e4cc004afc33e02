"""Three nodes for the tests of the relay, made once for a file; each test that changes much makes them anew."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="module")
def chain(cluster, django_db_setup, django_db_blocker, tmp_path_factory) -> Iterator[list]:
    """Hospital, district and city, joined, with the cast on each."""
    from django.db import connection

    from tests.relay.nodes import Node, pair

    with django_db_blocker.unblock():
        template = connection.settings_dict["NAME"]
        connection.close()  # a database with guests is no template
        folder = tmp_path_factory.mktemp("relay")
        made = [
            Node(name, role, area, folder, cluster, template)
            for name, role, area in (
                ("hospital", "hospital", "310112"), ("district", "district", "310112"), ("city", "city", "310100"),
            )
        ]  # fmt: skip
        for node in made:
            node.make()
            node.with_county()
        hospital, district, city = made
        pair(hospital, district, ["H31011201"])
        pair(district, city, [])
        yield made
        for node in made:
            node.drop()
