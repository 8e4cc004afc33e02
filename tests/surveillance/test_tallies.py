"""Counts that sources make themselves load as feeds, are corrected by later files, and give signals."""

import gzip
from datetime import date, datetime, timedelta

import pytest

from tests import apps
from yifang import formats
from yifang.apps.accounts.viewers import enter
from yifang.apps.intake.models import Feed
from yifang.apps.intake.services import take_bytes
from yifang.apps.ledger.services import NODE
from yifang.apps.surveillance import counting, services
from yifang.apps.surveillance.counting.selection import Selection
from yifang.apps.surveillance.models import Signal, TallyNumber, TallySeries
from yifang.apps.surveillance.queries import numbers
from yifang.kernel import clock

NOON = datetime(2026, 11, 20, 4, tzinfo=clock.UTC)


@pytest.fixture
def county(db):
    with clock.frozen(NOON):
        made = apps.county()
        with apps.as_jobs():
            Feed.objects.create(code="counts", name="汇总数据", organisation=made.organisations["cdc"])
        yield made


def take(text: str | bytes, name: str = "counts.csv"):
    with apps.as_jobs():
        data = text.encode() if isinstance(text, str) else text
        batch = take_bytes(data, name, Feed.objects.get(code="counts"), NODE)
        with clock.frozen(NOON + timedelta(seconds=10)):  # no more of the file comes
            while services.judge_due():
                pass
    return batch


@pytest.mark.parametrize(
    ("table", "period", "start", "disease", "label"),
    [
        ("month,disease,disease_cn,adcode,province_cn,cases,deaths\n2004-01,Hepatitis D,丁肝,110000,北京,3,0\n",
         "month", date(2004, 1, 1), "hepatitis_d", ""),
        ("year_month,disease_id,disease_name_en,disease_name_zh,cases,deaths,source_labels\n2010-02,D1,Plague,鼠疫,0,0,x\n",
         "month", date(2010, 2, 1), "plague", ""),
        ('"year","epoch","date","unit","observed","population","epochInYear"\n2006,1,2006-01-02,"u",25,4200,1\n',
         "day", date(2006, 1, 2), "", "counts · u"),
        ("t,observed,state,year,week\n1,24,0,2001,1\n", "week", date(2001, 1, 1), "", "counts"),
        ("Meldungen\tSaison\tErkrankung\tAltersgruppe\tRegion\tKalenderwoche\tInzidenz\n4\t2010/11\tARE\t0-4\tBund\t2011-W22\t28065\n",
         "week", date(2011, 5, 30), "", "0-4 · Bund"),
        ("area_code,disease,date,count\n310112001,hfmd,2025-05-01,3\n", "day", date(2025, 5, 1), "hfmd", ""),
        ("日期,症候群,区划代码,就诊数\n2026-11-01,流感样病例,310112,5\n", "day", date(2026, 11, 1), "", ""),
    ],
)  # fmt: skip
def test_a_table_of_counts_is_known_by_its_header(table, period, start, disease, label):
    (item,) = formats.read(("counts.csv", table.encode()))
    (one,) = item.tallies
    assert (one.period, one.start, one.disease, one.label) == (period, start, disease, label)


@pytest.mark.parametrize(("cell", "column"), [("x", "count"), ("-3", "count")])
def test_a_cell_that_is_no_count_waits_with_its_place(county, cell, column):
    batch = take(f"area_code,disease,date,count\n310112,hfmd,2025-05-01,{cell}\n310112,hfmd,2025-05-02,4\n")
    with apps.as_jobs():
        kept = batch.quarantined.get()
    assert (batch.records, kept.code, kept.place) == (1, "tallies.cell", f"row[2].{column}")


def test_daily_counts_of_a_disease_are_counted_and_corrected(county):
    take("area_code,disease,date,count\n310112001,hfmd,2026-11-01,3\n310112001,hfmd,2026-11-02,4\n")
    viewer = county.viewer("epidemiologist")
    year = Selection(apps.DISTRICT, date(2026, 1, 1), date(2026, 12, 31), ("hfmd",), classes=("clinical", "confirmed"))
    with enter(viewer):
        assert numbers.total(year, viewer) == 7
    again = take(
        "area_code,disease,date,count\n310112001,hfmd,2026-11-01,5\n310112001,hfmd,2026-11-02,4\n", "later.csv"
    )
    assert (again.records, again.repeats) == (1, 1)
    with enter(viewer):
        assert numbers.total(year, viewer) == 9
    with apps.as_jobs():
        assert counting.verify().holds


def test_a_monthly_series_above_its_past_is_one_signal_that_explains_itself(county):
    months = [date(2015 + number // 12, number % 12 + 1, 1) for number in range(71)]
    rows = "".join(f"{month:%Y-%m},布病,150000,内蒙古,{20 + month.month % 5},0\n" for month in months)
    head = "month,disease_cn,adcode,province_cn,cases,deaths\n"
    take(head + rows)
    assert not Signal.objects.exists()
    take(head + "2020-12,布病,150000,内蒙古,90,0\n", "december.csv")
    signal = Signal.objects.get()
    assert (signal.method, signal.disease, signal.observed) == ("moving_percentile", "brucellosis", 90)
    assert signal.explanation["unit"]["name"].startswith("内蒙古")
    assert signal.explanation["series"]["step"] == "month"
    assert signal.first_day == date(2020, 12, 1)
    take(head + "2020-12,布病,150000,内蒙古,95,0\n", "corrected.csv")
    assert Signal.objects.get().observed == 95


@pytest.mark.parametrize(
    "name", ["r-surveillance/hepatitisA.csv", "r-surveillance/state_k1.csv", "simulated/point_source.csv"]
)
def test_weekly_series_of_the_shared_material_load_and_are_judged(county, shared, name):
    path = shared / "fixtures" / "surveillance-series" / name
    batch = take(path.read_bytes(), path.name)
    assert batch.refused == 0
    assert batch.records > 0
    assert TallyNumber.objects.count() == batch.items
    for signal in Signal.objects.all():
        assert signal.observed > signal.limit


def test_the_provincial_monthly_counts_of_the_shared_material_load_and_give_signals(county, shared):
    data = (shared / "fixtures" / "surveillance-series" / "cnid_monthly_by_province.csv.gz").read_bytes()
    lines = gzip.decompress(data).decode().splitlines()
    wanted = [line for line in lines[1:] if ",650000," in line or ",110000," in line]
    batch = take(gzip.compress("\n".join([lines[0], *wanted]).encode()), "cnid.csv.gz")
    assert batch.refused == 0
    assert TallySeries.objects.filter(area="110000", name="influenza").exists()
    assert Signal.objects.filter(method="moving_percentile").exists()
    for signal in Signal.objects.all():
        assert signal.first_day >= date(2004, 1, 1) + timedelta(days=365)


def test_who_looks_from_elsewhere_sees_no_series(county):
    take("area_code,disease,date,count\n310104,hfmd,2026-11-01,3\n")
    viewer = county.viewer("residence_epidemiologist")
    with enter(viewer):
        assert TallySeries.objects.count() == 1
    stranger = county.viewer("clinician")
    with enter(stranger):
        assert not TallySeries.objects.exists()


def test_a_series_in_the_midst_of_its_file_and_one_of_a_single_pharmacy_raise_nothing(county):
    days = [date(2026, 11, 1) + timedelta(days=number) for number in range(19)]
    with apps.as_jobs():
        code = county.organisations["hospital"].code
    rows = "".join(f"{code},{day},visits,{10 + day.day % 3}\n" for day in days)
    take("organisation_code,date,kind,count\n" + rows + f"{code},2026-11-20,visits,90\n")
    assert TallySeries.objects.count() == 1
    assert not Signal.objects.exists()
    with apps.as_jobs():
        services.note([("tally", str(TallySeries.objects.get().id), "310112")])
        TallySeries.objects.update(label="", updated_at=clock.now())
        assert services.judge_due() == 0
