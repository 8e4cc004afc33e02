"""The course of a suspicion or a card as a time line, and what the CDC said of a disease."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yifang.apps.accounts.viewers import Viewer
from yifang.apps.reporting.models import Card, DismissReason, EntrySource, RevisionKind, Said, SuspicionState
from yifang.apps.reporting.presenting import words
from yifang.apps.reporting.queries.steps import Step
from yifang.apps.reporting.rules import form_of
from yifang.kernel import protocols
from yifang.knowledge import load
from yifang.web.components import Moment, Tone

# kind of entry → (what happened, icon, tone)
_SUSPICION: dict[str, tuple[Any, str, Tone]] = {
    "suspicion_found": (gettext_lazy("程序提示"), "zoom-question", "warn"),
    "suspicion_changed": (gettext_lazy("有新的依据"), "plus", "info"),
    "suspicion_reopened": (gettext_lazy("出现决定性依据，再次提示"), "alert-circle", "warn"),
    "suspicion_tracked": (gettext_lazy("国家系统已有，只跟踪"), "eye", "info"),
    "suspicion_released": (gettext_lazy("国家系统不再有，重新等待答复"), "alert-circle", "warn"),
    "suspicion_withdrawn": (gettext_lazy("依据已撤销，线索撤回"), "arrow-back-up", "neutral"),
}
_ANSWERS: dict[str, tuple[Any, str, Tone]] = {
    SuspicionState.REPORTED: (gettext_lazy("已报告"), "send", "done"),
    SuspicionState.DISMISSED: (gettext_lazy("不是这个病"), "x", "neutral"),
    SuspicionState.CONSULTING: (gettext_lazy("请同事会诊"), "users", "info"),
}
_CARD: dict[str, tuple[Any, str, Tone]] = {
    "card_drafted": (gettext_lazy("建立草稿"), "pencil", "neutral"),
    "card_saved": (gettext_lazy("保存草稿"), "pencil", "neutral"),
    "card_reported": (gettext_lazy("报告到公卫科"), "send", "info"),
    "card_approved": (gettext_lazy("公卫科审核通过"), "check", "info"),
    "card_returned": (gettext_lazy("退回修改"), "arrow-back-up", "warn"),
    "card_discarded": (gettext_lazy("弃置草稿"), "trash", "neutral"),
    "card_linked": (gettext_lazy("确定病人是谁"), "user", "neutral"),
    "card_entered": (gettext_lazy("登记网报卡号和录入时间"), "hash", "good"),
    "card_entry_corrected": (gettext_lazy("更正网报卡号或录入时间"), "hash", "warn"),
    "card_audit_undone": (gettext_lazy("撤销终审"), "arrow-back-up", "warn"),
    "card_audited": (gettext_lazy("疾控终审通过"), "circle-check", "good"),
    "card_corrected": (gettext_lazy("订正报告"), "versions", "info"),
    "card_revision_audited": (gettext_lazy("疾控审核订正"), "circle-check", "good"),
    "card_registered": (gettext_lazy("登记专病系统编号"), "hash", "good"),
    "card_deleted": (gettext_lazy("删除"), "trash", "bad"),
    "card_late_explained": (gettext_lazy("说明迟报原因"), "clock-x", "neutral"),
    "card_merged": (gettext_lazy("与重复的卡合并"), "git-merge", "neutral"),
    "card_unmerged": (gettext_lazy("撤销合并"), "git-merge", "neutral"),
}


def of_suspicion(found: Iterable[Step]) -> list[Moment]:
    """The latest first."""
    moments = []
    for step in found:
        facts = step.entry.facts
        told = _ANSWERS.get(facts.get("state", "")) if step.kind == "suspicion_answered" else _SUSPICION.get(step.kind)
        if told is None:
            continue
        reason = facts.get("reason", "")
        detail = DismissReason(reason).label if reason in DismissReason.values else ""
        moments.append(Moment(step.entry.at, told[0], detail, told[1], told[2], who=step.who))
    return moments[::-1]


def of_card(one: Card, found: Iterable[Step]) -> list[Moment]:
    """The latest first; saving the same draft again and again is one line."""
    moments: list[Moment] = []
    reasons = {str(version.number): version.reason for version in one.versions.all() if version.reason}
    said = {str(each.id): each for each in one.said.all()}
    last = ""
    for step in found:
        told = _CARD.get(step.kind)
        if told is None or (step.kind == "card_saved" and last in ("card_saved", "card_drafted")):
            continue
        last = step.kind
        detail = _detail(one, step, reasons, said)
        moments.append(Moment(step.entry.at, told[0], detail, told[1], told[2], who=step.who))
    return moments[::-1]


def _detail(one: Card, step: Step, reasons: dict[str, str], said: dict[str, Said]) -> str:
    facts = step.entry.facts
    if step.kind == "card_corrected":
        form = form_of(load())
        changed = [words.word(field.label) for name in step.entry.fields if (field := form.field(name))]
        why = reasons.get(str(facts.get("version", "")), "")
        kind = str(RevisionKind(facts["kind"]).label) if facts.get("kind") else ""
        return "；".join(part for part in (kind, why, _("改动：{fields}").format(fields="、".join(changed))) if part)
    if step.kind == "card_entered":
        mended = next((each.before for each in said.values() if each.before), {})
        number = mended.get("national_card_id", one.national_card_id)
        reconciled = facts.get("source") == EntrySource.RECONCILED
        return f"{number} · {EntrySource.RECONCILED.label}" if reconciled else number
    words_of = said.get(str(facts.get("said", "")))
    if words_of is None:
        return ""
    was = words_of.before.get("national_card_id")
    return _("{why}；原卡号 {number}").format(why=words_of.text, number=was) if was else words_of.text


def advice(viewer: Viewer, disease: str) -> list[protocols.Notice]:
    """What the CDC told this viewer of the disease, from whichever later app has something to say."""
    return [notice for source in protocols.disease_advice for notice in source.call(viewer, disease)]
