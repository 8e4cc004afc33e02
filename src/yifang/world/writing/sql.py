"""A hospital whose data is read from views: its tables as standard SQL, for PostgreSQL and MariaDB alike.

`mz_visit` and `lis_result` are what the hospital's program keeps, `v_mzrz` and `v_jyjg` what it opens to others:
Chinese columns, cancelled rows left out, `更新时间` to read on from. No database is needed to write it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from yifang.world.writing.form import Visit
from yifang.world.writing.table import WORDS

TABLES = """\
CREATE TABLE mz_visit (
  jzh VARCHAR(30) NOT NULL, xm VARCHAR(50), xb VARCHAR(4), csrq DATE, zjhm VARCHAR(20), lxdh VARCHAR(20),
  xzz VARCHAR(200), dqbm VARCHAR(15), gzdw VARCHAR(100), jzxm VARCHAR(50), zy VARCHAR(30), jzlx VARCHAR(10),
  jzsj TIMESTAMP NULL, ks VARCHAR(50), ys VARCHAR(50), ysgh VARCHAR(20), zs VARCHAR(500), xbs VARCHAR(2000),
  fbrq DATE, zdbm VARCHAR(20), zdmc VARCHAR(200), jzyy VARCHAR(50), zf SMALLINT NOT NULL, gxsj TIMESTAMP NULL
);
CREATE TABLE lis_result (
  jzh VARCHAR(30) NOT NULL, bgdh VARCHAR(30) NOT NULL, xmhm SMALLINT NOT NULL, zh VARCHAR(100), xmmc VARCHAR(100),
  jg VARCHAR(200), ckz VARCHAR(100), bb VARCHAR(50), bgsj TIMESTAMP NULL, zt VARCHAR(10), gxsj TIMESTAMP NULL
);
CREATE INDEX mz_visit_gxsj ON mz_visit (gxsj);
CREATE INDEX lis_result_gxsj ON lis_result (gxsj);
CREATE VIEW v_mzrz AS SELECT
  jzh AS 就诊号, xm AS 姓名, xb AS 性别, csrq AS 出生日期, zjhm AS 身份证号, lxdh AS 联系电话, xzz AS 现住址,
  dqbm AS 现住地址编码, gzdw AS 工作单位, jzxm AS 家长姓名, zy AS 职业, jzlx AS 就诊类型, jzsj AS 就诊时间, ks AS 科室,
  ys AS 医生, ysgh AS 医生工号, zs AS 主诉, xbs AS 现病史, fbrq AS 发病日期, zdbm AS 诊断编码, zdmc AS 诊断名称,
  jzyy AS 就诊原因, gxsj AS 更新时间
FROM mz_visit WHERE zf = 0;
CREATE VIEW v_jyjg AS SELECT
  v.jzh AS 就诊号, v.xm AS 姓名, v.xb AS 性别, v.csrq AS 出生日期, v.zjhm AS 身份证号, v.xzz AS 现住址, v.ks AS 科室,
  v.ys AS 医生, r.bgdh AS 报告单号, r.zh AS 检验组合, r.xmmc AS 项目名称, r.jg AS 结果, r.ckz AS 参考范围,
  r.bb AS 标本, r.bgsj AS 报告时间, r.zt AS 报告状态, r.gxsj AS 更新时间
FROM lis_result r JOIN mz_visit v ON v.jzh = r.jzh WHERE v.zf = 0;
"""
_MOST = 400  # rows of one INSERT


def inserts(visits: Sequence[tuple[Visit, str]]) -> str:
    """INSERTs of some visits with what is wrong with each (`broken`: no time; `cancelled`: a voided row)."""
    rows, lines = [], []
    for one, fault in visits:
        who = one.who
        at = "NULL" if fault == "broken" else _text(f"{one.at:%Y-%m-%d %H:%M:%S}")
        rows.append(
            ",".join(
                [
                    _text(one.number), _text(who.name), _text("男" if who.sex == "male" else "女"),
                    _text(f"{who.birth:%Y-%m-%d}" if who.birth else ""), _text(who.id_no), _text(who.phone),
                    _text(who.address), _text(who.area), _text(who.employer), _text(who.guardian),
                    _text(who.occupation), _text(WORDS[one.kind]), at, _text(one.department), _text(one.doctor),
                    _text(one.doctor_no), _text(one.complaint), _text(one.history),
                    _text(f"{one.onset:%Y-%m-%d}" if one.onset else ""), _text(one.code), _text(one.text),
                    _text(one.reason), "1" if fault == "cancelled" else "0", _text(f"{one.at:%Y-%m-%d %H:%M:%S}"),
                ]
            )
        )  # fmt: skip
        done = _text(f"{one.result_at:%Y-%m-%d %H:%M:%S}")
        for number, line in enumerate(one.results, 1):
            lines.append(
                ",".join(
                    [
                        _text(one.number), _text(f"L{one.number}"), str(number), _text(line.panel), _text(line.name),
                        _text(line.value), _text(line.normal), _text(line.specimen), done, "'已审核'", done,
                    ]
                )
            )  # fmt: skip
    return "".join([*_statements("mz_visit", rows), *_statements("lis_result", lines)])


def _statements(table: str, rows: list[str]) -> Iterator[str]:
    for start in range(0, len(rows), _MOST):
        body = "),\n(".join(rows[start : start + _MOST])
        yield f"INSERT INTO {table} VALUES\n({body});\n"


def _text(value: str) -> str:
    # Neither a backslash nor a control character occurs in the county's texts, so doubling the quote is enough.
    return "'" + value.replace("'", "''") + "'" if value else "NULL"
