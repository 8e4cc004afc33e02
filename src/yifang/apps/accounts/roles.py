# ruff: noqa: E501 (a table is read by its columns)
"""Who there is: the roles of the house, what each may do, and from which scope it looks.

`pack_role` is the row of the visibility matrix that applies. A permission is `<app>.<verb>`; who may do a thing stands
here and only here, in which state it may be done stands in the app's `policy.py`. `card.audit` is the county's task; who
looks from a city or province may do it too, for what climbs to them (docs/decisions/2026-11-24-who-audits.md).
"""

from dataclasses import dataclass, field
from typing import Literal

ScopeKind = Literal["user", "department", "organisation", "area", "place", "none"]


@dataclass(frozen=True, slots=True)
class Role:
    key: str
    zh: str
    en: str
    scope: ScopeKind
    pack_role: str
    may: frozenset[str] = field(default_factory=frozenset)
    ordinary: Literal["case", "task", "count", "none"] = "none"  # the level for diseases of no sensitive group


DOCTOR = {
    "rules.view",
    "suspicion.list",
    "suspicion.answer",
    "card.draft",
    "card.report",
    "card.view",
    "card.print",
    "person.open",
    "record.view",
    "feedback.read",
    "glass.open",
    "whistle.blow",
    "matter.list",
    "matter.open",
}
DESK = {
    "suspicion.list", "suspicion.answer", "card.draft", "card.report", "card.view", "card.review", "card.enter",
    "card.correct", "card.delete", "card.export", "card.print", "person.open", "person.match", "person.link", "record.view", "case.list",
    "feedback.read", "quarantine.view", "quarantine.mend", "intake.upload", "glass.answer", "place.match", "count.view",
    "feed.connect", "register.view", "quality.view", "zero.answer", "relay.view", "rules.view", "rules.draft",
    "whistle.blow", "matter.list", "matter.open", "clinic.reconcile", "missed.view", "missed.answer",
}  # fmt: skip
DISTRICT = {
    "card.view", "card.audit", "card.merge", "card.delete", "card.correct", "card.enter", "card.export", "card.print", "case.list",
    "case.export", "person.open", "person.link", "record.view", "signal.list", "signal.answer", "place.match", "place.create",
    "grid.assign", "glass.answer", "count.view", "national.view", "quality.view", "relay.view",
    "rules.view", "rules.draft", "rules.activate", "zero.order", "missed.view", "feedback.read",
}  # fmt: skip
LOOK = frozenset({"signal.list", "count.view"})
WATCH = LOOK | {"quality.view"}
# Who takes part in matters of a hospital or a CDC; which step is whose stands in the `matters` pack.
MATTERS = {"matter.list", "matter.open"}
BLOWS = {"whistle.blow", *MATTERS}
NOT_ON_DUTY = {"card.merge", "person.link", "rules.draft", "rules.activate"}
DUTY = frozenset(DISTRICT - NOT_ON_DUTY | {"glass.open", "whistle.answer", *MATTERS})

_ROLES = [
    Role("clinician", "临床医生", "Clinician", "department", "临床医生", frozenset(DOCTOR), ordinary="case"),
    Role("hospital_desk", "医院公卫科", "Hospital public-health desk", "organisation", "公卫科", frozenset(DESK), ordinary="case"),
    Role("hospital_lab", "医院检验科", "Hospital laboratory", "organisation", "检验科", frozenset({"quarantine.view", "record.view", *BLOWS}), ordinary="case"),
    Role("infection_control", "院感科", "Infection control", "organisation", "院感科", frozenset({"feedback.read", "clinic.reconcile", *BLOWS}), ordinary="case"),
    Role("triage_nurse", "预检分诊护士", "Triage nurse", "organisation", "护士", frozenset(BLOWS)),
    Role("epidemiologist", "疾控流调监测", "CDC epidemiologist", "area", "疾控监测员", frozenset(DISTRICT | {"whistle.answer", *MATTERS}), ordinary="case"),
    Role("cdc_lab", "疾控实验室", "CDC laboratory", "area", "疾控实验室", LOOK, ordinary="case"),
    Role("duty_officer", "疾控值班", "CDC duty officer", "area", "疾控值班长", DUTY, ordinary="case"),
    Role("cdc_lead", "疾控负责人", "CDC lead", "area", "疾控监督员", LOOK | {"whistle.answer", "whistle.unseal", *MATTERS}, ordinary="case"),
    Role("supervisor", "疾控监督员", "CDC supervisor", "area", "疾控监督员", WATCH | {"matter.list"}, ordinary="count"),
    Role("health_inspection", "卫生监督执法", "Health inspection", "area", "疾控监督员"),
    Role("bureau", "卫健局(疾控局)", "Health bureau", "area", "卫健局管理员", WATCH | {"matter.list"}, ordinary="count"),
    Role("eoc_commander", "应急指挥长", "EOC commander", "area", "政府领导", LOOK, ordinary="count"),
    Role("eoc_staff", "应急指挥中心", "EOC staff", "area", "卫健局管理员", LOOK, ordinary="count"),
    Role("group_office", "总医院公卫健康部", "Medical-group public-health office", "organisation", "医院管理员", ordinary="count"),
    Role("commissioner", "公共卫生专员", "Public-health commissioner", "organisation", "公共卫生专员", ordinary="count"),
    Role("expert", "专家", "Expert", "user", "专家", frozenset(MATTERS)),
    Role("school_nurse", "校医", "School nurse", "organisation", "学校校医", frozenset({"case.list", "feedback.read"}), ordinary="case"),
    Role("class_teacher", "班主任", "Class teacher", "place", "班主任"),
    Role("pharmacy", "药店", "Pharmacy", "organisation", ""),
    Role("blood_centre", "采供血机构", "Blood centre", "organisation", "检验科", frozenset(BLOWS), ordinary="case"),
    Role("maternal_child", "妇幼保健机构", "Maternal-and-child institution", "organisation", "社区卫生服务中心", frozenset(BLOWS)),
    Role("institution", "重点机构", "Institution", "organisation", ""),
    Role("site_sentinel", "场所哨点", "Site sentinel", "place", ""),
    Role("police", "公安联络员", "Police liaison", "area", "公安", ordinary="task"),
    Role("industry_telecom", "工信联络员", "Industry and telecom liaison", "area", ""),
    Role("education", "教育联络员", "Education liaison", "area", ""),
    Role("civil_affairs", "民政联络员", "Civil affairs liaison", "area", "民政", ordinary="task"),
    Role("agriculture", "农业农村联络员", "Agriculture liaison", "area", ""),
    Role("markets", "市场监管联络员", "Market supervision liaison", "area", ""),
    Role("transport", "交通联络员", "Transport liaison", "area", ""),
    Role("customs", "海关联络员", "Customs liaison", "area", ""),
    Role("medical_insurance", "医保联络员", "Medical insurance liaison", "area", ""),
    Role("township", "乡镇街道", "Township office", "area", "网格员", ordinary="task"),
    Role("grid_worker", "网格员", "Grid worker", "place", "网格员", ordinary="task"),
    Role("village_committee", "村居委会", "Village committee", "place", "网格员", ordinary="task"),
    Role("community_centre", "社区卫生服务中心", "Community health centre", "organisation", "社区卫生服务中心",
         frozenset({"case.list", "person.open", "record.view", *BLOWS}), ordinary="case"),
    Role("family_doctor", "家庭医生团队", "Family-doctor team", "organisation", "家庭医生", frozenset(BLOWS), ordinary="case"),
    Role("resident", "居民", "Resident", "user", "居民"),
    Role("administrator", "系统管理员", "System administrator", "none", "系统管理员",
         frozenset({"packs.view", "rules.view", "rules.activate", "ledger.view", "ledger.verify", "ledger.retry", "accounts.manage", "gallery.view", "relay.view", "trial.manage"})),
    Role("auditor", "审计员", "Auditor", "none", "审计员", frozenset({"ledger.view", "ledger.verify", "packs.view"})),
]  # fmt: skip

EVERYONE = frozenset({"work.list", "packs.view"})
ROLES: dict[str, Role] = {role.key: role for role in _ROLES}


def may(role: str, permission: str) -> bool:
    """Whether holders of `role` may ever do `permission`; an unknown role may nothing."""
    return role in ROLES and (permission in EVERYONE or permission in ROLES[role].may)
