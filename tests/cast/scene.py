"""What the cast looks at: one county in which something sensitive happened to everybody of note.

A child who lives in one district, goes to school in another and was seen in a third; an HIV case; a pupil with
tuberculosis; a cholera case with its signal; an item in quarantine; a grid worker's errand. All of it is made by the
services and subscribers, each step by the one whose step it is, so that the rows of visibility are the real ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from tests import apps
from yifang.apps.accounts import services as accounts
from yifang.apps.accounts.models import Seat, User
from yifang.apps.accounts.viewers import Viewer, enter, viewer_of
from yifang.apps.care import services as care
from yifang.apps.care.services.matters import Filled
from yifang.apps.forms.models import Attachment
from yifang.apps.intake import services as intake
from yifang.apps.intake.models import Batch, Quarantined
from yifang.apps.ledger.services import NODE
from yifang.apps.places.models import PlaceMatch
from yifang.apps.places.services import Bearer, match_text
from yifang.apps.records import pairs
from yifang.apps.reporting import services, versions
from yifang.apps.reporting.missed import running, samples
from yifang.apps.reporting.models import (
    AbnormalResult,
    AuditLine,
    AuditSampleItem,
    Card,
    Case,
    Duplicate,
    Suspicion,
)
from yifang.apps.reporting.services import grid
from yifang.apps.surveillance import services as surveillance
from yifang.apps.surveillance.models import Feedback, Signal
from yifang.apps.work.models import WorkItem
from yifang.formats import canonical
from yifang.kernel import clock
from yifang.kernel.ids import new_id
from yifang.link import Verdict

FAR_NURSE, SIGNED_OUT = "far_school_nurse", "signed_out"
CAST = (*apps.CAST, FAR_NURSE, SIGNED_OUT)


@dataclass(frozen=True, slots=True)
class Told:
    """One person's story: every id by its kind, and the words that must not come out."""

    ids: dict[str, UUID]  # person, record, suspicion, card, case
    name: str
    masked: str
    disease: tuple[str, str]  # in both languages
    numbers: Mapping[str, str]  # identity number whole and masked, telephone, number of the card, address


@dataclass(slots=True)
class Scene:
    """The county, the stories by name, and the ids of what is nobody's in particular."""

    county: apps.County
    users: dict[str, User]
    seats: dict[str, Seat]
    stories: dict[str, Told] = field(default_factory=dict)
    unreadable: str = "公孙无名"  # a name in the bytes of the item in quarantine
    ids: dict[str, UUID] = field(default_factory=dict)

    def viewer(self, name: str) -> Viewer:
        """How the named one looks."""
        return viewer_of(self.seats[name]) if name == FAR_NURSE else self.county.viewer(name)


def scene(password: str = "") -> Scene:
    """Make it all. Needs pytest-django's `db`."""
    made = empty(password)
    happen(made)
    return made


def happen(made: Scene) -> None:
    """Let everything happen in a county where nothing did."""
    _child(made)
    _hiv(made)
    _pupil(made)
    _cholera(made)
    _quarantine(made)
    _glass_and_view(made)
    _unmatched(made)
    _alike(made)
    _whistles(made)
    _audited(made)


def empty(password: str = "") -> Scene:
    """The county with a nurse at the child's school too, and nothing that happened yet."""
    county = apps.county(password)
    nurse = User.objects.create(username=FAR_NURSE, display_name="far school nurse", password="!")
    seat = Seat.objects.create(user=nurse, role="school_nurse", organisation=county.far_school, since=date(2020, 1, 1))
    return Scene(county, {**county.users, FAR_NURSE: nurse}, {**county.seats, FAR_NURSE: seat})


_CLINIC: Mapping[str, Any] = {
    "report_org_phone": "021-54321000", "patient_belongs": "1",
    "onset_date": (clock.today() - timedelta(days=2)).isoformat(),
}  # fmt: skip
_GROWN: Mapping[str, Any] = {**_CLINIC, "residence_area": "310112003", "population": "18"}


def _child(scene: Scene) -> None:
    """手足口病: lives in the second district, goes to school in the third, was seen in the first; audited."""
    who = apps.person(
        "欧阳晓舟", date(2014, 3, 9), "female", area=apps.RESIDENCE, phone="13912340001", employer="苏河中学",
        occupation="学生", address="徐汇天平路77弄",
    )  # fmt: skip
    answers = {
        **_CLINIC, "guardian_name": "欧阳明远", "residence_area": "310104003", "patient_belongs": "2",
        "population": "3", "employer": "苏河中学", "school_class": "初一(3)班",
        "hfmd_card.1": "未检", "hfmd_card.2": "否",
    }  # fmt: skip
    card = _reported(
        scene, "child", apps.hfmd("CHILD", who=who), answers, "欧阳晓舟", ("手足口病", "Hand, foot and mouth")
    )
    _entered(scene, card, "epidemiologist")
    doctor, desk = scene.viewer("clinician"), scene.viewer("hospital_desk")
    with enter(doctor):  # the same illness once more, by hand
        again = services.draft_blank(doctor)
        same = versions.answers_of(versions.current(card))
        again = services.report(again.id, doctor, {**same, "card_no": again.card_no})
    with enter(desk):
        services.approve(again.id, desk)
    apps.deliver()
    scene.ids["pair"] = Duplicate.objects.get().id


def _hiv(scene: Scene) -> None:
    """艾滋病: confirmed, entered, audited by the officer who may."""
    who = apps.person("司徒明远", date(1990, 7, 7), phone="13912340002", address="莘庄工业区3号")
    record = apps.hiv_confirmed("HIV", who=who)
    answers = {
        **_GROWN, "disease_subtype": "hiv", "hiv_std_card.1": "不详", "hiv_std_card.3": "初中",
        "hiv_std_card.5": "不详", "hiv_std_card.6": "不详", "hiv_std_card.7": "其他就诊者检测",
        "hiv_std_card.8": "确认结果阳性",
    }  # fmt: skip
    card = _reported(scene, "hiv", record, answers, "司徒明远", ("艾滋病", "AIDS"))
    _entered(scene, card, "")


def _pupil(scene: Scene) -> None:
    """肺结核 in a primary school of the district; a grid worker is sent to the door."""
    who = apps.person(
        "诸葛承志", date(2013, 5, 2), phone="13912340003", employer="春申实验小学三(2)班", occupation="学生",
        address="虹梅南路9弄",
    )  # fmt: skip
    record = apps.tuberculosis("TB", who=who, department="儿科")
    answers = {
        **_CLINIC, "guardian_name": "诸葛一", "residence_area": "310112003", "population": "3",
        "employer": "春申实验小学三(2)班", "school_class": "三(2)班",
    }  # fmt: skip
    card = _reported(scene, "pupil", record, answers, "诸葛承志", ("肺结核", "tuberculosis"))
    _entered(scene, card, "")
    viewer = scene.viewer("epidemiologist").acting_for("work:follow-up")
    with enter(viewer):
        place = str(scene.county.places["grid"].id)
        grid.assign_visit(scene.stories["pupil"].ids["case"], place, "follow_up", viewer)
    apps.deliver()
    scene.ids["grid"] = scene.county.places["grid"].id
    scene.ids["errand"] = WorkItem.objects.get(kind="grid_visit").id


def _cholera(scene: Scene) -> None:
    """霍乱: watched singly, so a signal; closed with a word to those who reported."""
    who = apps.person("慕容建国", date(1971, 3, 12), phone="13912340004", address="浦江镇8号")
    record = apps.cholera_report("VC", who=who, department="儿科")
    card = _reported(scene, "cholera", record, _GROWN, "慕容建国", ("霍乱", "Cholera"))
    _entered(scene, card, "")
    scene.ids["signal"] = Signal.objects.get().id
    officer = scene.viewer("duty_officer")
    with enter(officer):
        surveillance.give_feedback(scene.ids["signal"], officer, "已核实，请继续隔离治疗。")
    apps.deliver()
    scene.ids["feedback"] = Feedback.objects.get().id


def _quarantine(scene: Scene) -> None:
    """An item of the first hospital that cannot be read, with a name in its bytes."""
    broken = f"MSH|^~\\&|LIS|H|Y|C|2026||ORU^R01|X|P|2.5\rOBX|1|ST|A|{scene.unreadable}|1\r".encode()
    with apps.as_jobs():
        intake.take_bytes(broken, f"{scene.unreadable}.hl7", scene.county.feeds["hospital"], NODE)
    apps.deliver()
    scene.ids |= {
        "quarantined": Quarantined.objects.get().id,
        "batch": Batch.objects.get().id,
        "feed": scene.county.feeds["hospital"].id,
    }


def _unmatched(scene: Scene) -> None:
    """A record of the first hospital names a school that is in no list."""
    with apps.as_jobs():
        match_text("申小", apps.DISTRICT, Bearer("record", new_id(), scene.county.hospital))
    apps.deliver()
    scene.ids["match"] = PlaceMatch.objects.get().id


def _alike(scene: Scene) -> None:
    """The child and the pupil may be one person, say the rules."""
    one, other = sorted(scene.stories[story].ids["person"] for story in ("child", "pupil"))
    verdict = Verdict("uncertain", "near_name_birth_more", "twins", ("birth_date", "phone"), ("name_near",), ("name",))
    with apps.as_jobs():
        pair = pairs.note(one, other, verdict, None)
    assert pair is not None
    scene.ids["alike"] = pair.id
    apps.deliver()


def _whistles(scene: Scene) -> None:
    """The doctor blows the whistle by name, with a photograph; somebody else does without a name."""
    told = {
        "event": ["数人同样发热"], "number": ["4"], "symptoms": ["高热"], "place": ["莘庄"],
        "since": [clock.today().isoformat()],
    }  # fmt: skip
    picture = b"\xff\xd8\xff\xda\x00\x02picture\xff\xd9"
    doctor, nurse = scene.viewer("clinician"), scene.viewer("triage_nurse")
    with enter(doctor):
        scene.ids["told"] = care.blow(Filled(told, {"file": [picture]}), doctor).matter.id
    with enter(nurse):
        scene.ids["anonymous"] = care.blow(Filled(told), nurse, anonymous=True).matter.id
    scene.ids["attachment"] = Attachment.objects.get().id
    apps.deliver()


def _glass_and_view(scene: Scene) -> None:
    """The pupil's own doctor broke the glass over them; an epidemiologist kept a list."""
    doctor, keeper = scene.viewer("clinician"), scene.viewer("epidemiologist")
    with enter(doctor):
        glass = accounts.break_glass(scene.stories["pupil"].ids["person"], "抢救", "急诊抢救", doctor)
    with enter(keeper):
        view = services.save_view(keeper, "cases", "我的列表", "disease=hfmd")
    apps.deliver()
    scene.ids |= {"glass": glass.id, "view": view.id}


def _reported(
    scene: Scene, story: str, record: canonical.Record, answers: Mapping[str, Any], name: str, disease: tuple[str, str]
) -> Card:
    """The record comes in, its doctor reports it."""
    (record_id,) = apps.receive(scene.county.hospital, record)
    apps.deliver()
    doctor = scene.viewer("clinician")
    with enter(doctor):
        suspicion = Suspicion.objects.get(record_id=record_id)
        card = services.draft_from_suspicion(suspicion.id, doctor)
        drafted = versions.answers_of(versions.current(card))
        card = services.report(card.id, doctor, {**drafted, **answers})
    apps.deliver()
    card = Card.objects.select_related("person").get(id=card.id)
    ids = {"person": card.person_id, "record": record_id, "suspicion": suspicion.id, "card": card.id}
    person = card.person
    scene.stories[story] = Told(
        ids, name, person.masked_name, disease,
        {
            "number": record.person.identifiers[0].value, "masked number": person.masked_id_no,
            "phone": record.person.phone, "card number": card.card_no, "address": record.person.address,
        },
    )  # fmt: skip
    return card


def _entered(scene: Scene, card: Card, auditor: str) -> None:
    """The desk approves and records the national number; the district audits where one is named; a case stands."""
    desk = scene.viewer("hospital_desk")
    with enter(desk):
        card = services.approve(card.id, desk)
        services.record_entry(
            card.id, desk, national_card_id=f"N-{card.id.hex[:18]}", entered_at=clock.now(), late_reason="网络故障"
        )
    apps.deliver()
    if auditor:
        by = scene.viewer(auditor)
        with enter(by):
            services.audit(card.id, by)
        apps.deliver()
    told = next(one for one in scene.stories.values() if one.ids["card"] == card.id)
    told.ids["case"] = Case.objects.get(cards=card).id


def _audited(scene: Scene) -> None:
    """A night's audit of the hospital, with a sample that its desk drew."""
    today = clock.today()
    with apps.as_jobs():
        running.run(scene.county.hospital, today - timedelta(days=30), today)
        line = AuditLine.objects.get(disease="cholera")
        scene.ids["critical"] = AbnormalResult.objects.create(
            organisation=scene.county.hospital, person_id=line.person_id, record_id=line.record_id, source="lis",
            group="ordinary", item="钾 7.1 mmol/L", reported_at=line.since, day=line.day, critical=True,
        ).id  # fmt: skip
    scene.ids["audit.cholera"] = line.id
    scene.ids["audit.hiv"] = AuditLine.objects.get(disease="hiv_aids").id
    with enter(scene.viewer("hospital_desk")) as desk:
        scene.ids["sample"] = samples.ask(desk, today - timedelta(days=30), today, size=3).id
    apps.deliver()
    scene.ids["sampled"] = AuditSampleItem.objects.filter(sample=scene.ids["sample"]).first().id
