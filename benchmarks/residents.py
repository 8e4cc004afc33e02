"""A made population with its truth, to measure the person index: who is who is known, and what sources do to it.

Everything is fictional and follows from the seed: households with shared telephones and addresses, children registered
with a parent's telephone and at times a parent's identity number, twins of like names, common names, numbers that are
missing or mistyped, homophones, moved homes. The rates below are ours, set before the rules were measured.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from yifang.kernel.identity_number import check_digit

COUNTY = "310112"
TODAY = date(2026, 11, 1)
RATES = {
    "number missing": 0.25, "number mistyped": 0.006, "parent's number for a child": 0.04,
    "homophone in the name": 0.010, "another character in the name": 0.005, "sex wrong": 0.003,
    "day of birth wrong": 0.008, "telephone missing": 0.12, "telephone changed": 0.30, "address missing": 0.20,
    "home moved": 0.08, "township unknown": 0.30, "insurance number given": 0.30, "twins among births": 0.015,
}  # fmt: skip

_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高梁郑谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷"
    "龙史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常欧阳"
)
_MALE = "伟强磊军洋勇杰涛明超刚平辉鹏华飞鑫波斌宇浩凯健俊帆帅旭宁龙林欢建文志海永国新春东子博轩宸泽梓晨铭睿"
_FEMALE = "芳娜敏静丽艳娟霞秀燕玲桂英莉红萍梅婷雪慧琳玉凤洁云丹晶欣佳怡嘉颖梦雨涵诗梓萱可馨语桐思"
# Characters keyed for one another because they sound alike.
_HOMOPHONES = (
    "伟炜玮", "佳嘉家", "晓小筱", "明铭鸣", "静靖婧", "怡宜仪", "欣鑫心", "宇雨羽",
    "丽莉立", "杰洁捷", "辉晖慧", "英颖莹", "军君均", "志智治", "文雯闻", "梅玫媚",
    "波博泊", "浩昊皓", "龙隆珑", "萍平苹", "芳方坊", "强墙蔷", "涵寒含", "桐童彤",
    "张章", "吴武", "余于俞", "徐许", "付傅", "江姜", "程陈成", "肖萧",
    "卢鲁", "闫严阎",
)  # fmt: skip
_SOUNDS = {one: group.replace(one, "") for group in _HOMOPHONES for one in group}
_ROADS = (
    "莘松路",
    "沪闵路",
    "春申路",
    "景谷路",
    "剑川路",
    "江川路",
    "华宁路",
    "鹤庆路",
    "碧江路",
    "瑞丽路",
    "金平路",
    "龙吴路",
)
_TOWNSHIPS = tuple(f"{COUNTY}{number:03}" for number in (1, 2, 3, 5, 101, 102, 103, 106))


@dataclass(frozen=True, slots=True)
class Resident:
    """One person as they are; `parent` is the place of a parent in the list."""

    name: str
    sex: str
    birth: date
    number: str
    phone: str
    new_phone: str
    address: str
    new_address: str
    township: str
    insurance: str
    parent: int | None = None
    guardian: str = ""
    twin: bool = False


@dataclass(frozen=True, slots=True)
class Mention:
    """What one source wrote of somebody at one visit; `who` is the truth."""

    who: int
    organisation: str
    name: str
    sex: str
    birth: date
    number: str = ""
    phone: str = ""
    address: str = ""
    area: str = COUNTY
    mrn: str = ""
    insurance: str = ""
    guardian: str = ""


def residents(count: int, rng: random.Random) -> list[Resident]:
    """At least `count` people in households."""
    found: list[Resident] = []
    while len(found) < count:
        found += _household(len(found), rng)
    return found


def mentions(people: list[Resident], rng: random.Random, organisations: int = 6) -> list[Mention]:
    """One to five visits of each person at any of the organisations, in a mixed order."""
    made = [
        _mention(index, people, rng, organisations)
        for index in range(len(people))
        for _ in range(rng.choice((1, 1, 2, 2, 3, 4, 5)))
    ]
    rng.shuffle(made)
    return made


def _household(start: int, rng: random.Random) -> Iterator[Resident]:
    surname, other = _surname(rng), _surname(rng)
    road, number, flat = rng.choice(_ROADS), rng.randrange(1, 900), rng.randrange(101, 2500)
    home = f"{road}{number}弄{rng.randrange(1, 60)}号{flat}室"
    moved = f"{rng.choice(_ROADS)}{rng.randrange(1, 900)}弄{rng.randrange(1, 60)}号{rng.randrange(101, 2500)}室"
    township = rng.choice(_TOWNSHIPS)
    age = rng.randrange(22, 85)
    father_birth = _day(TODAY - timedelta(days=age * 365), rng)
    mother_birth = _day(father_birth + timedelta(days=rng.randrange(-1500, 1500)), rng)
    father = _one(surname + _given("male", rng), "male", father_birth, home, moved, township, rng)
    mother = _one(other + _given("female", rng), "female", mother_birth, home, moved, township, rng)
    yield father
    yield mother
    index = start + 2
    for _ in range(rng.choice((0, 1, 1, 1, 2, 2, 3))):
        birth = _day(mother_birth + timedelta(days=rng.randrange(21 * 365, 38 * 365)), rng)
        if birth >= TODAY:
            break
        twins = rng.random() < RATES["twins among births"]
        shared = rng.choice(_MALE + _FEMALE)
        for _ in range(2 if twins else 1):
            sex = rng.choice(("male", "female"))
            given = _given(sex, rng)
            if twins and rng.random() < 0.6:
                given = shared + rng.choice(_MALE if sex == "male" else _FEMALE)
            child = _one(surname + given, sex, birth, home, moved, township, rng)
            if (TODAY - birth).days < 14 * 365:
                parent = start + rng.choice((0, 1))
                child = replace(
                    child, parent=parent, phone=(father if parent == start else mother).phone,
                    new_phone=(mother if parent == start else father).phone, guardian=mother.name, twin=twins,
                )  # fmt: skip
            yield replace(child, twin=twins)
            index += 1


def _one(name: str, sex: str, birth: date, home: str, moved: str, township: str, rng: random.Random) -> Resident:
    first17 = f"{rng.choice((COUNTY, COUNTY, '340123', '320981', '410221'))}{birth:%Y%m%d}" + (
        f"{rng.randrange(500) * 2 + (sex == 'male'):03d}"
    )
    return Resident(
        name, sex, birth, first17 + check_digit(first17), _phone(rng), _phone(rng), home, moved, township,
        f"{rng.randrange(10**9, 10**10)}",
    )  # fmt: skip


def _mention(index: int, people: list[Resident], rng: random.Random, organisations: int) -> Mention:
    one = people[index]

    def happens(what: str) -> bool:
        return rng.random() < RATES[what]

    organisation = f"org{rng.randrange(organisations)}"
    number = "" if happens("number missing") else one.number
    if number and one.parent is not None and happens("parent's number for a child"):
        number = people[one.parent].number
    elif number and happens("number mistyped"):
        number = _slip(number, rng)
    name = one.name
    if happens("homophone in the name"):
        name = _sounding(name, rng)
    elif happens("another character in the name"):
        place = rng.randrange(1, len(name))
        name = name[:place] + rng.choice(_MALE + _FEMALE) + name[place + 1 :]
    sex = {"male": "female", "female": "male"}[one.sex] if happens("sex wrong") else one.sex
    birth = _wrong_day(one.birth, rng) if happens("day of birth wrong") else one.birth
    phone = one.new_phone if happens("telephone changed") else one.phone
    address = one.new_address if happens("home moved") else one.address
    if rng.random() < 0.3:
        address = "上海市闵行区" + address
    return Mention(
        index, organisation, name, sex, birth, number,
        "" if happens("telephone missing") else phone,
        "" if happens("address missing") else address,
        COUNTY if happens("township unknown") else one.township,
        f"{organisation}-{index}" if rng.random() < 0.6 else "",
        one.insurance if happens("insurance number given") else "",
        one.guardian if one.guardian and rng.random() < 0.7 else "",
    )  # fmt: skip


def _surname(rng: random.Random) -> str:
    # about a quarter of all people bear the first three names of the list
    place = min(int(rng.expovariate(1 / 14)), len(_SURNAMES) - 3)
    return _SURNAMES[place]


def _given(sex: str, rng: random.Random) -> str:
    signs = _MALE if sex == "male" else _FEMALE
    place = lambda: signs[min(int(rng.expovariate(1 / 16)), len(signs) - 1)]  # noqa: E731
    return place() if rng.random() < 0.25 else place() + place()


def _phone(rng: random.Random) -> str:
    return f"1{rng.choice('3578')}{rng.randrange(10**9):09d}"


def _day(around: date, rng: random.Random) -> date:
    return around + timedelta(days=rng.randrange(-180, 180))


def _wrong_day(day: date, rng: random.Random) -> date:
    if day.day <= 12 and rng.random() < 0.3:
        return date(day.year, day.day, day.month)
    if rng.random() < 0.5:
        return date(day.year, day.month, rng.randrange(1, 29))
    return date(day.year + rng.choice((-1, 1, -10)), day.month, min(day.day, 28))


def _slip(number: str, rng: random.Random) -> str:
    place = rng.randrange(6, 17)
    if rng.random() < 0.4 and number[place] != number[place - 1]:
        return number[: place - 1] + number[place] + number[place - 1] + number[place + 1 :]
    return number[:place] + rng.choice("0123456789".replace(number[place], "")) + number[place + 1 :]


def _sounding(name: str, rng: random.Random) -> str:
    places = [place for place, sign in enumerate(name) if sign in _SOUNDS]
    if not places:
        return name
    place = rng.choice(places)
    return name[:place] + rng.choice(_SOUNDS[name[place]]) + name[place + 1 :]
