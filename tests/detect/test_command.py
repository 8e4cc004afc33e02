"""`yifang detect`: the table that comes out, and one clear line for everything that cannot go in."""

import csv
import io
import math
import os
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from yifang import cli
from yifang.detect import ears_c1, moving_percentile

HEADER = "series,t,date,observed,expected,upperbound,pvalue,score,alarm,evaluable,method"
RISING = [1, 2, 3, 4, 5, 6, 7, 11]


@pytest.fixture
def table(tmp_path):
    """Write a table, text or bytes, and give its path."""

    def write(content, name="counts.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    return write


@pytest.fixture
def detect(tmp_path, capsys, monkeypatch):
    """Run the command in English: `(exit code, rows or None, lines on stderr)`."""
    monkeypatch.setenv("YIFANG_LANG", "en")

    def run(*words, method="ears-c1"):
        out = tmp_path / "out.csv"
        out.unlink(missing_ok=True)
        code = cli.main(["detect", *words, "--method", method, "--out", str(out)])
        said = capsys.readouterr()
        assert said.out == ""
        if not out.exists():
            return code, None, said.err.splitlines()
        text = out.read_text(encoding="utf-8")
        assert text.splitlines()[0] == HEADER
        return code, list(csv.DictReader(io.StringIO(text))), said.err.splitlines()

    return run


def by_t(counts, series="A", start=1):
    return "series,t,observed\n" + "".join(f"{series},{start + i},{one}\n" for i, one in enumerate(counts))


def by_date(counts, start, step, series="A"):
    lines = [f"{series},{start + timedelta(days=step * i)},{one}\n" for i, one in enumerate(counts)]
    return "series,date,observed\n" + "".join(lines)


def test_one_row_for_each_step_with_the_numbers_of_the_engine(table, detect):
    code, rows, said = detect(table(by_t(RISING)))
    assert code == 0
    assert [(row["series"], row["t"], row["date"]) for row in rows] == [("A", str(t), "") for t in range(1, 9)]
    first, last, found = rows[0], rows[-1], ears_c1(RISING)
    assert (first["expected"], first["upperbound"], first["pvalue"], first["score"]) == ("", "", "", "")
    assert (first["alarm"], first["evaluable"], first["method"]) == ("0", "0", "ears-c1")
    assert (last["observed"], last["expected"], last["alarm"], last["evaluable"]) == ("11", "4", "1", "1")
    for name in ("upperbound", "pvalue", "score"):
        assert float(last[name]) == getattr(found, name)[-1]
    assert said == [
        "1 series, 8 rows, 1 evaluable, 1 alarms",
        "7 rows not evaluable: history too short: the method looks back beyond the first count",
    ]


def test_the_order_of_rows_and_the_lengths_of_series_do_not_matter(table, detect):
    rng = np.random.default_rng(5)
    wanted, lines = {}, []
    for name, start, length in (("乙", 5, 30), ("甲", 1, 12), ("丙", -3, 9)):
        counts = rng.poisson(3.0, length)
        wanted[name] = ears_c1(counts)
        lines += [f"{name},{start + i},{one}" for i, one in enumerate(counts)]
    rng.shuffle(lines)
    names = list(dict.fromkeys(line.split(",")[0] for line in lines))
    _, rows, _ = detect(table("series,t,observed\n" + "\n".join(lines)))
    assert list(dict.fromkeys(row["series"] for row in rows)) == names
    for name in names:
        mine = [row for row in rows if row["series"] == name]
        assert [int(row["t"]) for row in mine] == sorted(int(row["t"]) for row in mine)
        bounds = [float(row["upperbound"] or "nan") for row in mine]
        np.testing.assert_array_equal(bounds, wanted[name].upperbound)
        assert [row["alarm"] for row in mine] == [str(int(one)) for one in wanted[name].alarm]


def test_gaps_and_empty_cells_are_missing_and_never_alarm(table, detect):
    text = by_t([*RISING[:7], "", 99]) + "A,11,99\nA,12,NA\n"
    _, rows, _ = detect(table(text))
    assert [row["t"] for row in rows] == [str(t) for t in range(1, 13)]
    assert [row["observed"] for row in rows[7:]] == ["", "99", "", "99", ""]
    assert {row["alarm"] for row in rows} == {"0"}


@pytest.mark.parametrize(
    ("step", "length", "freq"), [(1, 6 * 366, 365.25), (7, 300, 365.25 / 7)], ids=["days", "weeks"]
)
def test_the_cadence_is_found_from_the_dates(table, detect, step, length, freq):
    counts = np.random.default_rng(6).poisson(4.0, length)
    _, rows, _ = detect(table(by_date(counts, date(2018, 1, 3), step)), method="moving-percentile")
    found = moving_percentile(counts, freq=freq)
    np.testing.assert_array_equal([float(row["upperbound"] or "nan") for row in rows], found.upperbound)
    assert [row["alarm"] for row in rows] == [str(int(one)) for one in found.alarm]
    assert rows[-1]["date"] == str(date(2018, 1, 3) + timedelta(days=step * (length - 1)))
    assert rows[-1]["t"] == str(length)


@pytest.mark.parametrize("day", ["{y}-{m:02}-01", "{y}/{m}/1", "{y}年{m}月", "{y}-{m:02}", "{y}{m:02}15"])
def test_months_of_any_length_are_one_step(table, detect, day):
    counts = np.random.default_rng(7).poisson(9.0, 80).astype(float)
    months = [day.format(y=2015 + i // 12, m=i % 12 + 1) for i in range(80)]
    lines = [f"A,{month},{one:g}" for i, (month, one) in enumerate(zip(months, counts, strict=True)) if i != 40]
    _, rows, _ = detect(table("series,date,observed\n" + "\n".join(lines)), method="moving-percentile")
    counts[40] = math.nan
    found = moving_percentile(counts, freq=12)
    np.testing.assert_array_equal([float(row["upperbound"] or "nan") for row in rows], found.upperbound)
    assert rows[40]["date"].startswith("2018-05")
    assert rows[40]["observed"] == ""


def test_the_ends_of_months_are_months(table, detect):
    text = "series,date,observed\nA,2024-01-31,1\nA,2024-02-29,2\nA,2024-04-30,3\n"
    _, rows, _ = detect(table(text))
    assert [row["date"] for row in rows] == ["2024-01-31", "2024-02-29", "2024-03-31", "2024-04-30"]


def test_series_of_different_cadence_share_a_table(table, detect):
    weeks = by_date(range(1, 12), date(2024, 1, 1), 7, "weeks")
    days = by_date(range(1, 12), date(2024, 3, 5), 1, "days").partition("\n")[2]
    _, rows, _ = detect(table(weeks + days))
    assert [row["date"] for row in rows if row["series"] == "weeks"][-1] == "2024-03-11"
    assert [row["date"] for row in rows if row["series"] == "days"][-1] == "2024-03-15"
    assert len(rows) == 22


def test_t_and_dates_together_keep_both(table, detect):
    text = "series,t,date,observed\n" + "".join(f"A,{i},2024-01-{i:02},3\n" for i in range(4, 14))
    _, rows, _ = detect(table(text))
    assert (rows[0]["t"], rows[0]["date"]) == ("4", "2024-01-04")


@pytest.mark.parametrize(("since", "left"), [("7", 2), ("20", 0), ("-1", 8), ("2024-02-12", 2), ("20240213", 1)])
def test_from_cuts_the_rows_and_not_the_history(table, detect, since, left):
    code, rows, _ = detect(table(by_date(RISING, date(2024, 1, 1), 7)), f"--from={since}")
    assert code == 0
    assert len(rows) == left
    if left:
        assert rows[-1]["upperbound"] == repr(float(ears_c1(RISING).upperbound[-1]))


@pytest.mark.parametrize("encode", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("separator", [",", "\t", ";"])
def test_chinese_names_in_any_usual_encoding(table, detect, encode, separator):
    text = by_t(RISING, "浦东新区 水痘").replace(",", separator).replace("\n", "\r\n")
    code, rows, _ = detect(table(text.encode(encode)))
    assert code == 0
    assert {row["series"] for row in rows} == {"浦东新区 水痘"}


def test_parameters_reach_the_method(table, detect):
    path = table(by_t(RISING))
    for words in (("--set", "baseline=5", "minSigma=3"), ("--set", "baseline=5", "--set", "minSigma=3", "alpha=.001")):
        _, rows, _ = detect(path, *words)
        assert float(rows[-1]["upperbound"]) == ears_c1(RISING, baseline=5, minSigma=3).upperbound[-1]
    _, rows, _ = detect("--set", "baseline=5", path)
    assert rows[5]["evaluable"] == "1"
    people = "series,t,observed,population\n" + "".join(f"A,{i},5,{100 + 100 * (i > 7)}\n" for i in range(1, 9))
    _, rows, _ = detect(table(people, "people.csv"), "--set", "populationOffset=true")
    assert rows[-1]["expected"] == "10"


def test_the_percentile_of_a_disease_is_the_packs(table, detect):
    counts = np.random.default_rng(8).poisson(6.0, 300)
    path = table(by_t(counts))
    _, rows, _ = detect(path, "--set", "disease=varicella", method="moving_percentile")
    assert float(rows[-1]["upperbound"]) == moving_percentile(counts, percentile=75).upperbound[-1]
    assert rows[-1]["method"] == "moving-percentile"
    _, rows, _ = detect(path, "--set", "freq=26", "b=2", method="moving-percentile")
    assert float(rows[-1]["upperbound"]) == moving_percentile(counts, freq=26, b=2).upperbound[-1]


GOOD = by_t(RISING)
WRONG_CALLS = [
    (("--method", "farrington"), "ears-c1, ears-c2, ears-c3, moving-percentile"),
    (("--set", "bazeline=7"), "baseline"),
    (("--set", "percentile=80"), "baseline"),
    (("--set", "disease=varicella"), "baseline"),
    (("--method", "moving-percentile", "--set", "disease=nosuch"), "nosuch"),
    (("--set", "baseline"), "NAME=VALUE"),
    (("--set", "=7"), "NAME=VALUE"),
    (("--set", "baseline="), "baseline"),
    (("--set", "baseline=2"), "from 3 to 366"),
    (("--set", "baseline=7.5"), "7.5"),
    (("--set", "alpha=nan"), "nan"),
    (("--set", "freq=0"), "freq"),
    (("--set", "populationOffset=maybe"), "maybe"),
    (("--set", "populationOffset=true"), "population"),
    (("--from", "soon"), "soon"),
    (("--from", "2024-01-01"), "has none"),
    (("--colour", "red"), "--colour"),
]


@pytest.mark.parametrize(("words", "says"), WRONG_CALLS)
def test_a_wrong_call_is_one_line_and_exit_2(table, detect, words, says, capsys):
    try:
        code, rows, said = detect(table(GOOD), *words, method=_method(words))
    except SystemExit as end:
        code, rows, said = end.code, None, capsys.readouterr().err.splitlines()
    assert (code, rows, len(said)) == (2, None, 1)
    assert says in said[0]


def _method(words):
    return words[words.index("--method") + 1] if "--method" in words else "ears-c1"


H = "series,t,observed\n"
WRONG_TABLES = [
    (H + "A,1,3\nA,2,4\nA,1,5\n", ["line 4 repeats line 2", "delete one"]),
    ("series,date,observed\nA,2024-01-01,3\nA,2024/1/1,3\n", ["line 3 repeats line 2", "2024-01-01"]),
    (H + "A,1,many\n", ["line 2", "observed “many”", "leave it empty"]),
    (H + "A,1,nan\n", ["line 2", "nan"]),
    (H + "A,1,inf\n", ["line 2", "inf"]),
    (H + "A,1,1_000\n", ["line 2", "1_000"]),
    (H + "A,1,1e13\n", ["line 2", "large"]),
    (H + "A,1,-2\n", ["line 2", "negative (-2)"]),
    (H + "A,one,2\n", ["line 2", "“one”"]),
    (H + "A,1.5,2\n", ["line 2", "1.5"]),
    (H + "A,,2\n", ["line 2", "t or date"]),
    (H + ",1,2\n", ["line 2", "series name"]),
    (H + "A,1\n", ["line 2 has 2 cells, the header 3"]),
    (H + "A,1,1,000\n", ["line 2 has 4 cells, the header 3"]),
    (H + "A,1,2\nA,99999999,2\n", ["line 3", "span 99999999 steps"]),
    ("series,date,observed\nA,2024-13-01,2\n", ["line 2", "2024-13-01"]),
    ("series,date,observed\nA,01/02/2024,2\n", ["line 2", "01/02/2024"]),
    ("series,date,observed\nA,2024-01-01 08:30,2\n", ["line 2", "08:30"]),
    ("series,date,observed\nA,2024,2\n", ["line 2", "2024"]),
    ("series,t,date,observed\nA,1,,2\nA,,2024-01-01,2\n", ["line 3", "t or date"]),
    ("series,t,observed,population\nA,1,2,-5\n", ["line 2", "population is negative"]),
    (H, ["no rows"]),
    ("", ["no rows"]),
    ("\n\n", ["no rows"]),
    ("t,observed\n1,2\n", ["series", "t, observed"]),
    ("series,observed\nA,2\n", ["t or date"]),
    ("name;week;cases\nA;1;2\n", ["name, week, cases"]),
    ("series,t,t,observed\nA,1,1,2\n", ["“t” twice"]),
    (b"PK\x03\x04\x00\x00\x00", ["text table"]),
    (H.encode() + b"\xff\xff\xff,1,2\n", ["line 2", "unreadable"]),
]


@pytest.mark.parametrize(("content", "says"), WRONG_TABLES)
def test_a_wrong_table_names_file_line_and_mend(table, detect, content, says):
    path = table(content)
    code, rows, said = detect(path)
    assert (code, rows, len(said)) == (2, None, 1)
    assert path in said[0]
    for word in says:
        assert word in said[0]


@pytest.mark.parametrize("slip", [0, 5, 10])
def test_a_slip_in_a_weekly_series_is_named_and_is_no_daily_series(table, detect, slip):
    lines = by_date(range(12), date(2024, 1, 1), 7).splitlines()
    lines[slip + 1] = f"A,{date(2024, 1, 2) + timedelta(days=7 * slip)},3"
    code, rows, said = detect(table("\n".join(lines)))
    assert (code, rows, len(said)) == (2, None, 1)
    assert f"line {slip + 2}" in said[0]
    assert "week" in said[0]


def test_every_mistake_is_told_at_once(table, detect):
    code, _, said = detect(table(H + "A,1,3\nA,1,4\nA,2,x\nB,1,-1\n"))
    assert code == 2
    assert [line.split(" line ")[1][0] for line in said] == ["3", "4", "5"]
    code, _, said = detect(table(H + "A,1,x\n" * 50))
    assert len(said) == 21
    assert "30 more" in said[-1]


def test_files_that_are_not_there_or_cannot_be_written(table, detect, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("YIFANG_LANG", "en")
    for path in (tmp_path / "none.csv", tmp_path):
        code, _, said = detect(str(path))
        assert (code, len(said)) == (2, 1)
        assert str(path) in said[0]
    good = table(GOOD)
    for out in (tmp_path / "no" / "out.csv", good):
        assert cli.main(["detect", good, "--method", "ears-c1", "--out", str(out)]) == 2
        assert str(out) in capsys.readouterr().err
    assert Path(good).read_text() == GOOD


def test_the_program_itself_writes_to_stdout_and_never_a_traceback(table):
    def yifang(*words, **environment):
        command = [sys.executable, "-m", "yifang.cli", "detect", *words]
        settings = {"PATH": os.environ["PATH"], "YIFANG_LANG": "en", **environment}
        return subprocess.run(command, capture_output=True, env=settings)

    good = table(by_t(RISING, "浦东"))
    done = yifang(good, "--method", "ears-c1", "--out", "-", LC_ALL="C", PYTHONUTF8="0", PYTHONIOENCODING="ascii")
    assert done.returncode == 0
    assert done.stdout.decode("utf-8").splitlines()[-1].startswith("浦东,8,,11,4,")
    for words in (
        (),
        (good,),
        (good, "--out", "-"),
        (good, "--method", "ears-c1"),
        ("--method", "ears-c1", "--out", "-"),
    ):
        done = yifang(*words)
        assert (done.returncode, done.stdout) == (2, b"")
        assert len(done.stderr.splitlines()) == 1
    assert b"moving-percentile" in yifang("--help").stdout
