"""How fast records become suspicions: encounters a second from canonical records, messages a second from HL7 bytes.

Inputs are generated with a fixed seed and vary in words, codes, results and persons, so that caches meet new text.
Not a test: `python -m benchmarks` collects `run()`.
"""

from __future__ import annotations

import gc
import random
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from yifang import formats, identify, knowledge
from yifang.formats.canonical import Code, Diagnosis, Encounter, Moment, Note, Person, Record, Result, Source

Figure = tuple[str, float, str, float]

_SYMPTOMS = [
    *("发热", "咳嗽", "咽痛", "流涕", "腹泻", "呕吐", "皮疹", "头痛", "乏力", "关节痛", "胸闷", "咳痰", "腹痛", "鼻塞"),
    *("盗汗", "咯血", "黄疸", "结膜充血", "腮腺肿大", "畏寒"),
]
_FILLERS = (
    *("神志清", "精神可", "饮食睡眠一般", "二便正常", "未见明显异常", "既往体健", "无药物过敏史", "来我院就诊"),
    *("自服药物后缓解不明显", "门诊以上呼吸道感染收治", "病程中体重无明显变化", "家中养羊", "近期有聚餐史"),
)
_DIAGNOSES = (
    ("J06.9", "急性上呼吸道感染"),
    ("J10.101", "流行性感冒"),
    ("A09.900", "急性胃肠炎"),
    ("I10", "高血压病"),
    ("B01.9", "水痘"),
    ("A16.200x002", "肺结核"),
    ("E11.9", "2型糖尿病"),
    ("B08.401", "手足口病"),
    ("K29.5", "慢性胃炎"),
    ("J18.9", "肺炎"),
    ("B18.104", "慢性乙型病毒性肝炎"),
    ("M51.2", "腰椎间盘突出"),
    ("A53.9", "梅毒"),
    ("N39.0", "泌尿道感染"),
)
_TESTS = (
    *("白细胞计数", "血红蛋白", "乙肝表面抗原(HBsAg)", "甲型流感病毒抗原", "梅毒螺旋体抗体", "HIV抗体", "C反应蛋白"),
    *("轮状病毒抗原", "痰涂片抗酸杆菌", "葡萄糖"),
)
_SEEDS = (20261123, 20261124, 20261125)
_WORDS = ("阴性", "阳性", "阴性(-)", "弱阳性", "未检出")


def records(count: int, seed: int) -> list[Record]:
    """Encounters with a complaint of about 60 characters, one or two diagnoses, up to three results."""
    rng = random.Random(seed)
    return [_record(rng, number) for number in range(count)]


def _record(rng: random.Random, number: int) -> Record:
    diagnoses = []
    for index in range(rng.choice((1, 1, 2))):
        code, text = rng.choice(_DIAGNOSES)
        diagnoses.append(Diagnosis((Code("icd10", code, text),), text, f"diagnosis[{index}]", "outpatient"))
    results = []
    for index in range(rng.randrange(4)):
        value = rng.choice(_WORDS) if rng.random() < 0.6 else f"{rng.uniform(0, 200):.2f}"
        results.append(Result((), rng.choice(_TESTS), value, f"result[{index}]", reference_range="0-10"))
    return Record(
        "encounter",
        f"visit-{number}",
        "final",
        Source("benchmark", index=number),
        person=Person(sex="female", birth=Moment(f"{rng.randrange(1940, 2026)}-0{rng.randrange(1, 10)}-11", "day")),
        encounter=Encounter(kind="outpatient", reason="就诊"),
        at=Moment("2026-11-23T08:15", "minute"),
        diagnoses=tuple(diagnoses),
        results=tuple(results),
        notes=(Note("complaint", _complaint(rng), "complaint"),),
    )


def _complaint(rng: random.Random) -> str:
    parts = [
        f"{'、'.join(rng.sample(_SYMPTOMS, rng.randrange(1, 4)))}{rng.randrange(1, 30)}{rng.choice('天天天周月')}",
        f"体温{rng.uniform(36, 40):.1f}℃",
        f"{rng.choice(('无', '否认', '伴', '不伴'))}{'、'.join(rng.sample(_SYMPTOMS, rng.randrange(1, 3)))}",
    ]
    while sum(map(len, parts)) + len(parts) < 58:
        parts.insert(rng.randrange(1, len(parts) + 1), rng.choice(_FILLERS))
    return "，".join(parts)


# How parents tell it: words that no pack lists, so that the trained reader has to read.
_OPENINGS = ("宝宝", "孩子", "我家小孩", "娃", "女宝", "")
_WHENS = (
    "从{}号晚上开始",
    "前天{}点多",
    "昨天半夜",
    "这{}天",
    "吃完饭后",
    "最近",
    "上周{}",
    "今天早上",
    "睡着以后",
    "",
)
_TELLINGS = (
    *(
        "拉肚子拉得厉害",
        "精神不太好",
        "不怎么吃饭",
        "嗓子有点哑",
        "晚上老是咳",
        "有点流清鼻涕",
        "喉咙里呼噜呼噜的",
        "吃了就吐",
    ),
    *(
        "没有发烧",
        "也没痰",
        "大便有点稀还有奶瓣",
        "身上起了小红点",
        "烧到39度多",
        "鼻子不通气",
        "肚子咕咕响",
        "哭闹得厉害",
    ),
)
_TAILS = ("", "了", "了{}天", "吃了药也不见好", "一天{}次左右", "到现在没好", "比之前重些", "不知道怎么回事", "好几回")


def told_records(count: int, seed: int) -> list[Record]:
    """Encounters like those of `records`, whose complaint of 50 to 70 characters is told in plain words."""
    rng = random.Random(seed)
    return [replace(one, notes=(Note("complaint", _telling(rng), "complaint"),)) for one in records(count, seed)]


def _telling(rng: random.Random) -> str:
    parts: list[str] = [rng.choice(_OPENINGS) + f"{rng.randrange(1, 12)}个月"]
    while sum(map(len, parts)) + len(parts) < 50:
        words = (rng.choice(kind) for kind in (_OPENINGS, _WHENS, _TELLINGS, _TAILS))
        parts.append("".join(words).format(rng.randrange(1, 30), rng.randrange(1, 30)))
    return "，".join(parts)


def messages(count: int, seed: int) -> bytes:
    """The same kind of content as HL7 v2 ORU messages."""
    rng = random.Random(seed)
    return "".join(_message(rng, number) for number in range(count)).encode()


def _message(rng: random.Random, number: int) -> str:
    code, text = rng.choice(_DIAGNOSES)
    rows = [
        f"MSH|^~\\&|LIS|HOSP|YF|CDC|20261123081500||ORU^R01|{number:08}|P|2.5|||||CHN|UTF-8",
        f"PID|1||{number:08}^^^HOSP^MR||测试^{number}||19800101|F",
        "PV1|1|O|NK^^^HOSP",
        f"OBR|1||F{number:08}|PANEL^检验^L|||20261123080000",
        f"DG1|1||{code}^{text}^I10|{text}||A",
    ]
    for index in range(rng.randrange(1, 5)):
        rows.append(f"OBX|{index + 1}|ST|T{index}^{rng.choice(_TESTS)}^L||{rng.choice(_WORDS)}|||||F")
    rows.append(f"NTE|1||{_complaint(rng)}")
    return "\r".join(rows) + "\r"


def run() -> list[Figure]:
    """Figures as (name, value, unit, target), the best of three batches that share no record."""
    identifier = identify.compiled(knowledge.load())
    identifier.identify(records(500, seed=0))
    rates = [_rate(5_000, partial(_in_batches, identifier, records(5_000, seed))) for seed in _SEEDS]
    told = [_rate(5_000, partial(_in_batches, identifier, told_records(5_000, seed))) for seed in _SEEDS]
    by_rules = identify.Identifier(knowledge.load(), trained=False)
    by_rules.identify(records(500, seed=0))
    ruled = [_rate(5_000, partial(_in_batches, by_rules, told_records(5_000, seed))) for seed in _SEEDS]
    from_bytes = [_rate(2_000, partial(_from_bytes, identifier, messages(2_000, seed))) for seed in _SEEDS]
    return [
        ("identify: from canonical records", max(rates), "encounters/s", 2_000),
        ("identify: complaints in plain words, rules and model", max(told), "encounters/s", 2_000),
        ("identify: the same by the rules alone", max(ruled), "encounters/s", 2_000),
        ("identify: from HL7 bytes", max(from_bytes), "messages/s", 1_500),
    ]


def _in_batches(identifier: identify.Identifier, batch: list[Record]) -> None:
    for start in range(0, len(batch), 500):
        identifier.identify(batch[start : start + 500])


def _from_bytes(identifier: identify.Identifier, stream: bytes) -> None:
    for item in formats.read(("bench.hl7", stream)):
        identifier.identify(item.records)


def _rate(count: int, work: Callable[[], object]) -> float:
    gc.collect()
    gc.freeze()  # what was loaded and generated is not the work measured
    started = time.process_time()  # one core's own time, whatever else the machine does
    work()
    return count / (time.process_time() - started)
