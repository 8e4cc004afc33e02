# ruff: noqa: E501 (tables of columns and of words are read by their lines)
"""A whole hospital as its databases hold it: outpatient and inpatient visits and records in one, laboratory and pharmacy
in another, imaging reports behind a WebService. Tables with the short names of such programs, views with Chinese columns.

What a visit does not say of itself (its drugs, its imaging report, when it left) is drawn from its number alone, so that
the same visit is always written the same way.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from yifang.world.writing.form import Result, Visit
from yifang.world.writing.table import WORDS

Row = tuple[Any, ...]
HIS = """\
CREATE TABLE mz_visit (jzh VARCHAR(30) PRIMARY KEY, hzid VARCHAR(20), xm VARCHAR(50), xb VARCHAR(4), csrq DATE,
  zjhm VARCHAR(20), lxdh VARCHAR(20), xzz VARCHAR(200), dqbm VARCHAR(15), gzdw VARCHAR(100), jzxm VARCHAR(50),
  zy VARCHAR(30), jzlx VARCHAR(10), jzsj TIMESTAMP, cfz VARCHAR(4), ks VARCHAR(50), ys VARCHAR(50), ysgh VARCHAR(20),
  zdbm VARCHAR(60), zdmc VARCHAR(200), fbrq DATE, cysj TIMESTAMP, zg VARCHAR(10), gxsj TIMESTAMP NOT NULL);
CREATE TABLE emr_note (jzh VARCHAR(30) PRIMARY KEY, zs VARCHAR(500), xbs VARCHAR(2000), ct VARCHAR(200),
  gxsj TIMESTAMP NOT NULL);
CREATE INDEX mz_visit_gxsj ON mz_visit (gxsj);
CREATE INDEX emr_note_gxsj ON emr_note (gxsj);
CREATE VIEW v_mzrz AS SELECT jzh AS 就诊号, hzid AS 患者ID, xm AS 姓名, xb AS 性别, csrq AS 出生日期, zjhm AS 身份证号,
  lxdh AS 联系电话, xzz AS 现住址, dqbm AS 现住地址编码, gzdw AS 工作单位, jzxm AS 家长姓名, zy AS 职业, jzlx AS 就诊类型,
  jzsj AS 就诊时间, cfz AS 初复诊, ks AS 科室, ys AS 医生, ysgh AS 医生工号, zdbm AS 诊断编码, zdmc AS 诊断名称,
  fbrq AS 发病日期, gxsj AS 更新时间
FROM mz_visit WHERE jzlx <> '住院';
CREATE VIEW v_zydj AS SELECT jzh AS 住院号, hzid AS 患者ID, xm AS 姓名, xb AS 性别, csrq AS 出生日期, zjhm AS 身份证号,
  lxdh AS 联系电话, xzz AS 现住址, dqbm AS 现住地址编码, gzdw AS 工作单位, jzxm AS 家长姓名, zy AS 职业, jzlx AS 就诊类型,
  jzsj AS 入院时间, cysj AS 出院时间, zg AS 转归, ks AS 科室, ys AS 医生, ysgh AS 医生工号, zdbm AS 诊断编码,
  zdmc AS 诊断名称, fbrq AS 发病日期, gxsj AS 更新时间
FROM mz_visit WHERE jzlx = '住院';
CREATE VIEW v_dzbl AS SELECT v.jzh AS 就诊号, v.hzid AS 患者ID, v.xm AS 姓名, v.xb AS 性别, v.csrq AS 出生日期,
  v.zjhm AS 身份证号, v.jzlx AS 就诊类型, v.jzsj AS 就诊时间, v.ks AS 科室, v.ys AS 医生, v.ysgh AS 医生工号,
  v.zdmc AS 诊断名称, n.zs AS 主诉, n.xbs AS 现病史, n.ct AS 体格检查, n.gxsj AS 更新时间
FROM emr_note n JOIN mz_visit v ON v.jzh = n.jzh;
"""
LIS = """\
CREATE TABLE lis_result (id BIGINT AUTO_INCREMENT PRIMARY KEY, jzh VARCHAR(30), hzid VARCHAR(20), xm VARCHAR(50),
  xb VARCHAR(4), csrq DATE, zjhm VARCHAR(20), ks VARCHAR(50), ys VARCHAR(50), bgdh VARCHAR(30), zh VARCHAR(100),
  xmmc VARCHAR(100), jg VARCHAR(200), ckz VARCHAR(100), ts VARCHAR(10), bb VARCHAR(50), cysj DATETIME, bgsj DATETIME,
  zt VARCHAR(10), gxsj DATETIME NOT NULL, KEY lis_gxsj (gxsj)) CHARACTER SET utf8mb4;
CREATE TABLE yf_dispense (id BIGINT AUTO_INCREMENT PRIMARY KEY, jzh VARCHAR(30), hzid VARCHAR(20), xm VARCHAR(50),
  xb VARCHAR(4), csrq DATE, zjhm VARCHAR(20), ks VARCHAR(50), ys VARCHAR(50), ypmc VARCHAR(100), fysj DATETIME,
  gxsj DATETIME NOT NULL, KEY yf_gxsj (gxsj)) CHARACTER SET utf8mb4;
CREATE VIEW v_jyjg AS SELECT jzh AS 就诊号, hzid AS 患者ID, xm AS 姓名, xb AS 性别, csrq AS 出生日期, zjhm AS 身份证号,
  ks AS 送检科室, ys AS 送检医生, bgdh AS 报告单号, zh AS 检验组合, xmmc AS 项目名称, jg AS 结果, ckz AS 参考范围,
  ts AS 异常提示, bb AS 标本, cysj AS 采样时间, bgsj AS 报告时间, zt AS 报告状态, gxsj AS 更新时间 FROM lis_result;
CREATE VIEW v_fyjl AS SELECT jzh AS 就诊号, hzid AS 患者ID, xm AS 姓名, xb AS 性别, csrq AS 出生日期, zjhm AS 身份证号,
  ks AS 开单科室, ys AS 开单医生, ypmc AS 药品名称, fysj AS 发药时间, gxsj AS 更新时间 FROM yf_dispense;
"""
VIEWS = {"his": ("v_mzrz", "v_zydj", "v_dzbl"), "lis": ("v_jyjg", "v_fyjl")}
# what this laboratory calls some tests, and no pack knows: the page of local names is for them
LOCAL_NAMES = {
    "乙型流感病毒抗原": "乙快(本院)", "甲型流感病毒抗原": "甲快(本院)", "诺如病毒核酸": "NV核酸", "肠道病毒通用型核酸": "EV通用(本院)",
    "虎红平板凝集试验": "RBPT(本院)",
}  # fmt: skip
# beginning of the diagnosis' code → what is dispensed
_DRUGS = {
    "J09": ("磷酸奥司他韦胶囊",), "J10": ("磷酸奥司他韦胶囊",), "J11": ("磷酸奥司他韦颗粒",),
    "A15": ("异烟肼片", "利福平胶囊", "吡嗪酰胺片", "乙胺丁醇片"), "A16": ("异烟肼片", "利福平胶囊"),
    "A23": ("多西环素片", "利福平胶囊"), "A08": ("蒙脱石散", "口服补液盐散(Ⅲ)"), "A09": ("蒙脱石散", "口服补液盐散(Ⅲ)"),
    "A03": ("左氧氟沙星片", "口服补液盐散(Ⅲ)"), "B18": ("恩替卡韦分散片",), "B08": ("开喉剑喷雾剂",), "B01": ("阿昔洛韦片",),
    "B02": ("伐昔洛韦片",), "J15": ("阿奇霉素颗粒", "头孢克肟颗粒"), "J18": ("左氧氟沙星片",), "W54": ("人用狂犬病疫苗(Vero细胞)",),
    "K52": ("蒙脱石散",), "J": ("复方甘草口服溶液",), "R50": ("布洛芬混悬液",),
}  # fmt: skip
_IMAGING = {
    "A15": "右上肺见空洞影，周围多发卫星灶，考虑继发性肺结核，请结合痰检。", "A16": "双上肺斑片、条索影，考虑肺结核。",
    "J10": "双肺散在磨玻璃影，考虑病毒性肺炎。", "J15": "右下肺斑片状高密度影，考虑炎症。",
    "J18": "左下肺实变影，考虑肺炎。", "B90": "右上肺陈旧性病灶，钙化，未见活动性病变。",
}  # fmt: skip
_CLEAR = "双肺纹理清晰，未见实变及空洞影，心膈未见异常。"


def _chance(visit: Visit) -> random.Random:
    return random.Random(zlib.crc32(visit.number.encode()))


def _left(visit: Visit) -> datetime:
    return visit.at + timedelta(days=_chance(visit).randint(3, 9), hours=2)


def his_rows(visits: Sequence[Visit], until: datetime) -> tuple[list[Row], list[Row]]:
    """Rows of `mz_visit` and `emr_note`, as they stand at `until`: who has not left yet has no day of discharge."""
    rows, notes = [], []
    for one in visits:
        who, chance = one.who, _chance(one)
        stays = one.kind == "inpatient"
        left = _left(one) if stays and _left(one) <= until else None
        changed = left or one.at
        rows.append(
            (
                one.number, who.mrn, who.name, _sex(one), who.birth, who.id_no, who.phone, who.address, who.area,
                who.employer, who.guardian, who.occupation, WORDS[one.kind], one.at, chance.choice(("初诊", "初诊", "复诊")),
                one.department, one.doctor, one.doctor_no, one.code, one.text, one.onset, left,
                chance.choice(("治愈", "好转", "好转")) if left else None, changed,
            )
        )  # fmt: skip
        exam = f"T {one.temperature}℃" if one.temperature else None
        notes.append((one.number, one.complaint, one.history, exam, min(one.at + timedelta(minutes=5), until)))
    return rows, notes


def lis_rows(visits: Sequence[Visit], until: datetime) -> tuple[list[Row], list[Row]]:
    """Rows of `lis_result` and `yf_dispense` as they stand at `until`, without their own number."""
    results, drugs = [], []
    for one in visits:
        who = (
            one.number,
            one.who.mrn,
            one.who.name,
            _sex(one),
            one.who.birth,
            one.who.id_no,
            one.department,
            one.doctor,
        )
        told = min(one.result_at, until)
        for line in one.results:
            results.append(
                (*who, f"L{one.number}", line.panel, LOCAL_NAMES.get(line.name, line.name), line.value, line.normal,
                 _flag(line), line.specimen, min(one.at + timedelta(minutes=20), told), told, "已审核", told)
            )  # fmt: skip
        at = min(one.at + timedelta(minutes=30), until)
        drugs += [(*who, name, at, at) for name in _drugs(one)]
    return results, drugs


def imaging_rows(visits: Sequence[Visit], until: datetime) -> Iterator[tuple[datetime, dict[str, str]]]:
    """Imaging reports with the time they were issued, at `until` at the latest, as the WebService tells them."""
    for one in visits:
        text = next((_IMAGING[key] for key in (one.code[:3],) if key in _IMAGING), "")
        if not text and one.code.startswith("J") and _chance(one).random() < 0.15:
            text = _CLEAR
        if text and _chance(one).random() < 0.8:
            at = min(one.at + timedelta(minutes=70), until)
            yield at, {
                "ReportNo": f"R{one.number}", "VisitNo": one.number, "PatientID": one.who.mrn, "PatientName": one.who.name,
                "Sex": _sex(one), "BirthDate": f"{one.who.birth:%Y-%m-%d}" if one.who.birth else "",
                "IdCard": one.who.id_no, "VisitType": WORDS[one.kind], "Department": one.department,
                "Doctor": one.doctor, "ExamItem": "胸部CT平扫", "Finding": text, "ReportTime": f"{at:%Y-%m-%d %H:%M:%S}",
                "UpdateTime": f"{at:%Y-%m-%d %H:%M:%S}",
            }  # fmt: skip


def _sex(one: Visit) -> str:
    return "男" if one.who.sex == "male" else "女"


def _flag(line: Result) -> str:
    return "异常" if line.is_abnormal else ""


def _drugs(one: Visit) -> Sequence[str]:
    code = one.code.split(";")[0]
    return _DRUGS.get(code[:3]) or (_DRUGS["J"] if code.startswith("J") else ())


MAPPING = """\
# 影像报告（WebService QueryReports 的元素）→ 记录的各项
id: hospital_imaging
title: 影像报告
kind: document
columns:
  person.name: [PatientName]
  person.sex: [Sex]
  person.birth: [BirthDate]
  person.id.cn_id: [IdCard]
  person.id.mrn: [PatientID]
  encounter.id: [VisitNo]
  encounter.kind: [VisitType]
  encounter.department: [Department]
  encounter.clinician: [Doctor]
  report.id: [ReportNo]
  report.at: [ReportTime]
  note.imaging: [Finding]
values:
  encounter.kind: {门诊: outpatient, 急诊: emergency, 住院: inpatient, 体检: checkup}
required: [note.imaging]
ignore: [ExamItem, UpdateTime]
"""
