"""A few hundred messages of one hospital by seed, in the files and in the order in which they reach its folder.

HL7 v2, FHIR and tables; reports that are corrected, withdrawn or sent again in a later file; items that cannot be read;
a file that comes twice and one that is longer than a chunk of the intake. People of two seeds are never the same.
"""

import json
import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from tests.apps import id_no
from yifang.apps.intake.services.batches import CHUNK
from yifang.kernel import clock

PEOPLE, ROUNDS = 100, 5
_SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜"
_GIVEN = "安邦成德恩芳光海佳康兰敏宁平琪荣思涛文欣雅泽博晨丹恒杰可乐明楠鹏清然书婷薇雪妍宇哲志卓子彤"
_FLU = ("FLUA", "甲型流感病毒抗原")


@dataclass(frozen=True, slots=True)
class Arrival:
    """One file as it is put into the folder."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class _Person:
    index: int
    name: str
    birth: date
    id_no: str  # "" for one without
    at: datetime


def arrivals(seed: int) -> list[Arrival]:
    """The files of `seed`, first to last. What is later in the list says the newer thing about a report."""
    chance = random.Random(seed)
    rounds: list[dict[str, list[str]]] = [defaultdict(list) for _ in range(ROUNDS)]
    for index in range(PEOPLE):
        person = _person(seed, index, chance)
        steps = list(_story(person, chance))
        when = sorted(chance.sample(range(ROUNDS), len(steps)))
        for place, (kind, text) in zip(when, steps, strict=True):
            rounds[place][kind].append(text)
    files = []
    for place, told in enumerate(rounds):
        chance.shuffle(told["hl7"])
        _spoil(told, place)
        files += [Arrival(f"s{seed}-{place}.{kind}", _FILES[kind](told[kind])) for kind in sorted(told) if told[kind]]
    files.insert(chance.randrange(len(files)), _long_table(seed))
    twice = chance.randrange(len(files) - 4)
    files.insert(twice + 3, Arrival(f"s{seed}-again.{files[twice].name}", files[twice].data))
    return [*files, Arrival(f"s{seed}-scan.pdf", b"%PDF-1.4\n\xe2\xe3\xcf\xd3" + bytes([seed]))]


def _person(seed: int, index: int, chance: random.Random) -> _Person:
    birth = date(2012, 1, 1) + timedelta(days=index)
    name = chance.choice(_SURNAMES) + _GIVEN[seed % len(_GIVEN)] + _GIVEN[index % len(_GIVEN)]
    number = "" if index % 7 == 0 else id_no(birth=birth, sex="female", order=seed)
    at = clock.now().replace(second=0, microsecond=0) - timedelta(minutes=chance.randrange(60, 2000))
    return _Person(index, name, birth, number, at)


def _story(person: _Person, chance: random.Random) -> Iterator[tuple[str, str]]:
    """What is sent about one person, in order: (kind of file, message)."""
    match person.index % 10:
        case 0:  # a decoy
            yield "hl7", _laboratory(person, "阴性")
        case 1:  # a diagnosis, then the test
            yield "hl7", _visit(person, "J10.101", "流行性感冒", "高热1天，咽痛")
            yield "hl7", _laboratory(person, "阳性")
        case 2:  # corrected to nothing
            yield "hl7", _laboratory(person, "阳性")
            yield "hl7", _laboratory(person, "阴性", state="C")
        case 3:  # withdrawn
            yield "hl7", _laboratory(person, "阳性")
            yield "hl7", _laboratory(person, "阳性", state="X")
        case 4:  # the same report by another message, and once more
            for sending in range(3):
                yield "hl7", _laboratory(person, "阳性", sending=sending)
        case 5:
            yield "hl7", _visit(person, "B08.401", "手足口病", "发热2天，手足皮疹、口腔疱疹1天")
        case 6:
            yield "ndjson", _bundle(person, "阳性")
        case 7:  # withdrawn
            yield "ndjson", _bundle(person, "阳性")
            yield "ndjson", _bundle(person, "阳性", status="entered-in-error")
        case 8:
            yield "csv", _row(person, "B01.900", "水痘", "发热、全身水疱样皮疹2天")
        case _:  # negative at first, positive after all
            yield "hl7", _laboratory(person, "阴性")
            yield "hl7", _laboratory(person, "阳性", state="C")


def _stamp(at: datetime, form: str = "%Y%m%d%H%M%S+0800") -> str:
    return at.astimezone(clock.CHINA).strftime(form)


def _message(kind: str, control: str, person: _Person, *segments: str) -> str:
    number = f"{person.id_no}^^^^NI" if person.id_no else ""
    head = (
        f"MSH|^~\\&|LIS|H31011201|YIFANG|C310112|{_stamp(person.at)}||{kind}|{control}|P|2.5|||||CHN|UNICODE UTF-8",
        f"PID|1||{number}||{person.name}||{person.birth:%Y%m%d}|F|||示范路{person.index}号||138{person.index:08}",
        f"PV1|1|O|儿科^^^梅陇人民医院||||D001^高医生|||||||||||V{person.index}|||||||||||||||||||||||||{_stamp(person.at)}",
    )
    return "".join(f"{segment}\r" for segment in (*head, *segments))


def _laboratory(person: _Person, value: str, *, state: str = "F", sending: int = 0) -> str:
    key, (code, name), at = f"{person.birth:%y%m%d}-{person.name}", _FLU, _stamp(person.at)
    return _message(
        "ORU^R01^ORU_R01", f"{key}-{state}{sending}", person,
        f"OBR|1|{key}|{key}|{code}^{name}^L|||{at}|||||||||D001^高医生||||||{at}|||{state}",
        f"OBX|1|ST|{code}^{name}^L||{value}||阴性|A|||{state}|||{at}",
    )  # fmt: skip


def _visit(person: _Person, icd: str, diagnosis: str, complaint: str) -> str:
    return _message(
        "ADT^A04^ADT_A01", f"V-{person.name}", person,
        f"PV2|||{complaint}",
        f"DG1|1||{icd}^{diagnosis}^I10||{_stamp(person.at)}|W",
    )  # fmt: skip


def _bundle(person: _Person, value: str, status: str = "final") -> str:
    key, at = f"F-{person.name}", person.at.astimezone(clock.CHINA).isoformat()
    patient = {
        "resourceType": "Patient", "id": "p", "gender": "female", "birthDate": person.birth.isoformat(),
        "name": [{"text": person.name}],
        "identifier": [{"system": "urn:oid:2.16.156.10011.1.3", "value": person.id_no}] if person.id_no else [],
    }  # fmt: skip
    report = {
        "resourceType": "DiagnosticReport", "id": "r", "status": status, "subject": {"reference": "Patient/p"},
        "identifier": [{"type": {"coding": [{"code": "FILL"}]}, "value": key}], "effectiveDateTime": at,
        "code": {"text": "呼吸道病原检测"}, "result": [{"reference": "Observation/o"}],
    }  # fmt: skip
    observation = {
        "resourceType": "Observation", "id": "o", "status": status, "subject": {"reference": "Patient/p"},
        "code": {"text": _FLU[1]}, "valueString": value, "effectiveDateTime": at,
    }  # fmt: skip
    entries = [{"resource": one} for one in (patient, report, observation)]
    return json.dumps({"resourceType": "Bundle", "type": "message", "entry": entries}, ensure_ascii=False)


_HEADER = "姓名,性别,出生日期,身份证号,就诊时间,科室,医生,诊断编码,诊断名称,主诉"


def _row(person: _Person, icd: str, diagnosis: str, complaint: str) -> str:
    at = _stamp(person.at, "%Y-%m-%d %H:%M")
    return f'{person.name},女,{person.birth},{person.id_no},{at},儿科,高医生,{icd},{diagnosis},"{complaint}"'


def _spoil(told: dict[str, list[str]], place: int) -> None:
    """Among the good items, in the middle of each file, one that cannot be read; rounds differ in how."""
    broken = {
        "hl7": ("MSH|^~\\&|LIS\r", "MSH|^~\\&|LIS|H|Y|C|2026||ORU^R01|X%d|P|2.5\rOBX|1|ST|A||1\r"),
        "ndjson": ('{"resourceType": "Bundle", "entry": [%d', '{"resourceType": "Medication", "id": "m%d"}'),
        "csv": ("某某,女,2020-01-01,,2026-11-01,儿科,医生,A,B,C,D,E,%d",),
    }
    for kind, ways in broken.items():
        if told[kind]:
            way = ways[place % len(ways)]
            told[kind].insert(len(told[kind]) // 2, way % place if "%d" in way else way)


def _long_table(seed: int) -> Arrival:
    """Ordinary colds, more of them than the intake stores at once."""
    day = clock.today().isoformat()
    rows = [
        f"{surname}{_GIVEN[seed % len(_GIVEN)]}{given},男,1980-01-01,,{day} 08:00,内科,钱医生,J00.x00,普通感冒,鼻塞流涕"
        for surname in _SURNAMES
        for given in _GIVEN
    ]
    return Arrival(f"s{seed}-log.csv", _table(rows[: CHUNK + 20]))


def _table(rows: list[str]) -> bytes:
    return "\r\n".join([_HEADER, *rows, ""]).encode("gb18030")


_FILES = {"hl7": lambda told: "".join(told).encode(), "ndjson": lambda told: "\n".join(told).encode(), "csv": _table}
