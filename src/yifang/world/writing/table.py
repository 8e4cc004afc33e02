"""The outpatient log as tables, each system with its own headers, order, title and charset; CSV or a workbook.

A layout is a list of columns: the header as that system writes it and which value stands below it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import xlsxwriter  # type: ignore[import-untyped]

from yifang.world.writing.form import Visit

WORDS = {"outpatient": "门诊", "emergency": "急诊", "inpatient": "住院", "checkup": "体检"}
_SEX = {"male": "男", "female": "女"}


@dataclass(frozen=True, slots=True)
class Layout:
    """How one system writes its log. `title` stands above the header, `dates` is the form of days."""

    columns: tuple[tuple[str, str], ...]
    title: str = ""
    dates: str = "%Y-%m-%d"
    charset: str = "gb18030"


COUNTY = Layout(
    (
        ("就诊号", "number"), ("姓名", "name"), ("性别", "sex"), ("出生日期", "birth"), ("身份证号", "id_no"),
        ("联系电话", "phone"), ("现住址", "address"), ("现住地址编码", "area"), ("工作单位", "employer"),
        ("家长姓名", "guardian"), ("就诊类型", "kind"), ("就诊时间", "at"), ("科室", "department"), ("医生", "doctor"),
        ("医生工号", "doctor_no"), ("主诉", "complaint"), ("现病史", "history"), ("诊断编码", "code"),
        ("诊断名称", "text"), ("就诊原因", "reason"),
    )
)  # fmt: skip
HOSPITAL = Layout(
    (("患者ID", "mrn"), *COUNTY.columns, ("职业", "occupation"), ("发病日期", "onset"), ("体温", "temperature"))
)
CENTRES = (
    Layout(
        (
            ("序号", "order"), ("门诊号", "number"), ("患者姓名", "name"), ("性别", "sex"), ("年龄", "age"),
            ("出生日期", "birth"), ("身份证号码", "id_no"), ("职业", "occupation"), ("现住址", "address"),
            ("现住址编码", "area"), ("电话", "phone"), ("工作单位或学校", "employer"), ("监护人", "guardian"),
            ("就诊日期", "at"), ("发病日期", "onset"), ("主诉", "complaint"), ("体温", "temperature"),
            ("现病史", "history"), ("疾病编码", "code"), ("初步诊断", "text"), ("接诊医生", "doctor"),
        ),
        title="门诊日志",
    ),
    Layout(
        (
            ("就诊时间", "at"), ("就诊流水号", "number"), ("姓名", "name"), ("性别", "sex"), ("出生日期", "birth"),
            ("证件号码", "id_no"), ("家庭住址", "address"), ("行政区划代码", "area"), ("手机号", "phone"),
            ("单位名称", "employer"), ("家长姓名", "guardian"), ("主要症状", "complaint"), ("病史", "history"),
            ("ICD-10", "code"), ("诊断", "text"), ("医师", "doctor"), ("医师工号", "doctor_no"),
        ),
        charset="utf-8-sig",
        dates="%Y/%m/%d",
    ),
    Layout((*COUNTY.columns[:9], *COUNTY.columns[10:], ("人群分类", "occupation"))),
)  # fmt: skip


def values_of(one: Visit, layout: Layout, order: int) -> list[str]:
    """The cells of one visit."""
    who = one.who
    birth = who.birth
    told: dict[str, str] = {
        "order": str(order), "number": one.number, "name": who.name, "sex": _SEX.get(who.sex, "未知"),
        "birth": format(birth, layout.dates) if birth else "", "id_no": who.id_no, "phone": who.phone,
        "address": who.address, "area": who.area, "employer": who.employer, "guardian": who.guardian,
        "occupation": who.occupation, "kind": WORDS[one.kind], "at": format(one.at, layout.dates + " %H:%M"),
        "department": one.department, "doctor": one.doctor, "doctor_no": one.doctor_no, "complaint": one.complaint,
        "history": one.history, "temperature": one.temperature, "code": one.code, "text": one.text,
        "reason": one.reason, "onset": format(one.onset, layout.dates) if one.onset else "",
        "age": _age(birth, one.at) if birth else "", "mrn": who.mrn,
    }  # fmt: skip
    return [told[field] for _, field in layout.columns]


def csv_file(rows: Sequence[Sequence[str]], layout: Layout, charsets: Mapping[int, str] | None = None) -> bytes:
    """Header and rows as CSV; `charsets` names rows (from 0) that are written in another charset by mistake."""
    out: list[bytes] = []
    if layout.charset == "utf-8-sig":
        out.append(b"\xef\xbb\xbf")
    charset = layout.charset.removesuffix("-sig")
    if layout.title:
        out.append(f"{layout.title}{',' * (len(layout.columns) - 1)}\r\n".encode(charset))
    out.append(_row([header for header, _ in layout.columns]).encode(charset))
    for number, row in enumerate(rows):
        out.append(_row(row).encode((charsets or {}).get(number, charset)))
    return b"".join(out)


def workbook(rows: Sequence[Sequence[str]], layout: Layout, sheet: str = "门诊日志") -> bytes:
    """Header and rows as an Excel workbook, the same bytes each time."""
    return sheet_of([[header for header, _ in layout.columns], *rows], sheet)


def sheet_of(rows: Sequence[Sequence[str]], sheet: str) -> bytes:
    """Rows as a workbook of one sheet, every cell a text."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "constant_memory": True})
    book.set_properties({"created": datetime(2020, 1, 1)})  # the time of writing must not be in the bytes
    page = book.add_worksheet(sheet)
    for number, row in enumerate(rows):
        for at, value in enumerate(row):
            if value:
                page.write_string(number, at, value)
    book.close()
    return out.getvalue()


def _row(cells: Sequence[str]) -> str:
    out = io.StringIO(newline="")
    csv.writer(out).writerow(cells)
    return out.getvalue()


def _age(birth: date, at: datetime) -> str:
    months = (at.year - birth.year) * 12 + at.month - birth.month - (at.day < birth.day)
    if months >= 36:
        return f"{months // 12}岁"
    return f"{months}月" if months else f"{(at.date() - birth).days}天"
