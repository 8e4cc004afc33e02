"""The demo's visits: stories (`stories.yaml`) told of fictional residents at times before now, the same for a seed.

Names, addresses and telephones are put together from lists; identity numbers pass the check and belong to nobody.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import yaml

from yifang.kernel.clock import CHINA
from yifang.kernel.identity_number import check_digit
from yifang.knowledge import load

T = TypeVar("T")
HOME = "310112"
_FAMILIES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎"
_BOYS = ("浩然", "子轩", "宇航", "明辉", "建国", "志强", "立伟", "文博", "嘉树", "晨", "一鸣", "永康", "德海", "思远")
_GIRLS = ("梓涵", "雨桐", "欣怡", "思琪", "秀英", "丽华", "静怡", "若曦", "佳宁", "晓", "婉清", "桂芳", "玉兰", "诗雨")
_STREETS = ("示范路", "虚构路", "样例街", "演示大道", "测试弄")
_SCHOOLS = {True: "春申示范幼儿园{c}班", False: "春申示范小学{g}年级{c}班"}
_GRADES = "一二三四五"


@dataclass(frozen=True, slots=True)
class Result:
    """One line of a laboratory report."""

    panel: str
    name: str
    value: str
    normal: str
    specimen: str

    @property
    def is_abnormal(self) -> bool:
        return self.value.startswith(("阳性", *"ABCDEFG")) or "群生长" in self.value or "氏志贺菌生长" in self.value


@dataclass(frozen=True, slots=True)
class Story:
    """One kind of visit; `expects` is the disease that identification should name, empty for none."""

    id: str
    expects: str
    n: int
    fresh: int
    department: str
    ages: tuple[int, int]
    complaints: Sequence[str]
    histories: Sequence[str]
    diagnosis: tuple[str, str]
    results: Sequence[Result]
    visit: str
    sex: str
    school: bool
    residence: str
    reason: str
    urgent: bool


@dataclass(frozen=True, slots=True)
class Resident:
    """Somebody who is not."""

    name: str
    sex: str
    birth: date
    id_no: str
    phone: str
    area: str
    address: str
    employer: str
    guardian: str


@dataclass(frozen=True, slots=True)
class Visit:
    """One resident's visit. `at` is when it began, the laboratory reports at `result_at`."""

    number: str
    story: Story
    who: Resident
    at: datetime
    complaint: str
    history: str

    @property
    def result_at(self) -> datetime:
        return self.at + (timedelta(minutes=15) if self.story.urgent else timedelta(hours=3))


@cache
def stories() -> tuple[Story, ...]:
    """The stories of the file."""
    raw = yaml.safe_load((Path(__file__).parent / "stories.yaml").read_text(encoding="utf-8"))
    return tuple(_story(one) for one in raw["stories"])


def _story(raw: dict[str, Any]) -> Story:
    return Story(
        id=raw["id"], expects="" if raw["expects"] == "none" else raw["expects"], n=raw["n"], fresh=raw["fresh"],
        department=raw["department"], ages=tuple(raw["ages"]), complaints=raw["complaints"],
        histories=raw["histories"], diagnosis=tuple(raw["diagnosis"]),
        results=[Result(*map(str, one)) for one in raw.get("results", ())], visit=raw.get("visit", "outpatient"),
        sex=raw.get("sex", ""), school=raw.get("school", False), residence=raw.get("residence", HOME),
        reason=raw.get("reason", ""), urgent=raw.get("urgent", False),
    )  # fmt: skip


def visits(now: datetime, seed: int = 31) -> list[Visit]:
    """Every visit of every story, the earliest first: the fresh ones 4 to 15 hours back, the others 1 to 12 days."""
    chance = random.Random(seed)
    told = [
        _visit(chance, story, order, now, fresh=order < story.fresh)
        for story in stories()
        for order in range(story.n)
    ]  # fmt: skip
    return sorted(told, key=lambda one: (one.at, one.number))


def _visit(chance: random.Random, story: Story, order: int, now: datetime, *, fresh: bool) -> Visit:
    minutes = (35, 60) if story.urgent else (240, 900) if fresh else (1500, 17000)
    back = timedelta(minutes=chance.randint(*minutes))
    at = (now - back).astimezone(CHINA).replace(second=0, microsecond=0)
    days = str(chance.randint(2, 4))
    return Visit(
        number=f"{story.id.upper().replace('_', '')}{order + 1:03d}",
        story=story,
        who=_resident(chance, story, at.date()),
        at=at,
        complaint=chance.choice(story.complaints).replace("{d}", days),
        history=chance.choice(story.histories).replace("{d}", days),
    )


def _resident(chance: random.Random, story: Story, day: date) -> Resident:
    years = chance.randint(*story.ages)
    birth = day - timedelta(days=years * 365 + chance.randint(40, 360))
    sex = story.sex or chance.choice(("male", "female"))
    family = chance.choice(_FAMILIES)
    first17 = f"31011{chance.choice('0245')}{birth:%Y%m%d}{chance.randint(0, 499) * 2 + (sex == 'male'):03d}"
    area, township = chance.choice(_townships(story.residence))
    street = (
        f"{chance.choice(_STREETS)}{chance.randint(1, 300)}弄{chance.randint(1, 40)}号{chance.randint(101, 1802)}室"
    )
    return Resident(
        name=family + chance.choice(_BOYS if sex == "male" else _GIRLS),
        sex=sex,
        birth=birth,
        id_no=first17 + check_digit(first17),
        phone=f"1380000{chance.randint(0, 9999):04d}",
        area=area,
        address=township + street,
        employer=_school(chance, years) if story.school and years <= 11 else "",
        guardian=family + chance.choice(_GIRLS) if years < 14 else "",
    )


def _school(chance: random.Random, years: int) -> str:
    if years < 3:
        return ""
    small = years < 6
    grade = _GRADES[min(max(years - 6, 0), 4)]
    return _SCHOOLS[small].format(
        c=chance.choice("123") if not small else chance.choice(("小一", "中二", "大一")), g=grade
    )


@cache
def _townships(county: str) -> tuple[tuple[str, str], ...]:
    return tuple((one.code, one.name) for one in load().regions.children(county))


def grouped(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """The items in parts of `size`, the last one smaller."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
