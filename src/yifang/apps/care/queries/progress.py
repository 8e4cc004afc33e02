"""How far a rule-out list is: each test that was listed, and the result that answered it meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from yifang.apps.care.models import Matter, Step
from yifang.apps.forms import services as forms
from yifang.apps.records.models import Record, RecordState

_BEFORE = timedelta(days=1)  # a result that is there already answers too
_MOST = 60


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the list; `value` is empty while nothing came."""

    test: str
    value: str = ""
    at: datetime | None = None
    record: UUID | None = None


def progress(matter: Matter) -> Sequence[Item]:
    """The tests of a rule-out list with the latest result of each, from the records that the viewer sees."""
    listed = Step.objects.filter(matter=matter, step="list").select_related("response__form").first()
    if listed is None or listed.response is None:
        return ()
    lines = str(forms.answers_of(listed.response).get("tests", "")).splitlines()
    wanted = [line.strip() for line in lines if line.strip()]
    found: dict[str, Item] = {}
    rows = Record.objects.filter(person=matter.person_id, current=True, at__gte=matter.opened_at - _BEFORE).exclude(
        state=RecordState.CANCELLED
    )
    for row in rows.order_by("at")[:_MOST] if matter.person_id and wanted else ():
        for result in row.payload.get("results", ()):
            name, value = str(result.get("name", "")), str(result.get("value", ""))
            for test in wanted:
                if value and (_plain(test) in _plain(name) or _plain(name) in _plain(test)):
                    found[test] = Item(test, value, row.at, row.id)
    return [found.get(test, Item(test)) for test in wanted]


def _plain(text: str) -> str:
    return "".join(text.split()).upper()
