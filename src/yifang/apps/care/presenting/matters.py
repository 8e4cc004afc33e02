"""Matters in words: their list, the timeline of their steps, the answers of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from yifang.apps.accounts.roles import ROLES
from yifang.apps.accounts.viewers import Viewer
from yifang.apps.care.models import Matter, MatterState, Step
from yifang.apps.care.queries.matters import Opened
from yifang.apps.care.services import matters as services
from yifang.apps.forms import presenting as forms
from yifang.apps.forms import services as filled
from yifang.apps.forms.models import Attachment
from yifang.apps.records.identity import mask_name, mask_number
from yifang.knowledge import load
from yifang.knowledge.models.matters import MatterKind, MatterStep
from yifang.web import components, tables

word = forms.word
# Answers that say who somebody is: masked until they are asked for.
IDENTITY = {"name": mask_name, "phone": mask_number, "id_no": mask_number}


@dataclass(frozen=True, slots=True)
class Taken:
    """A step that was taken, as the page shows it."""

    step: Any
    at: datetime
    who: str
    rows: Sequence[tuple[str, Any]]
    files: Sequence[Attachment] = ()
    record: str = ""


@dataclass(frozen=True, slots=True)
class Waits:
    """A step that waits: whose it is, until when, and where the viewer takes it ("" where it is not theirs)."""

    step: Any
    whose: str
    due: datetime | None
    url: str


@dataclass(frozen=True, slots=True)
class Page:
    """One matter for its page."""

    matter: Matter
    kind: MatterKind
    taken: Sequence[Taken]
    waits: Sequence[Waits]
    anytime: Sequence[Waits]
    outcome: str
    identity: bool  # something is masked that may be asked for


def page_of(opened: Opened, viewer: Viewer, *, whole: bool = False, purpose: str = "") -> Page:
    """Everything the page of a matter shows; unless `whole` identities are masked."""
    matter, kind = opened.matter, load().matters.kind(opened.matter.kind)
    files = forms.files_of([step.response for step in opened.steps if step.response])
    taken = [_taken(step, kind, files, viewer, whole=whole) for step in opened.steps]
    masked = any(_names(step) for step in opened.steps)
    waits = [_waits(matter, kind.step(name), opened.due.get(name), viewer, purpose) for name in matter.waiting]
    anytime = [
        _waits(matter, step, None, viewer, purpose)
        for step in kind.steps
        if step.anytime and step.id not in matter.waiting and services.may_take(matter, step, viewer)
    ]
    return Page(matter, kind, taken, waits, anytime, outcome(matter, kind), masked and not whole)


def outcome(matter: Matter, kind: MatterKind) -> str:
    """What came of a matter, in the words of the form that says it."""
    return answer(kind, matter.outcome) if matter.outcome else ""


def answer(kind: MatterKind, outcome: str) -> str:
    """What an outcome of the kind is called; itself where no form has it as an answer."""
    for step in kind.steps:
        if step.outcome and step.form:
            question = load().forms.form(step.form).questions.get(step.outcome)
            names = {option.id: word(option) for option in question.options} if question else {}
            if outcome in names:
                return names[outcome]
    return outcome


def state(matter: Matter, kind: MatterKind) -> tuple[str, components.Tone]:
    """What a matter waits for, or what came of it, with its tone."""
    if matter.state == MatterState.CLOSED:
        return outcome(matter, kind) or str(MatterState.CLOSED.label), "done"
    joiner = ", " if forms.is_english() else "、"
    return _("等待：{steps}").format(steps=joiner.join(word(kind.step(one)) for one in matter.waiting)), "info"


def begin_words() -> str:
    """What stands beside a kind that may be begun."""
    return _("发起")


def about(matter: Matter) -> str:
    """Sex and age, as they stand beside a name."""
    sexes = {"male": _("男"), "female": _("女")}
    age = _("{n} 岁").format(n=matter.age) if matter.age is not None else ""
    return " · ".join(filter(None, (sexes.get(matter.sex, ""), age)))


def table(rows: tables.Page[Matter], kind: MatterKind, due: Mapping[Any, Mapping[str, datetime]]) -> tables.Table[Any]:
    """The list of the matters of a kind."""
    whose = _("患者") if kind.about == "person" else _("机构")
    columns = [
        tables.Column(whose, "identity"), tables.Column(_("状态"), "state"), tables.Column(_("期限"), "clock"),
        tables.Column(_("开始"), "date"), tables.Column(_("科室"), minor=True),
    ]  # fmt: skip
    lines = [
        {
            "matter": one, "state": state(one, kind), "about": about(one), "url": reverse("care:matter", args=[one.id]),
            "due": min(due.get(one.id, {}).values(), default=None), "title": title(one, kind),
        }
        for one in rows.rows
    ]  # fmt: skip
    return tables.Table(
        id=f"matters-{kind.id}", caption=word(kind), columns=columns,
        page=tables.Page(lines, rows.before, rows.after), row_template="care/_matter_row.html",
        key=lambda line: line["matter"].id, url=lambda line: line["url"],
        changed=lambda line: line["matter"].opened_at,
        empty=tables.Empty(
            _("没有“{kind}”").format(kind=word(kind)),
            _("新的会自己出现在这里；有权限的岗位也可以从右上角发起。"),
            "clipboard-list",
        ),
    )  # fmt: skip


def title(matter: Matter, kind: MatterKind) -> str:
    """What stands in the first column: whom it is about, else where."""
    if matter.masked_name:
        return matter.masked_name
    return matter.organisation.name if matter.organisation else word(kind)


def _taken(
    step: Step, kind: MatterKind, files: Mapping[Any, list[Attachment]], viewer: Viewer, *, whole: bool
) -> Taken:
    definition = kind.step(step.step)
    rows = _rows(step, whole=whole) if step.response else []
    return Taken(
        definition, step.at, _who(step), rows, files.get(step.response_id, ()),
        reverse("records:record", args=[step.record_id]) if step.record_id and viewer.can("record.view") else "",
    )  # fmt: skip


def _rows(step: Step, *, whole: bool) -> list[tuple[str, Any]]:
    form, answers = filled.form_of(step.response), filled.answers_of(step.response)
    rows = []
    for name, question in form.questions.items():
        if name in answers:
            text = forms.in_words(question, answers[name])
            rows.append((word(question), text if whole or name not in IDENTITY else IDENTITY[name](text)))
    return rows


def _names(step: Step) -> bool:
    return bool(step.response and step.response.sealed and set(IDENTITY) & set(filled.answers_of(step.response)))


def _who(step: Step) -> str:
    if step.by is not None:
        return str(step.by)
    if step.role == "anonymous":
        return _("匿名")
    return _("由病历和检验得出") if step.record_id else _("系统")


def _waits(matter: Matter, step: MatterStep, due: datetime | None, viewer: Viewer, purpose: str) -> Waits:
    url = ""
    if services.may_take(matter, step, viewer):
        url = reverse("care:take", args=[matter.id, step.id]) + (f"?work={purpose}" if purpose else "")
    english = forms.is_english()
    roles = [ROLES[role].en if english else ROLES[role].zh for role in step.by]
    return Waits(step, (", " if english else "、").join(roles), due, url)
