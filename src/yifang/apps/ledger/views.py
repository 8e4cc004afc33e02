"""`/live`, which open pages ask every few seconds, and the ledger page of auditor and administrator."""

import json
from datetime import date
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from yifang.apps.ledger import failing, queries
from yifang.apps.ledger.models import Entry, Stream
from yifang.kernel import protocols
from yifang.web import components, htmx, tables

SIZE = 50


@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """204 while nothing of the viewer's concern was sealed after `after`, else the topics that changed."""
    after = request.GET.get("after", "")
    reached, topics = queries.news(int(after) if after.isdecimal() and len(after) < 19 else 0)
    if topics == ["*"]:
        topics = sorted({page.name for page in protocols.subject_pages} | {"work"})
    response = htmx.live(reached, sorted({"work", *topics}) if topics else [])
    response["X-Live-After"] = str(reached)
    response["Cache-Control"] = "no-store"
    return response


class FilterForm(forms.Form):
    """The conditions of the list."""

    stream = forms.ChoiceField(label=_("记录类别"), required=False, choices=[("", _("全部")), *Stream.choices])
    kind = forms.ChoiceField(label=_("事项"), required=False)
    subject = forms.UUIDField(label=_("对象编号"), required=False)
    actor = forms.IntegerField(label=_("人员编号"), required=False, min_value=1)
    since = forms.DateField(label=_("起"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label=_("止"), required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, data: object, lang: str) -> None:
        super().__init__(data, auto_id="ledger_%s")
        words = [(kind, queries.kind_words(kind, lang)) for kind in queries.kinds()]
        self.fields["kind"].choices = [("", _("全部")), *words]

    def filters(self) -> queries.Filters:
        """What was given and is well formed."""
        given: dict[str, str | int | date | UUID] = {
            name: value for name, value in self.cleaned_data.items() if value not in (None, "")
        }
        return queries.Filters(**given)


_COLUMNS = (_("事项"), _("人员"), _("岗位"), _("对象"), _("目的"), _("内容"))


@require_safe
def entries(request: HttpRequest) -> HttpResponse:
    """Both streams, newest first, with the state of seals and subscribers."""
    viewer = request.viewer
    viewer.check("ledger.view")
    lang = "en" if (get_language() or "").startswith("en") else "zh"
    form = FilterForm(request.GET, lang)
    form.is_valid()
    cursor = tables.read_cursor(request.GET.get("at", ""))
    after = cursor.values[0] if cursor and len(cursor.values) == 1 and isinstance(cursor.values[0], int) else None
    backwards = bool(after is not None and cursor.backwards)
    rows = queries.entries(viewer, form.filters(), after=after, backwards=backwards, limit=SIZE)
    page = tables.page(rows, SIZE, lambda entry: (entry.id,), cursor if after is not None else None)
    names = queries.names({entry.actor for entry in page.rows if entry.actor})
    lines = [_line(entry, names, lang) for entry in page.rows]
    table = tables.Table(
        id="ledger",
        caption=_("台账"),
        columns=[tables.Column(_("时间"), "identity"), *(tables.Column(words) for words in _COLUMNS)],
        page=tables.Page(lines, page.before, page.after),
        row_template="ledger/_entry.html",
        key=lambda line: line["entry"].id,
        empty=tables.Empty(_("没有符合条件的记录"), icon="history"),
    )
    context = {
        "form": form,
        "table": table,
        "chips": _chips(request, form, lang),
        "states": queries.seal_states(viewer),
        "readers": queries.readers(viewer),
        "stuck": [(one, queries.kind_words(one.entry.kind, lang)) for one in queries.stuck(viewer)],
        "may_retry": viewer.can("ledger.retry"),
    }
    return render(request, "ledger/entries.html", context)


@require_POST
def retry(request: HttpRequest, failure_id: int) -> HttpResponse:
    """Try again what a subscriber could not take, at its next turn."""
    failing.retry(failure_id, request.viewer)
    messages.success(request, _("已安排重试，几秒后刷新本页看结果。"))
    return redirect("ledger:entries")


def _line(entry: Entry, names: dict[int, str], lang: str) -> dict[str, object]:
    return {
        "entry": entry,
        "words": queries.kind_words(entry.kind, lang),
        "role": protocols.word_of("role", entry.role),
        "subject": protocols.word_of("subject", entry.subject_kind),
        "purpose": protocols.word_of("purpose", entry.purpose),
        "who": names.get(entry.actor or 0, ""),
        "facts": json.dumps(entry.facts, ensure_ascii=False, sort_keys=True) if entry.facts else "",
    }


def _chips(request: HttpRequest, form: FilterForm, lang: str) -> list[components.Chip]:
    found = []
    for name, value in form.cleaned_data.items():
        if value in (None, ""):
            continue
        shown = dict(Stream.choices).get(value, value) if name == "stream" else value
        shown = queries.kind_words(value, lang) if name == "kind" else shown
        found.append(
            components.Chip(form.fields[name].label, shown, tables.with_query(request.GET, **{name: "", "at": ""}))
        )
    return found
