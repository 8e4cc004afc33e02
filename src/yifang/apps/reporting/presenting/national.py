"""How a card of the national system is told in a list: who, what, its number there, and in what ours differs."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from yifang.apps.accounts.words import message_language
from yifang.apps.records import presenting as people
from yifang.apps.reporting.models import NationalCard
from yifang.apps.reporting.presenting import words
from yifang.apps.reporting.presenting.district import who
from yifang.apps.reporting.rules import form_of
from yifang.knowledge import load


@dataclass(frozen=True, slots=True)
class Row:
    """One card there; `differs` are the names of the fields in which ours says otherwise."""

    id: UUID
    one: NationalCard
    name: str
    sex: str
    age: str
    disease: str
    reporter: str
    state: str
    differs: str
    url: str


def row(one: NationalCard) -> Row:
    """The row of a card. It opens our own card where there is one, else its case."""
    person = one.person
    url = ""
    if one.card_id is not None:
        url = reverse("reporting:audit_card", args=[one.card_id])
    elif one.case_id is not None:
        url = reverse("reporting:case", args=[one.case_id])
    labels = {"entry_time": _("录入时间"), "audit_state": _("审核状态")}
    form = form_of(load())
    names = [str(labels.get(name) or (field.label if (field := form.field(name)) else name)) for name in one.differs]
    said = ("、" if message_language() == "zh" else ", ").join(names)
    return Row(
        one.id, one, who(one.group, one.id, person.masked_name) if person else "",
        people.sex(person) if person else "", people.age(person.birth_date, one.onset_date) if person else "",
        words.disease(one.disease, one.subtype) if one.disease else one.disease_text, one.organisation_text,
        _state(one.audit_state), said, url,
    )  # fmt: skip


_STATES_EN = {
    "unaudited": "not audited", "county_audited": "audited by the county", "city_audited": "audited by the city",
    "final": "final", "revised_pending": "revision awaits audit", "deleted": "deleted", "not_counted": "not counted",
    "duplicate": "duplicate",
}  # fmt: skip


def _state(id: str) -> str:
    if message_language() == "en":
        return _STATES_EN.get(id, id)
    return next((one.label for one in load().national_system.audit_states if one.id == id), id)
