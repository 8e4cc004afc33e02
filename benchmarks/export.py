# ruff: noqa: E501 (rows of a table are read as rows)
"""The county's export of the national system: 200,000 cards as a file into a feed's folder.

Five years of a fictional county: nine tenths finally audited, the rest unaudited or deleted; three hospitals, one of
which nobody knows. The clock runs until every card is stored with its case, and then until the last case is counted.
"""

from __future__ import annotations

import csv
import io
import os
import random
import time
from datetime import date, datetime, timedelta
from pathlib import Path

from benchmarks.node import running

Figure = tuple[str, float, str, float]
CARDS = int(os.environ.get("YIFANG_BENCH_CARDS", "200000"))
_SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾"
_GIVEN = "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂兰玉红建华文浩宇子涵梓轩欣怡"
_DISEASES = {
    "手足口病": 30, "流行性感冒": 30, "其它感染性腹泻病": 12, "水痘": 8, "乙型肝炎": 8, "肺结核": 5, "梅毒": 4, "猩红热": 1,
    "艾滋病": 1, "麻疹": 0.3, "布鲁氏菌病": 0.3, "登革热": 0.4,
}  # fmt: skip


def run() -> list[Figure]:
    """Seconds for 200,000 cards (scaled where fewer were asked for)."""
    data = _export(CARDS)
    with running():
        folder = _feed()
        started = time.perf_counter()
        (folder / "export.csv.part").write_bytes(data)
        os.replace(folder / "export.csv.part", folder / "export.csv")
        _until("SELECT coalesce(max(records), 0) FROM intake_batch", CARDS)  # counting them would take from it
        stored = time.perf_counter() - started
        _until("SELECT count(*) FROM surveillance_counted WHERE sort = 'disease'", _standing(CARDS))
        counted = time.perf_counter() - started
    scale = 200_000 / CARDS
    return [
        ("200,000 cards of the export stored with their cases", stored * scale, "s", 60.0),
        ("and every case counted", counted * scale, "s", 65.0),
    ]


def _feed() -> Path:
    from django.conf import settings

    from yifang.apps.intake.models import Feed
    from yifang.apps.places.models import Organisation

    cdc = Organisation.objects.create(code="C310112", name="基准疾控", kind="cdc", area_code="310112")
    for code, name in (("H1", "梅陇人民医院"), ("H2", "浦江中心医院")):
        Organisation.objects.create(code=code, name=name, kind="hospital", area_code="310112")
    Feed.objects.create(code="nidris", name="大疫情网导出", organisation=cdc, folder="nidris")
    folder = Path(settings.YIFANG.inbox) / "nidris"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _until(sql: str, number: int) -> None:
    from django.db import connection

    until = time.monotonic() + 1200
    while time.monotonic() < until:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            if cursor.fetchone()[0] >= number:
                return
        time.sleep(0.5)
    raise RuntimeError("the export was not taken in twenty minutes")


def _standing(cards: int) -> int:
    return sum(place % 20 != 19 for place in range(cards))


def _export(cards: int) -> bytes:
    from yifang.kernel.identity_number import check_digit
    from yifang.knowledge import load

    chance = random.Random(5)
    heads = [one.header for one in load().national_system.columns]
    names, weights = list(_DISEASES), list(_DISEASES.values())
    out = io.StringIO(newline="")
    out.write("传染病报告卡导出\n\n")
    writer = csv.writer(out)
    writer.writerow(heads)
    for place in range(cards):
        born = date(1940, 1, 1) + timedelta(days=place // 900 % 28_000)
        first17 = f"310112{born:%Y%m%d}{place % 900 + 100:03}"
        onset = datetime(2022, 1, 1) + timedelta(minutes=chance.randrange(1780 * 1440))
        diagnosed = onset + timedelta(days=1)
        entered = diagnosed + timedelta(hours=chance.randrange(1, 30))
        audited = f"{entered + timedelta(hours=chance.randrange(1, 30)):%Y-%m-%d %H:%M}"
        state = "已删除卡" if place % 20 == 19 else "未审核卡" if place % 20 == 18 else "已终审卡"
        given = {
            "卡片ID": f"{3101120000000000 + place}", "卡片编号": f"'3101122026{place:07}", "卡片状态": "原始卡",
            "患者姓名": chance.choice(_SURNAMES) + chance.choice(_GIVEN) + chance.choice(_GIVEN),
            "有效证件号": f"'{first17}{check_digit(first17)}", "有效证件类型": "居民身份证", "性别": chance.choice("男女"),
            "出生日期": born.isoformat(), "年龄": "35岁", "联系电话": f"138{place:08}", "病人属于": "本县区",
            "现住地址国标": f"310112{place % 14 + 1:02}", "现住详细地址": f"示范路{place}号", "人群分类": "工人",
            "病例分类": chance.choices(["临床诊断病例", "实验室诊断病例", "疑似病例"], [60, 30, 10])[0], "病例分类2": "未分型",
            "发病日期": f"{onset:%Y-%m-%d}", "诊断时间": f"{diagnosed:%Y-%m-%d %H:%M}",
            "疾病名称": chance.choices(names, weights)[0], "填卡医生": "张医生", "医生填卡日期": f"{diagnosed:%Y-%m-%d}",
            "报告单位地区编码": "31011200", "报告单位": chance.choice(["梅陇人民医院", "浦江中心医院", "未知医院"]),
            "单位类型": "医院", "报告卡录入时间": f"{entered:%Y-%m-%d %H:%M}", "审核状态": state,
            "县区审核时间": audited if state == "已终审卡" else ".", "删除时间": audited if state == "已删除卡" else ".",
        }  # fmt: skip
        writer.writerow([given.get(head, ".") for head in heads])
    return out.getvalue().encode("gb18030")
