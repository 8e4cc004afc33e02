# ruff: noqa: E501 (rows of a table are read as rows)
"""Batch intake: a day's outpatient log into a feed's folder, until every visit is stored, identified, in the ledger and
counted.

Fictional people with identity numbers, complaints of some sixty characters; a twentieth speaks of something notifiable.
"""

from __future__ import annotations

import csv
import io
import os
import random
import time
from datetime import date, datetime, timedelta
from pathlib import Path

from benchmarks.node import Node, processor, running

Figure = tuple[str, float, str, float]
ENCOUNTERS = int(os.environ.get("YIFANG_BENCH_ENCOUNTERS", "40000"))
_HEADER = [
    "就诊号",
    "姓名",
    "性别",
    "出生日期",
    "身份证号",
    "联系电话",
    "现住地址编码",
    "科室",
    "就诊时间",
    "主诉",
    "诊断编码",
    "诊断名称",
]
_COMPLAINTS = (
    ("发热伴咳嗽3天，最高体温38.6℃，咽痛，无气促，无皮疹，否认外出旅行史，家中无类似病人，精神食欲可，二便如常", "J06.9", "急性上呼吸道感染"),
    ("腹泻2天，每日5至6次，稀水样便，伴恶心呕吐，腹部隐痛，无发热，无脓血便，发病前有不洁饮食史，尿量略减少", "K52.9", "胃肠炎"),
    ("头痛头晕1周，测血压升高，无恶心呕吐，无肢体活动障碍，无发热，睡眠欠佳，既往高血压病史五年，规律服药控制", "I10", "高血压"),
    ("右膝关节疼痛半年，活动后加重，休息可缓解，无红肿，无发热，上下楼困难，外用膏药效果欠佳，要求进一步检查", "M17.9", "膝骨关节病"),
    ("咳嗽咳痰5天，黄白痰，夜间加重，无咯血，无盗汗，无胸痛，无发热，自服止咳药无好转，既往体健，否认接触史", "J20.9", "急性支气管炎"),
)  # fmt: skip


def run() -> list[Figure]:
    """Encounters a second from the file's arrival to the last count."""
    with running() as node:
        folder = _feed(node)
        _arrive(folder, "warm.csv", _log(500, 9_000_000))
        _until_done(500)
        data = _log(ENCOUNTERS, 0)
        before, started = processor(node), time.perf_counter()
        _arrive(folder, "day.csv", data)
        _until_done(ENCOUNTERS + 500)
        elapsed, used = time.perf_counter() - started, processor(node)
    costs = ", ".join(f"{name} {(used[name] - before[name]) / ENCOUNTERS * 1000:.2f}" for name in sorted(used))
    print(f"processor, ms a visit: {costs}")
    return [("batch intake, identified, in the ledger and counted", ENCOUNTERS / elapsed, "/s", 2000.0)]


def _feed(node: Node) -> Path:
    from django.conf import settings

    from yifang.apps.intake.models import Feed
    from yifang.apps.places.models import Organisation

    hospital = Organisation.objects.create(code="H31011299", name="基准医院", kind="hospital", area_code="310112")
    Feed.objects.create(code="bench", name="门诊日志", organisation=hospital, folder="bench")
    folder = Path(settings.YIFANG.inbox) / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _arrive(folder: Path, name: str, data: bytes) -> None:
    (folder / f"{name}.part").write_bytes(data)
    os.replace(folder / f"{name}.part", folder / name)


def _until_done(visits: int) -> None:
    """Until the count table holds every visit, which is the last thing that happens to one."""
    from django.db import connection

    until = time.monotonic() + 900
    while time.monotonic() < until:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM surveillance_counted WHERE sort = 'visit'")
            if cursor.fetchone()[0] >= visits:
                return
        time.sleep(0.1)
    raise RuntimeError("the visits were not counted in a quarter of an hour")


def _log(number: int, first: int) -> bytes:
    chance = random.Random(first)
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(_HEADER)
    now = datetime.now() - timedelta(hours=12)
    for place in range(first, first + number):
        complaint, code, name = chance.choice(_COMPLAINTS)
        if place % 20 == 0:
            complaint, code, name = (
                "发热2天，手心脚心疱疹，口腔疱疹，拒食流涎，幼儿园同班有类似病人，无抽搐",
                "B08.4",
                "手足口病",
            )
        writer.writerow(
            [
                f"V{place:08}", f"周{place % 9973:04}", "男女"[place % 2], f"{_born(place):%Y-%m-%d}", _number(place),
                f"139{place:08}", f"310112{place % 14 + 1:03}", "内科", f"{now + timedelta(seconds=place % 40000):%Y-%m-%d %H:%M}",
                complaint, code, name,
            ]
        )  # fmt: skip
    return out.getvalue().encode("gb18030")


def _born(number: int) -> date:
    return date(1940, 1, 1) + timedelta(days=number // 900 % 28_000)


def _number(number: int) -> str:
    from yifang.kernel.identity_number import check_digit

    first17 = f"310112{_born(number):%Y%m%d}{number % 900 + 100:03}"
    return first17 + check_digit(first17)
