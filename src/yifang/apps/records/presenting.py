"""How a record is told in a line, and its parts on a page: words for kinds, times as precise as they are, anchors."""

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime

from django.utils import translation
from django.utils.translation import gettext_lazy, ngettext

from yifang.apps.records.models import Person, PersonPair, Record, RecordState
from yifang.apps.records.moments import instant_of
from yifang.formats import canonical
from yifang.kernel import clock, protocols
from yifang.knowledge import load
from yifang.knowledge.models.linkage import NEAR
from yifang.link import AMBIGUOUS, condition, rules_of
from yifang.web.components import Tone

KINDS = {
    "encounter": gettext_lazy("就诊"),
    "lab_report": gettext_lazy("检验报告"),
    "order": gettext_lazy("医嘱申请"),
    "immunization": gettext_lazy("接种"),
    "case_notification": gettext_lazy("病例通报"),
    "document": gettext_lazy("病历文书"),
    "person": gettext_lazy("个人信息"),
    "other": gettext_lazy("其他记录"),
}
SUBJECTS = {
    "suspicion": gettext_lazy("待排查线索"),
    "card": gettext_lazy("报告卡"),
    "case": gettext_lazy("病例"),
}
VISITS = {
    "outpatient": gettext_lazy("门诊"),
    "emergency": gettext_lazy("急诊"),
    "inpatient": gettext_lazy("住院"),
    "checkup": gettext_lazy("体检"),
}
SECTIONS = {
    "complaint": gettext_lazy("主诉"),
    "history": gettext_lazy("现病史"),
    "past_history": gettext_lazy("既往史"),
    "exam": gettext_lazy("查体"),
    "imaging": gettext_lazy("影像"),
    "laboratory": gettext_lazy("检验"),
    "diagnosis": gettext_lazy("诊断"),
    "plan": gettext_lazy("处理意见"),
    "epidemiology": gettext_lazy("流行病学史"),
    "other": gettext_lazy("其他"),
}
FORMATS = {
    "hl7v2": "HL7 v2",
    "fhir": "FHIR",
    "cda": "CDA",
    "csv": "CSV",
    "xlsx": "Excel",
    "text": gettext_lazy("文字"),
    "unknown": gettext_lazy("认不出的格式"),
}
ROLES = {
    "reported": gettext_lazy("报告病种"),
    "admission": gettext_lazy("入院诊断"),
    "discharge": gettext_lazy("出院诊断"),
    "outpatient": gettext_lazy("门诊诊断"),
    "problem": gettext_lazy("问题"),
    "other": gettext_lazy("诊断"),
}
ASSERTIONS = {
    "absent": gettext_lazy("排除"),
    "uncertain": gettext_lazy("疑似"),
    "historical": gettext_lazy("既往"),
}
SEXES = {"male": gettext_lazy("男"), "female": gettext_lazy("女"), "other": gettext_lazy("其他")}
STATES: dict[str, Tone] = {
    RecordState.FINAL: "good",
    RecordState.PRELIMINARY: "info",
    RecordState.CORRECTED: "warn",
    RecordState.CANCELLED: "bad",
}
ICONS = {
    "encounter": "stethoscope", "lab_report": "flask", "order": "clipboard-list", "immunization": "vaccine",
    "case_notification": "report-medical", "document": "file-text", "person": "id", "other": "file-text",
    "suspicion": "zoom-question", "card": "report-medical", "case": "virus", "signal": "radar",
}  # fmt: skip


def kind(row: Record) -> str:
    """What the record is, with the kind of visit where it has one: 就诊 · 门诊."""
    visit = VISITS.get(row.payload.get("encounter", {}).get("kind", ""))
    name = str(KINDS.get(row.kind, KINDS["other"]))
    return f"{name} · {visit}" if visit and row.kind == "encounter" else name


def title(entry: protocols.TimelineEntry) -> str:
    """What an entry of the time line is about; what later apps name by its disease alone is told apart by its kind."""
    subject = SUBJECTS.get(entry.kind)
    return f"{subject} · {entry.label}" if subject else str(entry.label)


def summary(row: Record) -> str:
    """What it says in one line: its diagnoses, else its abnormal results, else its complaint."""
    payload = row.payload
    vaccines = [one.get("name", "") for one in payload.get("immunizations", ())]
    diagnoses = [one["text"] or _code(one) for one in payload.get("diagnoses", ())]
    results = [f"{one['name']} {one['value']}".strip() for one in payload.get("results", ())]
    complaint = [one["text"] for one in payload.get("notes", ()) if one["section"] == "complaint"]
    for found in (diagnoses, results, complaint, vaccines):
        words = [word for word in dict.fromkeys(found) if word]
        if words:
            return " · ".join(words[:3])[:120]
    return ""


def doses(row: Record) -> Iterator[tuple[datetime, str]]:
    """The vaccine doses that a record tells of, at their own times; refused ones are none."""
    for one in row.payload.get("immunizations", ()):
        if one.get("status", "final") != "cancelled":
            at = one.get("at")
            moment = canonical.Moment(at["iso"], at["precision"], at.get("offset_minutes")) if at else None
            yield instant_of(moment) or row.at, one.get("name") or _code(one)


# The kinds of a time line by which it is filtered: name → the kinds of entries it holds.
LINE_FILTERS = {
    "visits": (gettext_lazy("就诊"), {"encounter", "order", "document"}),
    "results": (gettext_lazy("检验"), {"lab_report"}),
    "immunizations": (gettext_lazy("接种"), {"immunization"}),
    "suspicions": (gettext_lazy("线索"), {"suspicion"}),
    "cards": (gettext_lazy("报告卡"), {"card", "case_notification"}),
    "cases": (gettext_lazy("病例"), {"case"}),
}

# What a pair of persons agrees in and not; the words of the terms are the linkage pack's.
PAIR_STATES: dict[str, Tone] = {"open": "warn", "same": "good", "different": "done", "withdrawn": "neutral"}


def pair_evidence(pair: PersonPair) -> list[tuple[str, str]]:
    """(what, tone) of each term that agrees, is near, or differs; what another says more strongly is left out."""
    said = pair.evidence
    agree, near = (set(said.get(name, ())) for name in ("agree", "near"))
    quiet = {"given_name", "given_sound", "birth_month"} | ({"sound"} if "name" in agree else set())
    shown = [(term_name(one), "good") for one in said.get("agree", ()) if one not in quiet]
    shown += [(term_name(one), "warn") for one in said.get("near", ())]
    quiet |= {"sound", "organisation", *(NEAR[one] for one in near)}
    quiet |= {"name"} if "sound" in agree else set()
    shown += [(term_name(one), "bad") for one in said.get("differ", ()) if one not in quiet]
    return shown


def term_name(id: str) -> str:
    """What a term of the linkage pack is called; its id where the pack no longer has it."""
    found = next((term for term in load().linkage.terms if term.id == id), None)
    return _in_language(found.zh, found.en) if found else id


def rule_name(id: str) -> str:
    """What a rule of the linkage pack says, or what holds one back; its id where the pack no longer has it."""
    if id == AMBIGUOUS:
        return str(gettext_lazy("同时像两个证件号不同的人"))
    found = condition(rules_of(load().linkage), id)
    return _in_language(found.zh, found.en) if found else id


def _in_language(zh: str, en: str) -> str:
    return en if (translation.get_language() or "").startswith("en") else zh


def _code(diagnosis: dict) -> str:  # type: ignore[type-arg]
    return next((code["code"] for code in diagnosis.get("codes", ())), "")


def moment(value: canonical.Moment | None) -> str:
    """A time as precise as its source gave it, the source's own offset only where it is not the node's."""
    if value is None:
        return ""
    text = value.iso.replace("T", " ")
    if value.offset_minutes is None or value.offset_minutes == 480:
        return text
    hours, minutes = divmod(abs(value.offset_minutes), 60)
    return f"{text} {'-' if value.offset_minutes < 0 else '+'}{hours:02}:{minutes:02}"


def codes(values: Iterable[canonical.Code]) -> str:
    """Codes with their systems: ICD10 B08.401."""
    return " · ".join(f"{one.system.upper() if len(one.system) < 8 else ''} {one.code}".strip() for one in values)


def age(birth: date | None, at: date | None = None) -> str:
    """Age in years, in months below two years, in days below two months."""
    if birth is None:
        return ""
    day = at or clock.today()
    days = (day - birth).days
    if days < 0:
        return ""
    months = (day.year - birth.year) * 12 + day.month - birth.month - (day.day < birth.day)
    if months >= 24:
        return ngettext("{n} 岁", "{n} 岁", months // 12).format(n=months // 12)
    if days >= 60:
        return ngettext("{n} 个月", "{n} 个月", months).format(n=months)
    return ngettext("{n} 天", "{n} 天", days).format(n=days)


def area(code: str) -> str:
    """The full name of an area, its code where the pack does not know it."""
    if not code:
        return ""
    try:
        return load().regions.full_name(code)
    except KeyError:
        return code


def sex(person: Person) -> str:
    """The word for it, empty where it is not known."""
    return str(SEXES.get(person.sex, ""))


def anchor(path: str) -> str:
    """The id on the record's page of what stands at `path` in the source: `OBX[1].5` → `at-OBX-1-5`."""
    return "at-" + re.sub(r"[^\w]+", "-", path).strip("-")
