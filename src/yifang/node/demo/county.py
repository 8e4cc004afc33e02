"""The demo's county: fictional organisations in real areas, one person for each role, more doctors, the feeds.

Everything is looked up before it is made, so that starting again changes nothing.
"""

from datetime import date
from pathlib import Path

from django.contrib.auth.hashers import make_password
from django.db import transaction

from yifang.apps.accounts.models import User
from yifang.apps.accounts.roles import ROLES
from yifang.apps.accounts.services import give_seat
from yifang.apps.intake.models import Feed
from yifang.apps.ledger.services import NODE
from yifang.apps.places.models import Membership, Organisation, Place
from yifang.node.demo.hospitals import FAR, MAIN, SECOND
from yifang.node.guarding import Account, password_of

DISTRICT, RESIDENCE = "310112", "310104"
TOWNSHIP = "310112001"


# code, name, English, kind, area
_ORGANISATIONS = (
    (MAIN.code, MAIN.name, "Chunshen Demonstration Hospital", "hospital", DISTRICT),
    (SECOND.code, SECOND.name, "Pujiang Demonstration Hospital", "hospital", DISTRICT),
    (FAR.code, FAR.name, "Caohe Demonstration Hospital", "hospital", RESIDENCE),
    ("C310112", "闵行区疾控中心（演示）", "Minhang District CDC (demo)", "cdc", DISTRICT),
    ("C310104", "徐汇区疾控中心（演示）", "Xuhui District CDC (demo)", "cdc", RESIDENCE),
    ("B310112", "闵行区卫生健康委（演示）", "Minhang Health Bureau (demo)", "bureau", DISTRICT),
    ("U310112", "闵行区卫生监督所（演示）", "Minhang Health Inspection (demo)", "supervision", DISTRICT),
    ("S31011201", "春申示范小学", "Chunshen Demonstration Primary School", "school", DISTRICT),
    ("S31011202", "春申示范幼儿园", "Chunshen Demonstration Kindergarten", "school", DISTRICT),
    ("P31011201", "江川示范社区卫生服务中心", "Jiangchuan Demonstration Health Centre", "primary", DISTRICT),
    ("Y31011201", "春申示范药房", "Chunshen Demonstration Pharmacy", "pharmacy", DISTRICT),
    ("X31011201", "闵行示范血站", "Minhang Demonstration Blood Centre", "blood_centre", DISTRICT),
    ("M31011201", "闵行示范妇幼保健院", "Minhang Demonstration Maternal and Child Hospital", "hospital", DISTRICT),
    ("I31011201", "夕阳示范养老院", "Xiyang Demonstration Nursing Home", "other", DISTRICT),
    ("G31011201", "春申示范医疗集团", "Chunshen Demonstration Medical Group", "group", DISTRICT),
)
# code, kind, name, English, organisation, area
_PLACES = (
    ("S31011201-32", "class", "三年级2班", "Class 3-2", "S31011201", DISTRICT),
    ("310112001001", "village", "示范居委会", "Demonstration Committee", "", "310112001001"),
    ("310112001001001", "grid", "示范第一网格", "Demonstration Grid 1", "", "310112001001001"),
    ("W31011201", "worksite", "示范农贸市场", "Demonstration Market", "", DISTRICT),
)
# code, name, English, organisation, folder
_FEEDS = (
    ("inbox", "收件目录", "Inbox folder", MAIN.code, "."),
    ("chunshen-his", "春申示范医院 HIS 门诊日志", "Chunshen outpatient log", MAIN.code, "chunshen-his"),
    ("chunshen-lis", "春申示范医院 LIS", "Chunshen laboratory", MAIN.code, "chunshen-lis"),
    ("chunshen-emr", "春申示范医院 电子病历", "Chunshen records", MAIN.code, "chunshen-emr"),
    ("pujiang", "浦江示范医院 接口", "Pujiang interface", SECOND.code, "pujiang"),
    ("caohe", "漕河示范医院 接口", "Caohe interface", FAR.code, "caohe"),
)
_SITS_AT = {
    "hospital_desk": MAIN.code, "hospital_lab": MAIN.code, "infection_control": MAIN.code,
    "triage_nurse": MAIN.code, "cdc_lead": "C310112", "clinician": MAIN.code,
    "commissioner": MAIN.code, "group_office": "G31011201", "epidemiologist": "C310112", "cdc_lab": "C310112",
    "duty_officer": "C310112", "supervisor": "C310112", "health_inspection": "U310112", "bureau": "B310112",
    "eoc_commander": "B310112", "eoc_staff": "B310112", "school_nurse": "S31011201", "pharmacy": "Y31011201",
    "blood_centre": "X31011201", "maternal_child": "M31011201", "institution": "I31011201",
    "community_centre": "P31011201", "family_doctor": "P31011201",
}  # fmt: skip
_PLACED = {
    "class_teacher": "S31011201-32", "grid_worker": "310112001001001", "village_committee": "310112001001",
    "site_sentinel": "W31011201",
}  # fmt: skip
# user name, name, role, organisation, department, area, staff number, hiv officer
_MORE = (
    ("clinician_fever", "石磊", "clinician", MAIN.code, "感染科", "", "D103", False),
    ("clinician_gut", "江涛", "clinician", MAIN.code, "肠道门诊", "", "D104", False),
    ("clinician_chest", "林海", "clinician", MAIN.code, "呼吸内科", "", "D105", False),
    ("clinician_skin", "梅芳", "clinician", MAIN.code, "皮肤科", "", "D106", False),
    ("clinician_bones", "铁山", "clinician", MAIN.code, "骨科", "", "D107", False),
    ("clinician_pujiang", "高洁", "clinician", SECOND.code, "儿科", "", "D101", False),
    ("hospital_desk_pujiang", "浦江公卫科", "hospital_desk", SECOND.code, "公卫科", "", "P201", False),
    ("epidemiologist_hiv", "闵行性艾专人", "epidemiologist", "C310112", "", DISTRICT, "", True),
    ("epidemiologist_xuhui", "徐汇流调", "epidemiologist", "C310104", "", RESIDENCE, "", False),
)


@transaction.atomic
def make(data: Path) -> tuple[list[Account], str]:
    """Make what is not there yet. Returns the accounts, roles first, and the password they share on this node."""
    password = password_of(data)
    organisations = {
        code: Organisation.objects.get_or_create(
            code=code,
            defaults={"name": name, "name_en": english, "kind": kind, "area_code": area, "phone": "021-54000000"},
        )[0]
        for code, name, english, kind, area in _ORGANISATIONS
    }
    for member in (MAIN.code, SECOND.code, "P31011201"):
        Membership.objects.get_or_create(
            group=organisations["G31011201"], member=organisations[member], since=date(2025, 1, 1)
        )
    places = {
        code: Place.objects.get_or_create(
            code=code,
            defaults={
                "kind": kind, "name": name, "name_en": english, "area_code": area,
                "organisation": organisations.get(at),
            },
        )[0]
        for code, kind, name, english, at, area in _PLACES
    }  # fmt: skip
    for code, name, english, at, folder in _FEEDS:
        # The node made the feed of the inbox for itself before the demo came.
        Feed.objects.update_or_create(
            code=code,
            defaults={"name": name, "name_en": english, "organisation": organisations[at], "folder": folder},
        )
    Organisation.objects.filter(code="NODE", feeds__isnull=True).delete()
    hashed = make_password(password)
    for role in ROLES.values():
        _seat(
            role.key, f"演示{role.zh}" if role.key != "clinician" else "高洁", hashed, role.key,
            organisations.get(_SITS_AT.get(role.key, "")), places.get(_PLACED.get(role.key, "")),
            "儿科" if role.key == "clinician" else "公卫科" if role.key == "hospital_desk" else "",
            (TOWNSHIP if role.key == "township" else DISTRICT) if role.scope == "area" else "",
            "D101" if role.key == "clinician" else "",
        )  # fmt: skip
    for username, name, role, at, department, area, staff_no, is_officer in _MORE:
        _seat(username, name, hashed, role, organisations[at], None, department, area, staff_no, is_officer)
    listed = [Account(role.key, role.zh, role.en) for role in ROLES.values()]
    listed += [Account(username, f"{ROLES[role].zh} {name}", ROLES[role].en) for username, name, role, *_ in _MORE]
    return listed, password


def _seat(
    username: str,
    name: str,
    hashed: str,
    role: str,
    organisation: Organisation | None,
    place: Place | None,
    department: str,
    area: str,
    staff_no: str,
    is_officer: bool = False,
) -> None:
    user, made = User.objects.get_or_create(username=username, defaults={"display_name": name, "password": hashed})
    if not made:
        return
    give_seat(
        user, role, NODE, organisation=organisation, department=department, area_code=area, place=place,
        staff_no=staff_no, hiv_officer=is_officer, since=date(2025, 1, 1),
    )  # fmt: skip
