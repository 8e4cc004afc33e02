"""The hospital to practise on, read for real: two database servers and a WebService, all of it comes in once."""

from __future__ import annotations

import shutil
from datetime import timedelta

import pytest

from tests import apps
from yifang.apps.intake.connectors import polling
from yifang.apps.intake.models import Connection, Feed, LocalName, Quarantined
from yifang.apps.intake.services.connections import connect
from yifang.apps.intake.services.looking import look
from yifang.apps.intake.services.mappings import set_mapping
from yifang.apps.ledger.services import NODE
from yifang.apps.records import registers
from yifang.apps.records.models import Record
from yifang.kernel import clock
from yifang.node.hospital.command import TOKEN, opened
from yifang.node.hospital.servers import READER
from yifang.world.writing.hospital import MAPPING, VIEWS

pytestmark = pytest.mark.django_db
pytest.importorskip("sqlalchemy", reason="the extra sql is not installed")
pytest.importorskip("zeep", reason="the extra soap is not installed")


def feed(county, code: str) -> Feed:
    return Feed.objects.get_or_create(code=code, defaults={"name": code, "organisation": county.hospital})[0]


def poll(one: Feed) -> int:
    return polling.poll_one(Connection.objects.select_related("feed__organisation").get(feed=one), NODE)


def test_everything_a_hospital_holds_comes_in_once_and_goes_on_coming():
    if not shutil.which("mariadbd"):
        pytest.skip("MariaDB is not installed (apt-get install mariadb-server)")
    county = apps.county()
    with opened(days=2) as hospital, apps.as_jobs():
        feeds: dict[str, Feed] = {}
        for name, server in (("his", hospital.his), ("lis", hospital.lis)):
            for view in VIEWS[name]:
                given = {"dialect": server.dialect, "host": server.host, "port": server.port,
                         "database": server.database, "user": READER, "password": server.password, "view": view,
                         "cursor": "更新时间"}  # fmt: skip
                feeds[view] = feed(county, view)
                connect(feeds[view], "sql", given, NODE)
        feeds["ris"] = feed(county, "ris")
        set_mapping(feeds["ris"], MAPPING, NODE)
        connect(
            feeds["ris"], "soap",
            {"wsdl": f"{hospital.address}/reports?wsdl", "operation": "QueryReports", "password": TOKEN,
             "arguments": "token={password}\nstartTime={since}\nendTime={until}", "answer": "QueryReportsResult",
             "success": "Response/Head/Code=0", "record": "Response/Body/Report",
             "cursor": "UpdateTime", "window": 1440},
            NODE, since=str(clock.today() - timedelta(days=4)),
        )  # fmt: skip
        seen = look(Connection.objects.select_related("feed").get(feed=feeds["v_jyjg"]))
        assert not seen.is_bad
        wanted = {
            view: (hospital.his if view in VIEWS["his"] else hospital.lis).count(view)
            for view in VIEWS["his"] + VIEWS["lis"]
        }
        taken = {name: poll(one) for name, one in feeds.items()}
        assert {view: taken[view] for view in wanted} == wanted
        assert taken["ris"] > 0
        assert sum(wanted.values()) > 300
        assert not Quarantined.objects.exists()
        assert not Connection.objects.exclude(error="").exists()
        assert [poll(one) for one in feeds.values()] == [0] * 6
        before = Record.objects.count()
        came = hospital.live(clock.now().astimezone(clock.CHINA).replace(tzinfo=None, microsecond=0))
        assert sum(poll(one) for one in feeds.values()) >= 2  # the visit and its record
        assert Record.objects.count() > before
        assert Record.objects.filter(payload__encounter__id=came.number).exists()
        assert LocalName.objects.filter(kind="test", name__in=("甲快(本院)", "乙快(本院)")).count() == 2
        scope, today = county.hospital.scope, clock.today()
        told = {name: list(registers.entries(name, scope, today - timedelta(days=4), today))
                for name in ("outpatient", "admissions", "laboratory", "imaging")}  # fmt: skip
        assert all(told.values()), {name: len(lines) for name, lines in told.items()}
        numbers = [line.values["visit_no"] for line in told["outpatient"]]
        assert len(numbers) == len(set(numbers))
