"""The form of a card as Django draws it: fields of the pack that apply to the answers, their findings beside them.

It checks nothing itself: findings come from the rules, all at once, and a draft may be saved with any of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from django import forms
from django.forms.utils import ErrorDict, ErrorList
from django.http import QueryDict
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from yifang.apps.reporting.presenting import areas_of, cards, words
from yifang.apps.reporting.rules import Answers, Field, Finding, Situation, form_of
from yifang.apps.reporting.rules.fields import REQUIRED_WHEN
from yifang.kernel import areas, identity_number
from yifang.kernel.errors import YifangError
from yifang.knowledge import load

# Set by the system when the card was made; no form changes them.
FIXED = frozenset({"card_no", "card_type", "report_org", "report_area", "revised_from_disease"})
_INPUTS = {"date": "date", "datetime": "datetime-local", "integer": "number", "phone": "tel"}
_WIDE = frozenset({"remark"})


class CardForm(forms.Form):
    """Shows answers and findings; `sections` are (title, bound fields).

    Fields at fault stand together in `wanted`, before the sections: what is left to do is a few keystrokes away.
    """

    use_required_attribute = False

    def __init__(
        self, answers: Mapping[str, Any], situation: Situation, *, derived: Iterable[str] = (), refresh_url: str = ""
    ) -> None:
        super().__init__(initial={name: _shown(value) for name, value in answers.items()})
        read = Answers(answers, situation)
        marked = frozenset(derived)
        self.sections: list[tuple[Any, list[forms.BoundField]]] = []
        for _key, title, fields in cards.grouped(answers):
            shown = [one for one in fields if one.id not in FIXED]
            for one in shown:
                self.fields[one.id] = _field(one, read, one.id in marked, refresh_url)
            if shown:
                self.sections.append((title, [self[one.id] for one in shown]))
        self.wanted: list[forms.BoundField] = []
        self.warnings: list[tuple[str, str]] = []
        self._errors = ErrorDict()

    def show(self, findings: Sequence[Finding]) -> None:
        """Put errors and warnings beside their fields and the cursor into the first field at fault."""
        errors = ErrorDict()
        for finding in findings:
            text = words.says(finding)
            if finding.severity == "error":
                at = finding.field if finding.field in self.fields else forms.forms.NON_FIELD_ERRORS
                said = text if at == finding.field else f"{words.word(finding.label)}: {text}"
                errors.setdefault(at, ErrorList()).append(said)
            else:
                self.warnings.append((words.word(finding.label), text))
                if finding.field in self.fields:
                    field = self.fields[finding.field]
                    field.help_text = format_html("{} <mark>{}</mark>", field.help_text, text)
        self._errors = errors
        self.wanted = [self[name] for name in self.fields if name in errors]
        self.sections = [
            (title, rest)
            for title, shown in self.sections
            if (rest := [one for one in shown if one.name not in errors])
        ]
        if self.wanted:
            self.focus(self.wanted[0].name)

    def focus(self, name: str) -> None:
        """Where the cursor stands when the page opens: in the field `name`, else in the first."""
        for field in self.fields.values():
            field.widget.attrs.pop("autofocus", None)
        if name := name if name in self.fields else next(iter(self.fields), ""):
            self.fields[name].widget.attrs["autofocus"] = True


def posted(data: QueryDict, before: Mapping[str, Any]) -> dict[str, str]:
    """The answers that were typed, over `before`: what does not apply is emptied, what follows from others filled."""
    form = form_of(load())
    given = {name: str(value) for name, value in before.items() if value not in (None, "")}
    given["disease"] = data.get("disease", given.get("disease", "")).strip()
    shown = {one.id for _key, _title, fields in cards.grouped(given) for one in fields} - FIXED
    asked = [*form.fields.values(), *(one for supplement in form.supplements for one in supplement.fields)]
    for one in asked:
        if one.id in shown and one.id in data:
            given[one.id] = data[one.id].strip()
        elif one.id not in shown and one.id not in FIXED and not one.filled_by_system:
            given[one.id] = ""
    _follow(given, before)
    return given


def _follow(given: dict[str, str], before: Mapping[str, Any]) -> None:
    """“病人属于” follows a new residence, birth and sex an identity number, unless a person said otherwise."""
    home = given.get("residence_area", "")
    belongs = given.get("patient_belongs")
    if home and belongs != "6" and (not belongs or home != before.get("residence_area")):
        with suppress(YifangError):
            given["patient_belongs"] = areas.relation(home, given.get("report_area", ""))
    number = given.get("id_no", "")
    if number and given.get("id_type", "01") in ("", "01"):
        try:
            known = identity_number.parse(number)
        except YifangError:
            return
        given["id_type"] = "01"
        given["birth_date"] = given.get("birth_date") or known.birth.isoformat()
        given["sex"] = given.get("sex") if given.get("sex") in ("1", "2") else {"male": "1", "female": "2"}[known.sex]


def _field(one: Field, read: Answers, derived: bool, refresh_url: str) -> forms.Field:
    required = (one.required and one.id not in _unsure()) or (one.conditional and REQUIRED_WHEN[one.id](read))
    note = _("由病历推得，请核对。") if derived else ""
    value = read.text(one.id)
    widget: forms.Widget
    if one.type == "disease_code":
        widget = forms.Select(attrs=_refreshing(refresh_url), choices=diseases(value))
    elif one.type == "disease_subtype":
        parts = read.disease.subtypes if read.disease else ()
        widget = forms.Select(choices=[("", ""), *((part.id, words.word(part.name)) for part in parts)])
    elif one.type == "area_code":
        widget = AreaPicker(choices=areas_of.choices(value, read.situation.reporter_area))
    elif one.codes is not None:
        known = [(code, words.word(label)) for code, label in one.codes.items()]
        if value and value not in one.codes:
            known.append((value, value))
        widget = forms.Select(choices=[("", ""), *known])
    elif one.id in _WIDE:
        widget = forms.Textarea(attrs={"rows": 2, "maxlength": one.max})
    else:
        attributes: dict[str, Any] = {"maxlength": one.max} if one.max else {}
        kind = _INPUTS.get(one.type, "text")
        if kind == "number" and one.range:
            attributes = {"min": one.range[0], "max": one.range[1]}
        widget = forms.TextInput(attrs={**attributes, "type": kind})
        widget.input_type = kind
    widget.attrs.setdefault("autocomplete", "off")
    label = words.word(one.label)
    return forms.Field(required=required, label=label, help_text=note, widget=widget)


def _unsure() -> frozenset[str]:
    """Questions that the pack is not sure of: they warn and keep nobody from reporting."""
    supplements = form_of(load()).supplements
    return frozenset(field.id for one in supplements if not one.firm for field in one.fields)


def _refreshing(url: str) -> dict[str, str]:
    """Another disease asks for other fields: the form is drawn again with what was typed."""
    if not url:
        return {}
    return {
        "hx-post": url, "hx-trigger": "change", "hx-target": "#card-form", "hx-select": "#card-form",
        "hx-swap": "outerHTML", "hx-vals": '{"do": "refresh"}',
    }  # fmt: skip


def diseases(chosen: str) -> list[tuple[str, Any]]:
    """The diseases that have a card of their own, by statutory class; the chosen one even where it has none."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for one in load().diseases.values():
        if one.report_as is None or one.id == chosen:
            groups.setdefault(one.statutory_class, []).append((one.id, words.disease(one.id)))
    names = {"A": _("甲类"), "B": _("乙类"), "C": _("丙类"), "O": _("其他")}
    return [("", ""), *((names[key], groups[key]) for key in names if key in groups)]


class AreaPicker(forms.Select):
    """A list of areas that a search above it narrows: type a name or code, the list follows."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        drawn = super().render(name, value, attrs, renderer)
        target = (attrs or {}).get("id", f"id_{name}")
        return format_html(
            '<input type="search" class="form-control" name="area" autocomplete="off" placeholder="{}" aria-label="{}" '
            'hx-get="{}" hx-trigger="input changed delay:250ms" hx-target="#{}" hx-swap="innerHTML">{}',
            _("输入乡镇街道名称或编码查找"), _("查找乡镇街道"), reverse("reporting:areas"), target, drawn,
        )  # fmt: skip


def options(choices: Iterable[tuple[str, str]]) -> SafeString:
    """The options of a select; one answer alone is chosen."""
    found = list(choices)
    told = _("找到 {n} 个，请选择").format(n=len(found))
    blank = "" if len(found) == 1 else format_html('<option value="">{}</option>', told)
    return format_html(
        "{}{}",
        blank,
        format_html_join(
            "",
            '<option value="{}"{}>{}</option>',
            ((code, mark_safe(" selected") if len(found) == 1 else "", name) for code, name in found),
        ),
    )


def _shown(value: Any) -> str:
    """A time as the browser's own field takes it."""
    text = "" if value is None else str(value)
    return text[:16] if len(text) > 16 and text[10:11] == "T" else text
