"""The connectors that need no database server: WebService, folders, CDA, FHIR; the SQL and options of every dialect.

What a real Oracle, SQL Server, KingbaseES or openGauss answers is not tried here: there is none to be had.
"""

from __future__ import annotations

import argparse
import base64
import io
import json
import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests import apps
from tests.intake.sources import LAB, NOW, SOAP, Platform, served
from yifang.apps.accounts.viewers import enter
from yifang.apps.intake import connect_command, connectors
from yifang.apps.intake.connectors import polling
from yifang.apps.intake.connectors.protocol import SourceFailed
from yifang.apps.intake.connectors.settings import form, read, secret_of
from yifang.apps.intake.connectors.sql import source as sql
from yifang.apps.intake.connectors.sql.dialects import DIALECTS, versions
from yifang.apps.intake.connectors.sql.settings import from_address, url_of
from yifang.apps.intake.models import Batch, Connection, Feed, Quarantined
from yifang.apps.intake.services.connections import connect
from yifang.apps.ledger.services import NODE
from yifang.apps.records.models import Record
from yifang.kernel.errors import ConfigError, NotAllowed, UserError
from yifang.world.serving import Service

pytestmark = pytest.mark.django_db
FIXTURES = Path(os.environ.get("YIFANG_SHARED", "shared")) / "fixtures"
SQL = {
    "host": "10.1.2.3",
    "database": "his",
    "user": "yifang",
    "password": "geheim",
    "view": "his.v_lis",
    "cursor": "更新时间",
}


@pytest.fixture
def county() -> apps.County:
    return apps.county()


def poll(feed: Feed) -> int:
    with apps.as_jobs():
        return polling.poll_one(Connection.objects.select_related("feed__organisation").get(feed=feed), NODE)


def begin(feed: Feed, name: str, **given: Any) -> Connection:
    with apps.as_jobs():
        return connect(feed, name, given, NODE)


# -- SQL: what each dialect is asked, and how its driver is opened

WANTED = {
    "oracle": ('SELECT * \nFROM his.v_lis \nWHERE "更新时间" >= :', "FETCH FIRST"),
    "sqlserver": ("SELECT TOP", "FROM his.v_lis \nWHERE [更新时间] >= %("),
    "mysql": ("FROM his.v_lis \nWHERE `更新时间` >= %(", "LIMIT"),
    "mariadb": ("FROM his.v_lis \nWHERE `更新时间` >= %(", "LIMIT"),
    "postgresql": ('FROM his.v_lis \nWHERE "更新时间" >= %(', "LIMIT"),
    "kingbase": ('FROM his.v_lis \nWHERE "更新时间" >= %(', "LIMIT"),
    "opengauss": ('FROM his.v_lis \nWHERE "更新时间" >= %(', "LIMIT"),
}


@pytest.mark.parametrize("name", DIALECTS)
def test_each_dialect_asks_one_view_in_the_order_of_its_watermark(name):
    settings = read(connectors.get("sql").settings, SQL | {"dialect": name})
    made = sql.engine(settings)
    if name == "oracle":
        made.dialect.server_version_info = (19,)
    text = str(sql.statement(settings, datetime(2026, 11, 23), 500).compile(made))
    for part in WANTED[name]:
        assert part in text
    assert text.index("WHERE") < text.index("ORDER BY")
    assert "geheim" not in repr(settings)


@pytest.mark.parametrize("name", DIALECTS)
def test_a_server_that_is_not_there_is_told_without_a_password(name):
    """The real driver of each is opened with the real options, against a port where nobody listens."""
    given = SQL | {"dialect": name, "host": "127.0.0.1", "port": "9"}
    settings = read(connectors.get("sql").settings, given)
    with pytest.raises(SourceFailed) as failed, connectors.get("sql").opened(settings):
        pass
    assert failed.value.code == "intake.view_away"
    assert "geheim" not in failed.value.reason
    assert any(word in failed.value.reason for word in ("refused", "connect", "Connect", "20009")), failed.value.reason


def test_oracle_is_reached_by_service_name_or_sid_and_by_its_client_where_it_is_old():
    read_sql = connectors.get("sql").settings
    by_name = url_of(read(read_sql, SQL | {"dialect": "oracle"}))
    assert (by_name.database, dict(by_name.query)) == ("", {"service_name": "his"})
    by_sid = url_of(read(read_sql, SQL | {"dialect": "oracle", "database": "SID=ORCL"}))
    assert (by_sid.database, dict(by_sid.query)) == ("ORCL", {})
    with pytest.raises(ConfigError, match="Instant Client"):
        sql.engine(read(read_sql, SQL | {"dialect": "oracle", "client": "/nowhere"}))


@pytest.mark.parametrize(
    ("address", "dialect", "host", "port"),
    [
        ("postgresql://u:p@h:5433/his", "postgresql", "h", 5433), ("postgres://u:p@h/his", "postgresql", "h", None),
        ("oracle://u:p@h:1521/?service_name=his", "oracle", "h", 1521), ("mssql://u:p@h/his", "sqlserver", "h", None),
        ("kingbase://u:p@h/his", "kingbase", "h", None), ("opengauss://u:p@h/his", "opengauss", "h", None),
        ("mysql://u:p@/his?host=/run/m&port=3307", "mysql", "/run/m", 3307),
    ],
)  # fmt: skip
def test_an_address_in_one_line_is_the_same_as_the_fields(address, dialect, host, port):
    found = from_address(address)
    assert (found["dialect"], found["host"], found.get("port"), found["database"]) == (dialect, host, port, "his")


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("PostgreSQL 16.2 on x86_64-pc-linux-gnu", (16, 2)),
        ("PostgreSQL 9.2.4 (openGauss 5.0.0 build a07d57c3)", (9, 2)),
        ("(openGauss 3.0.0 build 02c14696) compiled at 2022-04-01 on aarch64", (9, 2, 4)),
        ("KingbaseES V008R006C007B0024 on x64, compiled by gcc", (12, 0)),
    ],
)  # fmt: skip
def test_what_speaks_postgresqls_protocol_names_its_version_in_its_own_way(text, version):
    assert versions(text) == version


# -- settings

WRONG = [
    ("sql", SQL | {"dialect": "db2"}, "dialect", "oracle"), ("sql", SQL, "dialect", "必填"),
    ("sql", SQL | {"dialect": "mysql", "port": "x"}, "port", "整数"),
    ("sql", SQL | {"dialect": "mysql", "port": "70000"}, "port", "65535"),
    ("sql", SQL | {"dialect": "mysql", "view": "v; DROP TABLE x"}, "view", "引号"),
    ("sql", SQL | {"dialect": "mysql", "quiet": "7-9"}, "quiet", "07:30-09:00"),
    ("sql", SQL | {"dialect": "mysql", "options": "ssl"}, "options", "名称=值"),
    ("soap", {"wsdl": "file:///etc/passwd", "operation": "a", "record": "r", "cursor": "c"}, "wsdl", "http://"),
    ("soap", {"wsdl": "http://h/?wsdl", "operation": "a", "record": "r", "cursor": "c", "arguments": "a={now}"},
     "arguments", "{since}"),
    ("folder", {"path": "share"}, "path", "完整路径"), ("fhir", {"base": "ftp://h"}, "base", "https://"),
    ("fhir", {"base": "https://h", "resource": "Patient"}, "resource", "Encounter"),
    ("fhir", {"base": "https://h", "colour": "red"}, "colour", "没有这项"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "given", "field", "says"), WRONG)
def test_wrong_settings_name_the_field_and_the_mend(name, given, field, says):
    with pytest.raises(UserError) as refused:
        read(connectors.get(name).settings, given)
    assert refused.value.code == "connect.settings_wrong"
    assert says in refused.value.params["fields"][field]


def test_every_connector_has_a_form_and_at_most_one_secret():
    assert [one.name for one in connectors.registry] == ["sql", "soap", "cda", "folder", "fhir"]
    for one in connectors.registry:
        fields = list(form(one.settings, {"every": 60}, {}))
        assert sum(field.secret for field in fields) <= 1
        assert all(str(field.label) for field in fields)
        assert not next((field.value for field in fields if field.secret), "")
        assert (secret_of(one.settings) == "password") is (one.name not in ("cda", "folder"))


def test_a_page_points_the_node_at_no_file_of_its_own_and_takes_no_password_elsewhere(county):
    feed, desk = county.feeds["hospital"], county.viewer("hospital_desk")
    with enter(desk):
        for name, given in (
            ("folder", {"path": "/etc"}), ("sql", SQL | {"dialect": "oracle", "client": "/tmp"}),
            ("sql", SQL | {"dialect": "postgresql", "host": "/run/postgresql"}),
        ):  # fmt: skip
            with pytest.raises(NotAllowed):
                connect(feed, name, given, desk)
        connect(feed, "sql", SQL | {"dialect": "mysql"}, desk)
        blank = SQL | {"dialect": "mysql", "password": ""}
        connect(feed, "sql", blank | {"every": 30}, desk)
        with pytest.raises(UserError, match="password"):
            connect(feed, "sql", blank | {"host": "evil.example"}, desk)
        with pytest.raises(NotAllowed):
            connect(feed, "sql", SQL | {"dialect": "mysql"}, county.viewer("hospital_lab"))


# -- WebService


@pytest.fixture
def platform(county) -> Iterator[tuple[Platform, str, Feed]]:
    pytest.importorskip("zeep", reason="the extra soap is not installed")
    made = Platform()
    with served(Service(made.of, "geheim")) as address:
        from yifang.apps.intake.services.mappings import set_mapping

        with apps.as_jobs():
            set_mapping(county.feeds["hospital"], LAB, NODE)
        yield made, f"{address}/reports?wsdl", county.feeds["hospital"]


def test_a_webservice_is_asked_in_stretches_of_time_and_its_rows_become_records(platform):
    made, wsdl, feed = platform
    for number in range(4):
        made.add(number, NOW - timedelta(hours=3) + timedelta(minutes=number))
    begin(feed, "soap", **SOAP, wsdl=wsdl)
    assert poll(feed) == 4
    assert len(made.asked) == 24  # a day by hours
    assert Record.objects.count() == 4
    assert Record.objects.first().payload["results"][0]["value"] == "阳性"
    made.asked.clear()
    made.add(9, NOW - timedelta(hours=3) - timedelta(minutes=5))  # written late, within the overlap
    made.add(4, NOW - timedelta(minutes=3))
    assert [poll(feed), poll(feed)] == [2, 0]
    assert Record.objects.count() == 6
    assert made.asked[0][0] == NOW - timedelta(hours=3) + timedelta(minutes=3) - timedelta(minutes=10)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"password": "wrong"}, "connect.soap_not_ok"), ({"operation": "Nothing"}, "connect.soap_operation"),
        ({"arguments": "start={since}"}, "connect.soap_arguments"), ({"answer": "Elsewhere"}, "connect.soap_answer"),
        ({"arguments": "token={password}\nstartTime=x\nendTime=y"}, "connect.soap_fault"),
        ({"cursor": "ReportNo"}, "connect.soap_cursor"),
    ],
)  # fmt: skip
def test_a_platform_that_says_no_under_http_200_is_not_taken_for_no_data(platform, changed, code):
    made, wsdl, feed = platform
    made.add(1, NOW - timedelta(minutes=5))
    begin(feed, "soap", **SOAP | {"wsdl": wsdl} | changed)
    assert poll(feed) == 0
    found = Connection.objects.get()
    assert (found.error, found.position) == (code, {})
    assert "geheim" not in str(found.error_params)


def test_documents_inside_the_answer_are_read_as_files(platform):
    made, wsdl, feed = platform
    paths = sorted((FIXTURES / "cda").rglob("*.xml"))
    if not paths:
        pytest.skip("no CDA fixtures")
    document = next(path.read_bytes() for path in paths if b"recordTarget" in path.read_bytes())
    made.add(1, NOW - timedelta(minutes=5), Content=base64.b64encode(document).decode())
    begin(feed, "soap", **SOAP, wsdl=wsdl, document="Content")
    assert [poll(feed), poll(feed)] == [1, 0]
    assert Record.objects.get().payload["source"]["format"] == "cda"


# -- folders


def test_a_shared_folder_is_read_and_nothing_in_it_is_moved(county, tmp_path):
    feed, share = county.feeds["hospital"], tmp_path / "share"
    (share / "2026").mkdir(parents=True)
    log = "就诊号,姓名,出生日期,就诊时间,诊断名称\nV{0},张{0},2019-03-01,2026-11-23 08:00,手足口病\n"
    (share / "2026" / "a.csv").write_text(log.format(1), encoding="gb18030")
    (share / "b.tmp").write_text(log.format(2))
    begin(feed, "folder", path=str(share), pattern="*.csv", settle="0")
    assert [poll(feed), poll(feed)] == [1, 0]
    moved = share / "c.csv"
    moved.write_text(log.format(3), encoding="utf-8")
    os.utime(moved, (1_600_000_000, 1_600_000_000))  # moved in with its old time
    assert [poll(feed), poll(feed)] == [1, 0]
    assert sorted(path.name for path in share.rglob("*.*")) == ["a.csv", "b.tmp", "c.csv"]
    assert Batch.objects.count() == 2
    moved.unlink()
    (share / "2026" / "a.csv").unlink()
    for path in (share / "b.tmp", share / "2026", share):
        path.rmdir() if path.is_dir() else path.unlink()
    assert poll(feed) == 0
    assert Connection.objects.get().error == "intake.view_gone"


def test_a_file_that_is_still_being_written_waits(county, tmp_path):
    feed = county.feeds["hospital"]
    (tmp_path / "a.csv").write_text("姓名,就诊时间,诊断名称\n张一,2026-11-23,水痘\n", encoding="utf-8")
    begin(feed, "folder", path=str(tmp_path), settle="60")
    assert poll(feed) == 0
    assert not Batch.objects.exists()


def test_a_folder_of_cda_documents_tells_what_they_are(county, tmp_path, capsys):
    paths = sorted((FIXTURES / "cda").rglob("*.xml"))
    if not paths:
        pytest.skip("no CDA fixtures")
    for number, path in enumerate(paths[:5]):
        (tmp_path / f"{number}.xml").write_bytes(path.read_bytes())
    begin(county.feeds["hospital"], "cda", path=str(tmp_path), settle="0")
    taken = poll(county.feeds["hospital"])
    assert taken == len({path.read_bytes() for path in paths[:5]})
    assert Record.objects.count() + Quarantined.objects.count() >= taken
    with apps.as_jobs():
        code = command("test", "hospital-his")
    said = capsys.readouterr().out
    assert "最近的文档" in said
    assert code in (0, 1)


# -- FHIR


def bundle(entries: list[dict[str, Any]], url: str = "") -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": "searchset", "entry": entries,
            "link": [{"relation": "next", "url": url}] if url else []}  # fmt: skip


def visit(number: int, patient: int, at: str) -> list[dict[str, Any]]:
    """Two visits of one patient must stay two records."""
    return [
        {"resource": {"resourceType": "Encounter", "id": f"e{number}", "meta": {"lastUpdated": at, "versionId": "1"},
                      "status": "finished", "class": {"code": "AMB"}, "subject": {"reference": f"Patient/p{patient}"},
                      "identifier": [{"value": f"V{number}"}], "period": {"start": at}},
         "search": {"mode": "match"}},
        {"resource": {"resourceType": "Condition", "id": f"c{number}",
                      "encounter": {"reference": f"Encounter/e{number}"},
                      "subject": {"reference": f"Patient/p{patient}"}, "code": {"text": "手足口病", "coding": [
                          {"system": "http://hl7.org/fhir/sid/icd-10", "code": "B08.401"}]}},
         "search": {"mode": "include"}},
        {"resource": {"resourceType": "Patient", "id": f"p{patient}", "name": [{"text": f"张{patient}"}],
                      "birthDate": "2020-01-02"}, "search": {"mode": "include"}},
    ]  # fmt: skip


def test_a_fhir_server_is_asked_for_what_changed_and_two_visits_stay_two(county):
    asked: list[str] = []
    told = {"pages": [bundle(visit(1, 1, "2026-11-23T08:00:00+08:00") + visit(2, 1, "2026-11-23T09:00:00+08:00")[:2])]}

    def server(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        asked.append(f"{environ['PATH_INFO']}?{environ['QUERY_STRING']}")
        if environ.get("HTTP_AUTHORIZATION") != "Bearer geheim":
            start_response("401 Unauthorized", [])
            return [b""]
        page = told["pages"][0] if environ["PATH_INFO"].endswith("Encounter") else bundle([])
        start_response("200 OK", [("Content-Type", "application/fhir+json")])
        return [json.dumps(page).encode()]

    feed = county.feeds["hospital"]
    with served(server) as address:
        begin(feed, "fhir", base=f"{address}/r4", password="geheim")
        assert [poll(feed), poll(feed)] == [2, 0]
        assert sorted(one.payload["encounter"]["id"] for one in Record.objects.all()) == ["V1", "V2"]
        assert Record.objects.values("person").distinct().count() == 1
        assert "_lastUpdated=ge2026-11-23T00%3A50%3A00Z" in asked[-2]
        told["pages"] = [bundle([], "http://elsewhere.example/r4?page=2")]
        poll(feed)
        assert "elsewhere" in Connection.objects.get().error_params["reason"]
        begin(feed, "fhir", base=f"{address}/r4", password="wrong")
        poll(feed)
        assert Connection.objects.get().error == "intake.view_login"


# -- the command


def command(*words: str) -> int:
    parser = argparse.ArgumentParser()
    connect_command.configure(parser)
    return connect_command.run(parser.parse_args(words))


def test_connect_test_says_what_it_sees_and_its_exit_code_says_how_it_is(platform, capsys, monkeypatch):
    made, wsdl, _feed = platform
    made.add(1, NOW - timedelta(minutes=5), IdCard="310112201903011234", Extra="x")
    settings = [f"{name}={value}".replace("\n", "\\n") for name, value in SOAP.items() if name != "password"]
    monkeypatch.setattr("sys.stdin", io.StringIO("geheim\n"))
    with apps.as_jobs():
        assert command("add", "hospital-his", "soap", f"wsdl={wsdl}", *settings) == 0
    said = capsys.readouterr().out
    assert "QueryReports" in said
    assert "Extra" in said  # a column that nothing reads
    assert "310***" in said
    for secret in ("张1", "310112201903011234", "geheim"):
        assert secret not in said
    with apps.as_jobs():
        assert command("list") == 0
        assert command("settings", "hospital-his") == 0
        assert command("settings", "sql") == 0
    said = capsys.readouterr().out
    assert "geheim" not in said
    assert "dialect" in said
    Connection.objects.update(settings={**Connection.objects.get().settings, "record": "Nothing"})
    with apps.as_jobs():
        assert command("test", "hospital-his") == 0  # nothing there is a warning, no mistake
        Connection.objects.update(settings={**Connection.objects.get().settings, "operation": "Nothing"})
        assert command("test", "hospital-his") == 2
        assert command("off", "hospital-his") == 0
        for words in (("test", "hospital-his"), ("test", "nowhere"), ("settings", "db2"), ("add", "x", "sql", "host")):
            with pytest.raises(UserError):
                command(*words)
