"""What every app test starts from: one fictional county with its people, canonical records, and delivery in a test.

`county()` makes the organisations, users and seats of the cast test; `viewer(name)` looks through a seat's eyes;
`deliver()` seals and delivers what the test wrote, `run_deferred()` runs queued tasks, both as the jobs role. Needs
pytest-django's `db`.
Not for reading files (`yifang.formats`) and not for the demo (`yifang.node.demo`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import connection, transaction

from yifang.apps.accounts.models import Seat, User
from yifang.apps.accounts.viewers import Viewer, viewer_of
from yifang.apps.intake.models import Feed
from yifang.apps.ledger import seal, subscriptions
from yifang.apps.ledger.models import Entry, Failure
from yifang.apps.ledger.services import NODE
from yifang.apps.places.models import Organisation, Place
from yifang.formats import canonical
from yifang.kernel import clock
from yifang.kernel.identity_number import check_digit
from yifang.kernel.ids import new_id

DISTRICT, RESIDENCE, SCHOOL_DISTRICT, NEIGHBOUR, CITY = "310112", "310104", "310106", "310105", "310100"
STRANGER = "stranger"

_ORGANISATIONS = {
    "hospital": ("H31011201", "梅陇人民医院", "hospital", DISTRICT),
    "other_hospital": ("H31011202", "浦江中心医院", "hospital", DISTRICT),
    "residence_hospital": ("H31010401", "漕河医院", "hospital", RESIDENCE),
    "cdc": ("C310112", "甲区疾病预防控制中心", "cdc", DISTRICT),
    "residence_cdc": ("C310104", "乙区疾病预防控制中心", "cdc", RESIDENCE),
    "school_cdc": ("C310106", "丙区疾病预防控制中心", "cdc", SCHOOL_DISTRICT),
    "neighbour_cdc": ("C310105", "丁区疾病预防控制中心", "cdc", NEIGHBOUR),
    "city_cdc": ("C310100", "市疾病预防控制中心", "cdc", CITY),
    "bureau": ("B310112", "甲区卫生健康委员会", "bureau", DISTRICT),
    "school": ("S31011201", "春申实验小学", "school", DISTRICT),
    "residence_school": ("S31010401", "漕河第一小学", "school", RESIDENCE),
    "far_school": ("S31010601", "苏河中学", "school", SCHOOL_DISTRICT),
}
# seat: role, organisation (or ""), department, area, place, staff number
_SEATS = {
    "clinician": ("clinician", "hospital", "儿科", "", "", "D001"),
    "colleague": ("clinician", "hospital", "儿科", "", "", "D002"),
    "other_department": ("clinician", "hospital", "骨科", "", "", "D003"),
    "other_hospital": ("clinician", "other_hospital", "儿科", "", "", "D001"),
    "hospital_desk": ("hospital_desk", "hospital", "公卫科", "", "", "P001"),
    "other_hospital_desk": ("hospital_desk", "other_hospital", "公卫科", "", "", "P001"),
    "hospital_lab": ("hospital_lab", "hospital", "检验科", "", "", "L001"),
    "triage_nurse": ("triage_nurse", "hospital", "预检分诊台", "", "", "N001"),
    "infection_control": ("infection_control", "hospital", "院感科", "", "", "I001"),
    "epidemiologist": ("epidemiologist", "cdc", "", DISTRICT, "", ""),
    "duty_officer": ("duty_officer", "cdc", "", DISTRICT, "", ""),
    "cdc_lead": ("cdc_lead", "cdc", "", DISTRICT, "", ""),
    "hiv_officer": ("epidemiologist", "cdc", "", DISTRICT, "", ""),
    "residence_epidemiologist": ("epidemiologist", "residence_cdc", "", RESIDENCE, "", ""),
    "school_epidemiologist": ("epidemiologist", "school_cdc", "", SCHOOL_DISTRICT, "", ""),
    "neighbour_epidemiologist": ("epidemiologist", "neighbour_cdc", "", NEIGHBOUR, "", ""),
    "city_epidemiologist": ("epidemiologist", "city_cdc", "", CITY, "", ""),
    "bureau": ("bureau", "bureau", "", DISTRICT, "", ""),
    "school_nurse": ("school_nurse", "school", "", "", "", ""),
    "residence_school_nurse": ("school_nurse", "residence_school", "", "", "", ""),
    "grid_worker": ("grid_worker", "", "", "", "grid", ""),
    "administrator": ("administrator", "", "", "", "", ""),
    "auditor": ("auditor", "", "", "", "", ""),
}
CAST = (*_SEATS, STRANGER)


@dataclass(frozen=True)
class County:
    """The organisations, places, feeds and seats by the names above; `feeds` has one for each hospital."""

    organisations: Mapping[str, Organisation]
    places: Mapping[str, Place]  # school_class, grid
    feeds: Mapping[str, Feed]
    seats: Mapping[str, Seat]
    users: Mapping[str, User]

    def __getattr__(self, name: str) -> Organisation:
        """`county.hospital`, `county.cdc`, `county.school` …"""
        try:
            return self.organisations[name]
        except KeyError:
            raise AttributeError(name) from None

    def viewer(self, name: str, purpose: str = "") -> Viewer:
        """How the named one looks; the stranger is signed in and sits nowhere."""
        if name == STRANGER:
            user = self.users[name].pk
            return Viewer(user_id=user, role="", scopes=(f"user:{user}",), purpose=purpose)
        return viewer_of(self.seats[name]).acting_for(purpose)


def county(password: str = "") -> County:
    """Make the county. With a `password` everyone can sign in with it (their user name is their name in the cast)."""
    organisations = {
        name: Organisation(
            code=code, name=zh, name_en=name.replace("_", " ").title(), kind=kind, area_code=area, phone="021-54000000"
        )
        for name, (code, zh, kind, area) in _ORGANISATIONS.items()
    }
    Organisation.objects.bulk_create(organisations.values())
    places = {
        "school_class": Place(
            kind="class",
            code="S31011201-32",
            name="三年级2班",
            organisation=organisations["school"],
            area_code=DISTRICT,
        ),
        "grid": Place(kind="grid", code="310112003001001", name="春申第一网格", area_code="310112003001001"),
    }
    Place.objects.bulk_create(places.values())
    feeds = {
        name: Feed(code=f"{name}-his", name=f"{organisations[name].name} HIS", organisation=organisations[name],
                   folder=f"{name}-his")
        for name in ("hospital", "other_hospital", "residence_hospital")
    }  # fmt: skip
    Feed.objects.bulk_create(feeds.values())
    hashed = _hashed(password) if password else make_password(None)
    users = {name: User(username=name, display_name=_display_name(name), password=hashed) for name in CAST}
    User.objects.bulk_create(users.values())
    seats = {
        name: Seat(
            user=users[name], role=role, organisation=organisations.get(organisation), department=department,
            area_code=area, place=places.get(place), staff_no=staff_no, hiv_officer=name == "hiv_officer",
            since=date(2020, 1, 1),
        )
        for name, (role, organisation, department, area, place, staff_no) in _SEATS.items()
    }  # fmt: skip
    Seat.objects.bulk_create(seats.values())
    return County(organisations, places, feeds, seats, users)


def _display_name(name: str) -> str:
    return name.replace("_", " ")


@cache
def _hashed(password: str) -> str:
    return make_password(password)  # once: argon2 is slow on purpose


# -- records


def id_no(area: str = DISTRICT, birth: date = date(2021, 5, 4), sex: str = "male", order: int = 1) -> str:
    """A valid fictional resident identity number; `order` makes another one of the same day."""
    serial = order * 2 + (1 if sex == "male" else 0)
    first17 = f"{area[:6]}{birth:%Y%m%d}{serial:03d}"
    return first17 + check_digit(first17)


def moment(at: datetime) -> canonical.Moment:
    """An instant as a source in China would write it, to the minute."""
    return canonical.Moment(at.astimezone(clock.CHINA).strftime("%Y-%m-%dT%H:%M"), "minute")


def person(
    name: str = "陈小宝",
    birth: date = date(2021, 5, 4),
    sex: str = "male",
    *,
    number: str | None = None,
    area: str = DISTRICT,
    order: int = 1,
    **more: Any,
) -> canonical.Person:
    """A person who lives in `area`; `number` "" for one without an identity number, None for a valid one."""
    chosen = id_no(area, birth, sex, order) if number is None else number
    return canonical.Person(
        identifiers=(canonical.Identifier("cn_id", chosen),) if chosen else (),
        name=name, sex=sex, birth=canonical.Moment(birth.isoformat(), "day"), area_code=area,
        **{"phone": "13800000001", "address": "示范路1弄2号", **more},
    )  # fmt: skip


def record(
    key: str = "V1",
    *,
    kind: canonical.RecordKind = "encounter",
    status: canonical.Status = "final",
    who: canonical.Person | None = None,
    at: datetime | None = None,
    department: str = "儿科",
    doctor: str = "D001",
    visit: str = "outpatient",
    reason: str = "",
    diagnoses: tuple[tuple[str, str], ...] = (),
    results: tuple[canonical.Result, ...] = (),
    complaint: str = "",
    **more: Any,
) -> canonical.Record:
    """A record of the first hospital's paediatrics an hour ago; `diagnoses` are (ICD-10 code, text)."""
    when = moment(at or clock.now() - timedelta(hours=1))
    notes = (canonical.Note("complaint", complaint, "complaint", when),) if complaint else ()
    return canonical.Record(
        kind=kind,
        key=key,
        status=status,
        source=canonical.Source(format="hl7v2", path="test.hl7", control_id=key),
        person=who or person(),
        encounter=canonical.Encounter(
            id=key, kind=visit, department=department, clinician_id=doctor, start=when, reason=reason
        ),
        at=when,
        diagnoses=tuple(
            canonical.Diagnosis(
                codes=(canonical.Code("icd10", code, text),),
                text=text,
                path=f"DG1[{index}]",
                role="outpatient",
                at=when,
            )
            for index, (code, text) in enumerate(diagnoses, 1)
        ),
        results=results,
        notes=notes,
        **more,
    )


def result(name: str, value: str, *, at: datetime | None = None, **more: Any) -> canonical.Result:
    """One laboratory result as a Chinese LIS writes it."""
    return canonical.Result(
        codes=(), name=name, value=value, path="OBX[1]", at=moment(at or clock.now() - timedelta(hours=1)), **more
    )


def hfmd(key: str = "HFMD1", **more: Any) -> canonical.Record:
    """手足口病: a child in the clinic."""
    given = {"complaint": "发热2天，手足皮疹1天，口腔疱疹", "diagnoses": (("B08.401", "手足口病"),)}
    return record(key, **{**given, **more})


def influenza(key: str = "FLU1", **more: Any) -> canonical.Record:
    """流感: an antigen test confirms."""
    given = {
        "complaint": "高热1天，咽痛、全身酸痛",
        "diagnoses": (("J10.101", "流行性感冒伴呼吸道表现"),),
        "results": (result("甲型流感病毒抗原", "阳性"),),
        "who": person("林小雨", date(2016, 9, 1), "female", employer="春申实验小学三(2)班", occupation="学生"),
    }
    return record(key, **{**given, **more})


def cholera_report(key: str = "VC1", **more: Any) -> canonical.Record:
    """霍乱: the laboratory grew it; the report carries no diagnosis."""
    given = {
        "kind": "lab_report", "department": "肠道门诊", "doctor": "D001",
        "results": (result("粪便霍乱弧菌培养", "霍乱弧菌O139群生长", specimen="粪便"),),
        "who": person("周建国", date(1971, 3, 12), area=RESIDENCE),
    }  # fmt: skip
    return record(key, **{**given, **more})


def tuberculosis(key: str = "TB1", **more: Any) -> canonical.Record:
    """肺结核: sputum positive."""
    given = {
        "complaint": "咳嗽、咳痰3周，伴低热盗汗", "department": "呼吸内科",
        "diagnoses": (("A15.001", "肺结核，痰镜检证实"),),
        "results": (result("痰涂片抗酸杆菌", "阳性(2+)"),),
        "who": person("吴海", date(1986, 1, 20)),
    }  # fmt: skip
    return record(key, **{**given, **more})


def hiv_confirmed(key: str = "HIV1", **more: Any) -> canonical.Record:
    """艾滋病病毒感染: the confirmatory test is positive."""
    given = {
        "kind": "lab_report", "department": "皮肤科",
        "results": (result("HIV抗体确证试验", "阳性"),),
        "who": person("郑某", date(1990, 7, 7)),
    }  # fmt: skip
    return record(key, **{**given, **more})


def preoperative_screening(key: str = "PRE1", **more: Any) -> canonical.Record:
    """A decoy: 术前四项 before an operation on a leg, an old surface antigen."""
    given = {
        "complaint": "右下肢静脉曲张5年，入院拟行手术", "department": "骨科", "doctor": "D003", "visit": "inpatient",
        "reason": "术前筛查", "diagnoses": (("I83.900", "下肢静脉曲张"),),
        "results": (result("乙肝表面抗原", "阳性", panel="术前四项"), result("HIV抗体初筛", "阴性", panel="术前四项")),
        "who": person("孙强", date(1968, 2, 2)),
    }  # fmt: skip
    return record(key, **{**given, **more})


def gastroenteritis(key: str = "GE1", **more: Any) -> canonical.Record:
    """A decoy: plain acute gastro-enteritis, the culture negative."""
    given = {
        "complaint": "腹泻1天，稀便3次，无脓血", "department": "消化内科",
        "diagnoses": (("K52.900", "急性胃肠炎"),),
        "results": (result("粪便霍乱弧菌培养", "阴性"),),
        "who": person("何平", date(1999, 9, 9)),
    }  # fmt: skip
    return record(key, **{**given, **more})


def cancelled(one: canonical.Record) -> canonical.Record:
    """The same record, withdrawn by its source."""
    return replace(one, status="cancelled")


def hl7_report(key: str = "R1", value: str = "阳性", name: str = "陈小宝", at: datetime | None = None) -> bytes:
    """The bytes of an HL7 v2 laboratory report of one result (甲型流感病毒抗原), as a Chinese LIS sends it."""
    when = (at or clock.now() - timedelta(hours=1)).astimezone(clock.CHINA).strftime("%Y%m%d%H%M%S+0800")
    segments = (
        f"MSH|^~\\&|LIS|H31011201|YIFANG|C310112|{when}||ORU^R01^ORU_R01|{key}|P|2.5|||||CHN|UNICODE UTF-8",
        f"PID|1||{id_no()}^^^^NI||{name}||20210504|M|||示范路1弄2号||13800000001",
        f"PV1|1|O|儿科^^^梅陇人民医院||||D001^高医生|||||||||||{key}",
        f"OBR|1|{key}|{key}|FLUA^甲型流感病毒抗原^L|||{when}|||||||||D001^高医生||||||{when}|||F",
        f"OBX|1|ST|FLUA^甲型流感病毒抗原^L||{value}||阴性|A|||F|||{when}",
    )
    return "\r".join(segments).encode() + b"\r"


def receive(where: Organisation, *records: canonical.Record) -> list[UUID]:
    """Take records in, as the intake would, with the rights of the jobs role. Returns the ids of the new versions."""
    from yifang.apps.records import services

    with as_jobs():
        return services.receive(records, where, new_id(), NODE).stored


# -- delivery

_FINISHED = "AND xid < yf_finished()"


@contextmanager
def as_jobs() -> Iterator[None]:
    """Inside, the database grants what the jobs role may, as in the jobs process."""
    if getattr(connection, "_yifang_viewer", None) is not None:
        raise RuntimeError("a viewer is entered: jobs run outside of any page")
    role = connection.ops.quote_name(settings.DATABASE_ROLES["jobs"])
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL ROLE {role}")
        yield
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL ROLE NONE")


def deliver() -> None:
    """Seal and deliver until nothing is left, inside the test's own transaction. Fails where a subscriber failed."""

    def seal_unfinished(execute, sql, params, many, context):  # type: ignore[no-untyped-def]
        # The test's transaction never finishes, so the sealer would wait for it for ever.
        return execute(sql.replace(_FINISHED, ""), params, many, context)

    with as_jobs(), connection.execute_wrapper(seal_unfinished):
        while sum(seal.seal_pending().values()) or subscriptions.deliver_pending():
            pass
    failed = [f"{one.subscriber}: {one.error}" for one in Failure.objects.all()]
    assert not failed, "\n".join(failed)


def run_deferred() -> int:
    """Run the tasks that were put into the queue, with the rights of the jobs role. Returns how many."""
    from procrastinate.contrib.django import app

    with as_jobs(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs WHERE status = 'todo' RETURNING id, task_name, args")
        waiting = sorted(cursor.fetchall())
        for _, name, args in waiting:
            app.tasks[name].func(**(json.loads(args) if isinstance(args, str) else args))
    return len(waiting)


@dataclass
class Heard:
    """What a stream of the ledger was told inside a `listening()` block, to be read after it, outside of any viewer."""

    stream: str
    after: int
    before: int = 0

    @property
    def entries(self) -> list[Entry]:
        found = Entry.objects.filter(id__gt=self.after, id__lt=self.before, stream=self.stream)
        return list(found.order_by("id"))

    @property
    def kinds(self) -> list[str]:
        return [one.kind for one in self.entries]


@contextmanager
def listening(stream: str = "change") -> Iterator[Heard]:
    """Notes where the ledger stands before and after the block; the block may be inside `enter(viewer)`."""
    heard = Heard(stream, _next_entry())
    yield heard
    heard.before = _next_entry()


def _next_entry() -> int:
    with connection.cursor() as cursor:  # a viewer does not see all entries, so the highest of them says nothing
        cursor.execute("SELECT nextval(pg_get_serial_sequence('ledger_entry', 'id'))")
        return cursor.fetchone()[0]
