"""Forms of the pack as Django draws them, and answers in words.

It checks nothing itself: problems come from `logic`, all at once. A question that decides what else is asked sends the
form to be drawn again with what was typed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms.utils import ErrorDict, ErrorList
from django.http import QueryDict
from django.utils import translation
from django.utils.html import format_html
from django.utils.translation import gettext as _

from yifang.apps.accounts.words import message_language
from yifang.apps.forms import logic, services
from yifang.apps.forms.models import Attachment, Response
from yifang.kernel import messages
from yifang.knowledge import load
from yifang.knowledge.models.forms import Advice, Form, Question
from yifang.web.packs import confidence_name

_INPUTS = {"date": "date", "datetime": "datetime-local", "integer": "number", "decimal": "number"}
_FEW = 13  # options that are shown side by side; more are a list


def is_english() -> bool:
    return (translation.get_language() or "").startswith("en")


def word(one: Any) -> str:
    """The name of anything of a pack that has `zh` and `en`."""
    return one.en if is_english() else one.zh


def says(problem: logic.Problem) -> str:
    """A problem in the reader's language."""
    if problem.code:
        return messages.render(problem.code, problem.params, message_language())
    return word(problem)


@dataclass(frozen=True, slots=True)
class Advised:
    """A recommendation as the page shows it: for which question, which answer, why, and on what ground."""

    question: str
    answer: str
    label: str
    why: str
    source: str
    rule: str


class FilledForm(forms.Form):
    """A form of the pack with what was typed; `sections` are (title, bound fields, advice that stands there)."""

    use_required_attribute = False

    def __init__(
        self,
        form: Form,
        given: logic.Given,
        found: logic.Read,
        *,
        refresh_url: str = "",
        done: Collection[str] = (),
    ) -> None:
        super().__init__()
        self.pack_form = form
        deciding = logic.deciding(form)
        self.advice = {key: _advised(form, one) for key, one in logic.advised(form, found.answers, done).items()}
        for question in found.asked:
            url = refresh_url if question.id in deciding else ""
            self.fields[question.id] = _field(question, url, self.advice.get(question.id))
            texts = list(given.get(question.id, ()))
            self.initial[question.id] = texts if question.type == "many" else (texts[0] if texts else "")
        for notice in found.warnings:
            if notice.question in self.fields:
                self.fields[notice.question].help_text = format_html("<mark>{}</mark>", says(notice))
        self.sections = [
            (word(section), shown)
            for section in form.sections
            if (shown := [self[one.id] for one in section.questions if one.id in self.fields])
        ]
        self.has_files = any(question.type == "file" for question in found.asked)
        self._errors = ErrorDict()
        first = next(iter(self.fields.values()), None)
        if first is not None:
            first.widget.attrs["autofocus"] = True

    def show(self, problems: Sequence[logic.Problem]) -> None:
        """Put each problem beside its field."""
        errors = ErrorDict()
        for problem in problems:
            at = problem.question if problem.question in self.fields else forms.forms.NON_FIELD_ERRORS
            errors.setdefault(at, ErrorList()).append(says(problem))
        self._errors = errors


def given_of(data: QueryDict, form: Form) -> dict[str, list[str]]:
    """What was typed, by question."""
    return {name: data.getlist(name) for name in form.questions if name in data}


def blank(form_id: str, known: Mapping[str, Any], refresh_url: str, done: Collection[str] = ()) -> FilledForm:
    """A form to be filled, with what is known already."""
    form = load().forms.form(form_id)
    given = {name: _texts(value) for name, value in known.items() if name in form.questions}
    return FilledForm(form, given, services.read(form, given, done), refresh_url=refresh_url, done=done)


def again(form_id: str, data: QueryDict, refresh_url: str, done: Collection[str] = ()) -> FilledForm:
    """The form as it was just typed. An advised answer is taken over as long as nobody chose one."""
    form = load().forms.form(form_id)
    given = given_of(data, form)
    advice = logic.advised(form, services.read(form, given, done).answers, done)
    said = data.get("advised", "")
    for question, one in advice.items():
        chosen = given.get(question, [""])[0]
        if not chosen or chosen == said:
            given[question] = [one.answer]
    return FilledForm(form, given, services.read(form, given, done), refresh_url=refresh_url, done=done)


def in_words(question: Question, value: Any) -> str:
    """An answer as a person reads it."""
    options = {option.id: word(option) for option in question.options}
    if question.type == "many":
        return (", " if is_english() else "、").join(options.get(one, one) for one in value)
    if question.type == "one":
        return options.get(value, value)
    if question.type == "disease":
        found = load().diseases.get(value)
        return (found.en if is_english() else found.name) if found else value
    if question.type == "datetime":
        return str(value).replace("T", " ")
    return f"{value}{question.unit}"


def files_of(responses: Sequence[Response]) -> dict[Any, list[Attachment]]:
    """The files of responses, by response, without their content."""
    found: dict[Any, list[Attachment]] = {}
    rows = Attachment.objects.filter(response__in=[one.id for one in responses]).defer("sealed").order_by("id")
    for one in rows:
        found.setdefault(one.response_id, []).append(one)
    return found


def _advised(form: Form, one: Advice) -> Advised:
    question = form.questions[one.question]
    place = load().provenance("forms", "forms", form.id, "advice", one.id)
    return Advised(
        one.question,
        one.answer,
        in_words(question, one.answer),
        word(one),
        f"{place.text} · {confidence_name(place.confidence)}",
        one.id,
    )


def _field(question: Question, refresh_url: str, advice: Advised | None) -> forms.Field:
    attrs = {"autocomplete": "off", **_refreshing(refresh_url, typed=question.type not in ("one", "many"))}
    widget: forms.Widget
    choices = [(option.id, word(option)) for option in question.options]
    match question.type:
        case "one" if len(choices) <= _FEW:
            widget = forms.RadioSelect(choices=choices, attrs=attrs)
        case "one":
            widget = forms.Select(choices=[("", ""), *choices], attrs=attrs)
        case "many":
            widget = forms.CheckboxSelectMultiple(choices=choices, attrs=attrs)
        case "long":
            widget = forms.Textarea(attrs={**attrs, "rows": 3, "maxlength": question.max})
        case "disease":
            widget = forms.Select(choices=_diseases(), attrs=attrs)
        case "file":
            widget = forms.FileInput(attrs={"accept": "image/jpeg,image/png,application/pdf"})
        case _:
            kind = _INPUTS.get(question.type, "text")
            attrs |= {"maxlength": question.max} if question.max else {}
            if kind == "number":
                attrs |= {"inputmode": "decimal" if question.type == "decimal" else "numeric"}
                attrs |= {"step": "0.1" if question.type == "decimal" else "1"}
            widget = forms.TextInput(attrs=attrs)
            widget.input_type = kind
    label = f"{word(question)} ({question.unit})" if question.unit else word(question)
    help_text = question.hint_en if is_english() else question.hint_zh
    if question.type == "file":
        help_text = help_text or _("照片或 PDF，每个不超过 5 MB；照片里的拍摄地点和设备信息会去掉。")
    return forms.Field(required=question.required, label=label, help_text=help_text, widget=widget)


def _refreshing(url: str, *, typed: bool) -> dict[str, str]:
    if not url:
        return {}
    return {
        "hx-post": url, "hx-trigger": "change", "hx-target": "#filled-form", "hx-select": "#filled-form > *",
        "hx-swap": "innerHTML", "hx-vals": '{"do": "refresh"}', "hx-include": "closest form",
    }  # fmt: skip


def _diseases() -> list[tuple[str, Any]]:
    known = [
        (one.id, one.en if is_english() else one.name) for one in load().diseases.values() if one.report_as is None
    ]
    return [("", ""), *known]


def _texts(value: Any) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]
