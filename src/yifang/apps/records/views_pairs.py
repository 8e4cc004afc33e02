"""The queue of persons who may be one, and two of them side by side: masked, their identities on purpose."""

from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from yifang.apps.records import identity as identities
from yifang.apps.records import pairs, presenting, queries
from yifang.apps.records.identity import Identity
from yifang.apps.records.models import PairState, Person, PersonPair
from yifang.web import components, htmx, tables

SIZE = 50
_DONE = {
    PairState.SAME: gettext_lazy("已记为同一人。两份资料正在合到一起，可以撤销。"),
    PairState.DIFFERENT: gettext_lazy("已记为不是同一人，以后不再问。"),
    PairState.OPEN: gettext_lazy("已撤销，回到待核对。"),
}


@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    """The pairs in one state, the longest waiting first."""
    return render(request, "records/pairs.html", _list(request, _state(request)))


@require_safe
def pair(request: HttpRequest, pair_id: UUID) -> HttpResponse:
    """One pair beside the list."""
    opened = queries.person_pair(pair_id, request.viewer)
    return render(request, "records/pairs.html", _list(request, opened.pair.state, str(pair_id)) | _detail(opened))


@require_POST
def answer(request: HttpRequest, pair_id: UUID) -> HttpResponse:
    """Whether they are one person."""
    found = pairs.answer(pair_id, request.viewer, request.POST.get("state", ""))
    messages.success(request, _DONE[PairState(found.state)])
    return htmx.redirect(request, reverse("records:pairs"))


@require_POST
def identity(request: HttpRequest, pair_id: UUID) -> HttpResponse:
    """Who the two are. Without a purpose it is asked first."""
    viewer = request.viewer
    viewer.check("person.link")
    if not viewer.purpose:
        onward = urlencode({"next": reverse("records:pair", args=[pair_id])})
        return htmx.redirect(request, f"{reverse('accounts:purpose', args=[pair_id])}?{onward}")
    opened = queries.person_pair(pair_id, viewer)
    people = [identities.open_identity(one.id, viewer) for one in (opened.pair.one, opened.pair.other)]
    context = _detail(opened) | {"opened_fields": _fields(*people)}
    if htmx.is_htmx(request):
        return render(request, "records/_pair.html", context)
    return render(request, "records/pairs.html", _list(request, opened.pair.state, str(pair_id)) | context)


def _detail(opened: queries.PairOpened) -> dict[str, object]:
    found = opened.pair
    return {
        "opened": True,
        "pair": found,
        "merge": opened.merge,
        "tone": presenting.PAIR_STATES[found.state],
        "rule": presenting.rule_name(found.rule),
        "forbidden": presenting.rule_name(found.forbidden) if found.forbidden else "",
        "evidence": presenting.pair_evidence(found),
        "fields": _masked(found.one, found.other),
        "closed_url": f"{reverse('records:pairs')}?state={found.state}",
    }


def _masked(one: Person, other: Person) -> list[tuple[str, str, str, bool]]:
    """What is compared in the open: label, one, the other, whether they are equal."""
    rows = [
        (_("姓名"), one.masked_name, other.masked_name),
        (_("性别"), presenting.sex(one), presenting.sex(other)),
        (_("出生日期"), _day(one), _day(other)),
        (_("证件号"), one.masked_id_no, other.masked_id_no),
        (_("电话"), one.masked_phone, other.masked_phone),
        (_("居住地区"), presenting.area(one.area_code), presenting.area(other.area_code)),
    ]
    return [(label, mine, theirs, mine == theirs) for label, mine, theirs in rows]


def _fields(one: Identity, other: Identity) -> list[tuple[str, str, str, bool]]:
    """The same with identities opened."""
    rows = [
        (_("姓名"), one.name, other.name),
        (_("证件号"), one.id_no, other.id_no),
        (_("电话"), one.phone, other.phone),
        (_("住址"), one.address, other.address),
        (_("监护人"), one.guardian, other.guardian),
        (_("单位"), one.employer, other.employer),
        (_("以前用过的姓名写法"), "、".join(one.names), "、".join(other.names)),
        (_("以前的电话"), "、".join(one.phones), "、".join(other.phones)),
        (_("以前的住址"), "、".join(one.addresses), "、".join(other.addresses)),
    ]
    return [(label, mine, theirs, mine == theirs) for label, mine, theirs in rows if mine or theirs]


def _day(person: Person) -> str:
    return person.birth_date.isoformat() if person.birth_date else ""


def _list(request: HttpRequest, state: str, opened: str = "") -> dict[str, object]:
    viewer = request.viewer
    if opened and htmx.is_htmx(request, "detail"):
        return {}
    cursor = tables.read_place(request.GET.get("at", ""), instants=True)
    after, backwards = (cursor.values, cursor.backwards) if cursor else (None, False)
    rows = queries.person_pairs(viewer, state, after=after, backwards=backwards, limit=SIZE)
    here = reverse("records:pairs")
    counted = queries.person_pair_counts(viewer, tables.MOST_COUNTED)
    tabs = [
        components.Tab(label, f"{here}?state={one}", one == state, counted[one], one == PairState.OPEN)
        for one, label in PairState.choices
    ]
    table = tables.Table(
        id="pairs",
        caption=_("疑似同一人"),
        columns=[
            tables.Column(_("两份资料"), "identity"),
            tables.Column(_("为什么像")),
            tables.Column(_("发现"), "date", minor=True),
        ],
        page=tables.page(
            [(one, presenting.rule_name(one.rule)) for one in rows], SIZE,
            lambda row: (row[0].found_at, row[0].id), cursor,
        ),
        row_template="records/_pair_row.html",
        key=lambda row: row[0].id,
        url=lambda row: reverse("records:pair", args=[row[0].id]),
        opens_in="detail",
        opened=opened,
        changed=_changed,
        empty=_empty(state),
    )  # fmt: skip
    return {"table": table, "tabs": tabs, "state": state}


def _changed(row: tuple[PersonPair, str]) -> object:
    return row[0].answered_at or row[0].found_at


def _empty(state: str) -> tables.Empty:
    if state == PairState.OPEN:
        return tables.Empty(_("没有要核对的人"), _("规则说不准、而您看得到双方的，会列在这里。"), "circle-check")
    return tables.Empty(_("这里还没有记录"), icon="users")


def _state(request: HttpRequest) -> str:
    wanted = request.GET.get("state", "")
    return wanted if wanted in PairState.values else PairState.OPEN
