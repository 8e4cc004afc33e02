"""What the hospital's imaging, pharmacy and death registers wrote, as the CSV files that such systems export."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from yifang.world.writing.form import Visit

_SEX = {"male": "男", "female": "女"}
_WHO = ("姓名", "性别", "出生日期", "身份证号", "就诊号")
IMAGING = (*_WHO, "申请科室", "申请医生", "申请医生工号", "检查号", "检查部位", "检查所见", "报告时间")
PHARMACY = (*_WHO, "开方科室", "开方医生", "开方医生工号", "处方号", "就诊原因", "临床诊断", "药品名称", "处方时间")
DEATH = (*_WHO, "科室", "医生", "死亡证编号", "根本死因编码", "根本死因", "死亡时间")
FEEDS = {"h01-pacs": "影像报告", "h01-rx": "处方发药", "h01-death": "死亡登记"}


@dataclass(frozen=True, slots=True)
class Besides:
    """What other registers hold of a visit."""

    visit: Visit
    imaging: str = ""
    drugs: tuple[str, ...] = ()
    cause: tuple[str, str] | None = None


def files(besides: Sequence[Besides]) -> dict[str, bytes]:
    """Feed code → its file, in GB18030."""
    imaging, pharmacy, death = [], [], []
    for number, one in enumerate(besides, 1):
        visit, who = one.visit, _who(one.visit)
        if one.imaging:
            at = visit.at + timedelta(minutes=70)
            imaging.append([*who, visit.department, visit.doctor, visit.doctor_no, f"CT{visit.number}", "胸部",
                            one.imaging, _minute(at)])  # fmt: skip
        for drug in _lines(one.drugs, number):
            pharmacy.append([*who, visit.department, visit.doctor, visit.doctor_no, f"CF{visit.number}", visit.reason,
                             visit.text, drug, _minute(visit.at + timedelta(minutes=25))])  # fmt: skip
        if one.cause:
            died = visit.at + timedelta(minutes=50)
            death.append([*who, visit.department, visit.doctor, f"SW{number:06d}", *one.cause, _minute(died)])
    tables = {"h01-pacs": (IMAGING, imaging), "h01-rx": (PHARMACY, pharmacy), "h01-death": (DEATH, death)}
    return {code: _table(header, rows) for code, (header, rows) in tables.items() if rows}


def _lines(drugs: Sequence[str], number: int) -> Sequence[str]:
    """Some pharmacies write a line a drug, some a prescription in one line; here every other prescription."""
    return drugs if number % 2 else ("、".join(drugs),) * bool(drugs)


def _who(visit: Visit) -> list[str]:
    who = visit.who
    return [who.name, _SEX[who.sex], f"{who.birth:%Y-%m-%d}" if who.birth else "", who.id_no, visit.number]


def _minute(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}"


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue().encode("gb18030")
