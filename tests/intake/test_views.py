"""A view of a hospital's database read row by row: nothing lost, nothing twice, whatever happens on either side."""

from __future__ import annotations

import argparse
import io
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from tests import apps
from tests.intake import sources
from yifang.apps.intake import feeds_command, services
from yifang.apps.intake.connectors import polling, position
from yifang.apps.intake.connectors.sql import source
from yifang.apps.intake.durations import duration, written
from yifang.apps.intake.feed_pages import work_lines
from yifang.apps.intake.models import Batch, Connection, Quarantined, QuarantineState
from yifang.apps.intake.services.connections import accept_columns, settings_of
from yifang.apps.intake.services.looking import look
from yifang.apps.ledger.models import Entry
from yifang.apps.ledger.services import NODE
from yifang.apps.records.models import Record
from yifang.formats.tabular.database import cell
from yifang.kernel import clock, messages
from yifang.kernel.errors import UserError, YifangError

pytestmark = pytest.mark.django_db
pytest.importorskip("sqlalchemy", reason="the extra sql is not installed")
NAMES = {"postgresql": "PostgreSQL", "mariadb": "MariaDB"}
START = datetime(2026, 11, 23, 8, 0)
CREATE = """CREATE TABLE lis (no varchar(20), patient varchar(40), born date, item varchar(40), value varchar(40),
sampled {time}, changed {time} NOT NULL)"""
VIEW = """CREATE VIEW v_lis AS SELECT no AS "报告单号", patient AS "姓名", born AS "出生日期", item AS "项目名称",
value AS "结果", sampled AS "采样时间", changed FROM lis"""


class Hospital:
    """A database of its own with the results of a laboratory."""

    def __init__(self, kind: str, url: str, ask: Any) -> None:
        self.kind, self.url, self.ask = kind, url, ask

    def add(
        self, number: int, changed: datetime | None = None, value: str = "阳性", item: str = "甲型流感病毒抗原"
    ) -> None:
        at = START + timedelta(minutes=number)
        self.ask(
            "INSERT INTO lis VALUES (%s, %s, %s, %s, %s, %s, %s)",
            (f"R{number:04}", f"张{number}", date(2000, 1, 1), item, value, at, changed or at),
        )


@pytest.fixture(scope="module")
def postgresql(cluster) -> Iterator[tuple[str, Any]]:
    with sources.postgresql(cluster) as made:
        yield made


@pytest.fixture(scope="module")
def mariadb(tmp_path_factory) -> Iterator[tuple[str, Any]]:
    with sources.mariadb(tmp_path_factory.mktemp("mariadb")) as made:
        yield made


@pytest.fixture(params=NAMES)
def hospital(request) -> Hospital:
    url, ask = request.getfixturevalue(request.param)
    ask("DROP VIEW IF EXISTS v_lis")
    ask("DROP TABLE IF EXISTS lis")
    ask(CREATE.format(time="timestamp" if request.param == "postgresql" else "datetime(3)"))
    ask(VIEW)
    ask("GRANT SELECT ON v_lis TO reader" + ("@localhost" if request.param == "mariadb" else ""))
    return Hospital(request.param, url, ask)


@pytest.fixture
def county() -> apps.County:
    return apps.county()


@pytest.fixture
def yifang(county, capsys, monkeypatch, hospital):
    def run(*words: str, typed: str = "") -> str:
        parser = argparse.ArgumentParser()
        feeds_command.configure(parser)
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        with apps.as_jobs():
            assert feeds_command.run(parser.parse_args(("view", "hospital-his", *words))) == 0
        return capsys.readouterr().out

    return run


def begin(yifang, hospital, *words: str) -> Connection:
    yifang("--view", "v_lis", "--cursor", "changed", *words, typed=hospital.url + "\n")
    return Connection.objects.get()


def poll() -> int:
    with apps.as_jobs():
        return polling.poll_one(Connection.objects.select_related("feed__organisation").get(), NODE)


def test_rows_become_records_and_the_next_turn_takes_what_is_new(yifang, hospital):
    for number in range(3):
        hospital.add(number)
    said = yifang("--view", "v_lis", "--cursor", "changed", typed=hospital.url)
    assert "3 行" in said
    assert "3 条记录" in said
    assert poll() == 3
    assert (Record.objects.count(), Batch.objects.count()) == (3, 1)
    assert Record.objects.first().payload["results"][0]["value"] == "阳性"
    assert poll() == 0
    hospital.add(3)
    assert poll() == 1
    assert (Record.objects.count(), Batch.objects.count()) == (4, 2)
    assert not Quarantined.objects.exists()


def test_who_commits_late_is_not_lost(yifang, hospital):
    hospital.add(30)
    begin(yifang, hospital)
    assert poll() == 1
    hospital.add(25)  # an earlier value of the cursor, committed after we looked
    assert poll() == 1
    assert poll() == 0
    assert Record.objects.count() == 2


def test_a_row_that_is_dated_ahead_hides_none_that_come_after_it(yifang, hospital):
    now = clock.now().astimezone(clock.CHINA).replace(tzinfo=None, microsecond=0)
    hospital.add(1, now - timedelta(hours=2))
    hospital.add(2, now.replace(year=now.year + 1))  # a slip of the year
    begin(yifang, hospital)
    assert poll() == 2
    hospital.add(3, now - timedelta(seconds=30))
    assert [poll(), poll(), Record.objects.count()] == [1, 0, 3]
    with apps.as_jobs():
        seen = {one.code: one.level for one in look(Connection.objects.select_related("feed").get()).sights}
    assert seen["connect.saw_ahead"] == "warn"


def test_two_states_of_one_report_in_the_overlap_do_not_take_turns(yifang, hospital):
    """Both rows stand in the view; read again each turn, each would take the other back."""
    hospital.add(1, value="阴性")
    hospital.add(1, START + timedelta(minutes=2), value="阳性")
    begin(yifang, hospital)
    assert [poll() for _ in range(3)] == [2, 0, 0]
    assert Record.objects.count() == 2


def test_a_changed_row_is_a_new_version(yifang, hospital):
    hospital.add(1, value="阴性")
    begin(yifang, hospital)
    poll()
    hospital.ask("UPDATE lis SET value = '阳性', changed = %s", (START + timedelta(minutes=9),))
    assert poll() == 1
    assert sorted(Record.objects.values_list("version", "current")) == [(1, False), (2, True)]


def test_a_thousand_rows_with_one_time_are_all_taken(yifang, hospital):
    for number in range(1100):
        hospital.add(number, START)
    begin(yifang, hospital)
    assert poll() == 1100
    assert [poll(), Record.objects.count()] == [0, 1100]


def test_killed_between_two_parts_it_goes_on_where_it_stopped(yifang, hospital, monkeypatch):
    monkeypatch.setattr(source, "PART", 10)
    for number in range(35):
        hospital.add(number)
    begin(yifang, hospital)
    real, left = polling.take_part, [1, 1]

    def dies(*given):
        if not left:
            raise KeyboardInterrupt
        left.pop()
        return real(*given)

    monkeypatch.setattr(polling, "take_part", dies)
    with pytest.raises(KeyboardInterrupt), apps.as_jobs():
        polling.poll_one(Connection.objects.select_related("feed__organisation").get(), NODE)
    monkeypatch.setattr(polling, "take_part", real)
    assert poll() in (15, 35)  # as_jobs is one transaction here: the kill may have taken the parts back
    assert Record.objects.count() == 35


def test_a_row_that_cannot_be_read_is_quarantined_mended_and_replayed(yifang, hospital, county, client):
    hospital.add(1)
    hospital.add(2, value="")
    begin(yifang, hospital)
    assert poll() == 2
    item = Quarantined.objects.get()
    assert (item.code, item.batch.name) == ("table.required_empty", "v_lis.csv")
    text = services.quarantine.bytes_of(item).decode()
    assert text.startswith("报告单号,姓名")
    client.force_login(county.users["hospital_desk"])
    client.post(f"/quarantine/{item.id}/mend", {"text": text.replace("抗原,,", "抗原,阴性,"), "charset": "utf-8"})
    apps.run_deferred()
    item.refresh_from_db()
    assert (item.state, Record.objects.count()) == (QuarantineState.REPLAYED, 2)


def test_a_source_that_is_away_is_noted_and_read_on_when_it_is_back(yifang, hospital):
    hospital.add(1)
    view = begin(yifang, hospital)
    poll()
    hospital.ask(
        "ALTER TABLE lis RENAME TO away" if hospital.kind == "mariadb" else "REVOKE SELECT ON v_lis FROM reader"
    )
    assert poll() == 0
    view.refresh_from_db()
    assert view.error == ("intake.view_gone" if hospital.kind == "mariadb" else "intake.view_forbidden")
    assert view.error_params["reason"]
    assert view.succeeded_at < view.tried_at
    poll()
    if hospital.kind == "mariadb":
        hospital.ask("ALTER TABLE away RENAME TO lis")
    else:
        hospital.ask("GRANT SELECT ON v_lis TO reader")
    hospital.add(2)
    assert poll() == 1
    view.refresh_from_db()
    assert (view.error, view.succeeded_at) == ("", view.tried_at)
    kinds = list(Entry.objects.filter(kind__startswith="intake.view_").order_by("id").values_list("kind", flat=True))
    assert kinds == ["intake.view_set", "intake.view_failed", "intake.view_well"]


def test_columns_that_changed_stop_the_reading_but_lose_nothing(yifang, hospital):
    hospital.add(1)
    view = begin(yifang, hospital)
    hospital.ask("DROP VIEW v_lis")
    hospital.ask('CREATE VIEW v_lis AS SELECT no AS "编号", changed FROM lis')
    hospital.ask("GRANT SELECT ON v_lis TO reader" + ("@localhost" if hospital.kind == "mariadb" else ""))
    assert poll() == 0
    view.refresh_from_db()
    assert (view.error[:6], view.position) == ("table.", {})


def altered(hospital, columns: str) -> None:
    hospital.ask("DROP VIEW IF EXISTS v_lis")
    hospital.ask(f"CREATE VIEW v_lis AS SELECT {columns} FROM lis")
    hospital.ask("GRANT SELECT ON v_lis TO reader" + ("@localhost" if hospital.kind == "mariadb" else ""))


COLUMNS = """no AS "报告单号", patient AS "姓名", born AS "出生日期", item AS "项目名称", value AS "结果",
sampled AS "采样时间", changed"""
CHANGES = {
    "column renamed": (COLUMNS.replace('"采样时间"', '"采集时间"'), ("renamed", "采样时间 → 采集时间"), True),
    "column dropped": (COLUMNS.replace('born AS "出生日期", ', ""), ("dropped", "出生日期"), True),
    "column added": (COLUMNS + ', no AS "备用号"', ("added", "备用号"), True),
    "type changed": (
        COLUMNS.replace('sampled AS "采样时间"', """'2026-11-23 08:30' AS "采样时间\""""),
        ("retyped", "采样时间 (instant → text)"), True,
    ),
    "obligatory column dropped": (COLUMNS.replace('value AS "结果",', ""), ("dropped", "结果"), False),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_of_the_columns_turns_the_feed_red_and_the_rows_wait(yifang, hospital, county, client, change):
    columns, (what, said), readable = CHANGES[change]
    hospital.add(1)
    view = begin(yifang, hospital)
    assert poll() == 1
    before = Connection.objects.get().position
    altered(hospital, columns)
    hospital.add(20)
    hospital.add(21)
    assert [poll(), poll()] == [0, 0]
    view = Connection.objects.get()
    assert view.error == "intake.columns_changed"
    assert view.error_params[what] == said
    assert view.position == before
    assert Record.objects.count() == 1
    client.force_login(county.users["hospital_desk"])
    assert said in client.get("/feeds/hospital-his/").content.decode()
    assert Entry.objects.filter(kind="intake.view_failed").count() == 1
    if not readable:
        with pytest.raises(UserError, match="known"), apps.as_jobs():
            accept_columns(view.feed, NODE)
        altered(hospital, COLUMNS)  # the hospital takes its change back: nobody need do anything
    else:
        with apps.as_jobs():
            accept_columns(view.feed, NODE)
    assert [poll(), poll()] == [2, 0]  # the row of the overlap says less or more now, and is the same row
    assert (Record.objects.count(), Connection.objects.get().error) == (3, "")


def test_columns_in_another_order_are_the_same(yifang, hospital):
    hospital.add(1)
    begin(yifang, hospital)
    poll()
    altered(hospital, 'changed, value AS "结果", item AS "项目名称", born AS "出生日期", sampled AS "采样时间", '
            'patient AS "姓名", no AS "报告单号"')  # fmt: skip
    hospital.add(20)
    assert poll() == 1
    assert (Record.objects.count(), Connection.objects.get().error) == (2, "")


def test_a_view_that_is_gone_and_a_permission_that_is_lost_are_told_apart(yifang, hospital):
    hospital.add(1)
    begin(yifang, hospital)
    poll()
    who = "reader@localhost" if hospital.kind == "mariadb" else "reader"
    hospital.ask(f"REVOKE SELECT ON v_lis FROM {who}")
    poll()
    assert Connection.objects.get().error == (
        "intake.view_login" if hospital.kind == "mariadb" else "intake.view_forbidden"
    )
    hospital.ask(f"GRANT SELECT ON v_lis TO {who}")
    hospital.ask("ALTER TABLE lis RENAME TO away") if hospital.kind == "mariadb" else hospital.ask("DROP VIEW v_lis")
    hospital.add(2) if hospital.kind == "postgresql" else None
    poll()
    found = Connection.objects.get()
    assert found.error == "intake.view_gone"
    assert found.position["value"] == (START + timedelta(minutes=1)).isoformat()
    if hospital.kind == "mariadb":
        hospital.ask("ALTER TABLE away RENAME TO lis")
        hospital.add(2)
    else:
        altered(hospital, COLUMNS)
    assert poll() == 1
    assert Connection.objects.get().error == ""


def test_an_empty_result_where_rows_are_expected_is_told_as_silence(yifang, hospital, county):
    """The view answers, and with nothing: no error of any database, and yet the desk hears of it."""
    hospital.add(1)
    begin(yifang, hospital)
    poll()
    with apps.as_jobs():
        services.set_cadence(county.feeds["hospital"], 3600, NODE)
    hospital.ask("DELETE FROM lis")
    Batch.objects.update(received_at=clock.now() - timedelta(hours=4))
    assert poll() == 0
    assert Connection.objects.get().error == ""
    (line,) = work_lines(county.viewer("hospital_desk"))
    assert line.url == "/feeds/hospital-his/"


def test_an_import_that_says_success_and_imported_nothing_is_no_success(yifang, hospital, county):
    hospital.add(1)
    begin(yifang, hospital)
    poll()
    for number in (30, 31):
        hospital.add(number, value="")  # a result without its value: every row is refused
    assert poll() == 2
    found = Connection.objects.get()
    assert (found.error, found.error_params) == ("intake.nothing_stored", {"rows": "2"})
    assert Quarantined.objects.count() == 2
    assert len(list(work_lines(county.viewer("hospital_desk")))) == 1
    poll()
    assert Connection.objects.get().error == "intake.nothing_stored"  # nothing better came since
    hospital.add(32)
    poll()
    assert Connection.objects.get().error == ""


def test_a_turn_reads_no_more_rows_than_it_may_and_goes_on_at_the_next(yifang, hospital):
    for number in range(30):
        hospital.add(number, START if number < 25 else None)  # more of one time than a turn may read
    begin(yifang, hospital)
    Connection.objects.update(settings={**Connection.objects.get().settings, "most": 10})
    taken = [poll() for _ in range(5)]
    assert (sum(taken), max(taken)) == (30, 10)
    assert Record.objects.count() == 30


def test_it_is_not_read_in_its_quiet_hours(yifang, hospital, monkeypatch):
    begin(yifang, hospital)
    Connection.objects.update(quiet="07:30-09:00,22:00-02:00")
    for hour, minute, quiet in (
        (7, 29, False),
        (7, 30, True),
        (9, 0, False),
        (23, 0, True),
        (1, 59, True),
        (2, 0, False),
    ):
        now = datetime(2026, 11, 23, hour, minute, tzinfo=clock.CHINA)
        monkeypatch.setattr(polling.clock, "now", lambda now=now: now)
        assert (polling.due() == []) is quiet, (hour, minute)


def test_what_is_seen_of_a_database_before_it_is_trusted(yifang, hospital):
    for number in range(12):
        hospital.add(number, value="" if number == 11 else "阳性")
    begin(yifang, hospital)
    with apps.as_jobs():
        seen = look(Connection.objects.select_related("feed").get())
    told = {one.code: one for one in seen.sights}
    assert NAMES[hospital.kind] in told["connect.saw_server"].params["kind"] or hospital.kind == "mariadb"
    assert told["connect.saw_rows"].params == {"rows": "12", "since": "—"}
    assert "采样时间" in told["connect.saw_columns"].params["columns"]
    assert told["connect.saw_reads_only"].level == "good"
    assert {"connect.saw_clock", "connect.saw_zone"} & set(told)  # PostgreSQL tells its own zone
    assert "居民身份证号" in told["connect.saw_missing"].params["fields"]["zh"]
    assert told["connect.saw_mapping"].params == {"mapping": "检验结果", "n": 6, "all": 7}
    assert told["connect.saw_read"].params == {"records": 10, "refused": 0}
    assert (seen.away, seen.is_bad) == (False, False)
    for code in told:
        for language in ("zh", "en"):
            messages.render(code, told[code].params, language)


def test_a_look_says_what_must_be_mended(yifang, hospital):
    hospital.add(1)
    begin(yifang, hospital)
    poll()
    who = "reader@localhost" if hospital.kind == "mariadb" else "reader"
    hospital.ask(f"GRANT INSERT ON v_lis TO {who}")
    hospital.ask("ALTER TABLE lis MODIFY changed datetime(3) NULL" if hospital.kind == "mariadb" else
                 "ALTER TABLE lis ALTER changed DROP NOT NULL")  # fmt: skip
    hospital.ask("INSERT INTO lis (no) VALUES ('R9')")
    with apps.as_jobs():
        seen = look(Connection.objects.select_related("feed").get())
    levels = {one.code: one.level for one in seen.sights}
    assert (levels["connect.saw_may_write"], levels["connect.saw_null_cursor"]) == ("warn", "bad")
    assert seen.is_bad
    hospital.ask("DROP VIEW v_lis")
    with apps.as_jobs():
        assert look(Connection.objects.select_related("feed").get()).away


def test_the_password_is_sealed_and_nowhere_said(yifang, hospital, county):
    hospital.add(1)
    said = yifang("--view", "v_lis", "--cursor", "changed", typed=hospital.url)
    view = Connection.objects.get()
    assert settings_of(view)[1].password == "geheim-7"
    assert b"geheim" not in bytes(view.sealed)
    hospital.ask("DROP VIEW v_lis")
    poll()
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(e::text, '') FROM ledger_entry e")
        told = cursor.fetchone()[0]
    view.refresh_from_db()
    assert "geheim" not in f"{said}{told}{view.shown}{view.settings}{view.error_params}{settings_of(view)[1]!r}"


def test_what_cannot_be_read_is_refused_before_anything_is_kept(yifang, hospital, tmp_path):
    hospital.add(1)
    # MariaDB does not tell who may read nothing whether there is anything
    absent = "view_forbidden" if hospital.kind == "mariadb" else "view_gone"
    wrong = [
        (("--view", "v_lis", "--cursor", "changed"), "", "view_no_url"),
        (("--view", "v_lis", "--cursor", "changed"), "db2://x:y@h/d", "view_url"),
        (("--view", "v_lis", "--cursor", "changed"), "nonsense", "view_url"),
        (("--view", "v_lis"), hospital.url, "view_what"),
        (("--view", "nowhere", "--cursor", "changed"), hospital.url, absent),
        (("--view", "v_lis", "--cursor", "nowhere"), hospital.url, "view_columns"),
        (("--view", "v_lis", "--cursor", "changed"), hospital.url.replace("geheim-7", "x"), "view_login"),
        (("--view", "v_lis", "--cursor", "changed", "--every", "often"), hospital.url, "duration"),
    ]  # fmt: skip
    for words, typed, code in wrong:
        with pytest.raises(YifangError) as refused:
            yifang(*words, typed=typed)
        assert refused.value.code == f"intake.{code}", words
        assert "geheim" not in refused.value.render("zh")
    assert not Connection.objects.exists()


def test_the_address_may_stand_in_the_environment(yifang, hospital, monkeypatch):
    monkeypatch.setenv("LIS_URL", hospital.url)
    assert begin(yifang, hospital, "--url-from-env", "LIS_URL", "--since", "2026-11-23T08:05:00")
    for number in range(10):
        hospital.add(number)
    begin(yifang, hospital, "--url-from-env", "LIS_URL", "--since", "2026-11-23T08:05:00", "--overlap", "0")
    assert poll() == 5


def test_an_own_mapping_reads_columns_of_other_names(yifang, hospital, tmp_path):
    hospital.add(1)
    hospital.ask("DROP VIEW v_lis")
    hospital.ask("CREATE VIEW v_lis AS SELECT no, patient, item, value, sampled, changed FROM lis")
    hospital.ask("GRANT SELECT ON v_lis TO reader" + ("@localhost" if hospital.kind == "mariadb" else ""))
    with pytest.raises(UserError, match="mapping"):
        begin(yifang, hospital)
    file = tmp_path / "lis.yaml"
    file.write_text(
        "id: lis\nkind: lab_report\ncolumns: {person.name: [patient], report.id: ['no'], result.name: [item], "
        "result.value: [value], result.at: [sampled]}\nrequired: [result.name]\nignore: [changed]\n"
    )
    begin(yifang, hospital, "--mapping", str(file))
    assert poll() == 1
    assert Record.objects.get().payload["results"][0]["name"] == "甲型流感病毒抗原"


def test_it_is_read_when_it_is_due_and_no_more_when_it_is_off(yifang, hospital):
    hospital.add(1)
    begin(yifang, hospital, "--every", "1h")
    assert len(polling.due()) == 1
    poll()
    assert polling.due() == []
    Connection.objects.update(tried_at=clock.now() - timedelta(hours=2))
    assert len(polling.due()) == 1
    yifang("--off")
    assert polling.due() == []
    assert Record.objects.count() == 1


@pytest.mark.parametrize("value", [datetime(2026, 1, 2, 3, 4, 5, 678900), date(2026, 1, 2), 7, Decimal("7.5"), "A7"])
def test_a_position_is_kept_as_it_is(value):
    assert position.loaded(position.dumped(value)) == value


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, ""), (True, "1"), (3.0, "3"), (Decimal("3.50"), "3.50"), (Decimal("3.00"), "3"), (b"\xd1\xf4", "阳"),
        (datetime(2026, 1, 2), "2026-01-02"), (datetime(2026, 1, 2, 3, 4), "2026-01-02T03:04:00"),
        (datetime(2026, 1, 2, 3, 4, tzinfo=clock.CHINA), "2026-01-02T03:04:00+08:00"), (date(2026, 1, 2), "2026-01-02"),
        (float("nan"), "nan"), (timedelta(hours=8), "8:00:00"),
    ],
)  # fmt: skip
def test_a_value_is_shown_as_an_export_would(value, shown):
    assert cell(value) == shown


@pytest.mark.parametrize("text", ["30s", "5m", "2h", "1d", "2w"])
def test_a_length_of_time_is_read_and_written(text):
    assert written(duration(text)) == text


@pytest.mark.parametrize("text", ["", "0s", "5", "5 parsecs", "-1d"])
def test_no_length_of_time(text):
    with pytest.raises(UserError):
        duration(text)
