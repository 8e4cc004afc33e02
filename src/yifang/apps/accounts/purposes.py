"""Why somebody looks: inherited from the work item they act on, or asked once and kept for half an hour.

The purpose goes to the database with the viewer; identity opens only with one, and the access stream records it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from yifang.apps.accounts.models import Visibility
from yifang.kernel import clock, protocols
from yifang.kernel.errors import UserError

KEPT = timedelta(minutes=30)
_SESSION = "purposes"  # subject id → [purpose, until]

# What a person may give as their purpose without a work item; `other` needs words.
CHOICES = {
    "treatment": _("诊疗"),
    "verification": _("核实病例信息"),
    "investigation": _("流行病学调查"),
    "quality": _("报告质量检查"),
    "other": _("其他（请写明）"),
}


def of_request(request: HttpRequest, url_values: Mapping[str, Any]) -> str:
    """The purpose of this request: of the work item in `?work=` or the form, else what was asked for a subject in the
    address; "" where there is none. Runs inside `viewers.enter`.

    A work item is a reason to look at its own subject, at the person of it and at what else that person is the subject
    of, and at nobody else.
    """
    named = [value for value in url_values.values() if isinstance(value, UUID)]
    token = request.GET.get("work") or (request.POST.get("work") if request.method == "POST" else "")
    if token and named:
        for source in protocols.purposes:
            found = source.call(request.viewer, token)
            if found is not None and _concerns(found.subject, named):
                return str(found.text)
    kept = request.session.get(_SESSION, {})
    for value in named:
        purpose, until = kept.get(str(value), ("", ""))
        if purpose and datetime.fromisoformat(until) > clock.now():
            return str(purpose)
    return ""


def _concerns(subject: UUID, named: Sequence[UUID]) -> bool:
    """Whether one of `named` is the subject, its person, or about the same person, as far as the viewer sees them."""
    if subject in named:
        return True
    return bool(_people([subject]) & _people(named))


def _people(subjects: Sequence[UUID]) -> set[UUID]:
    """The subjects themselves, which may be people, and whom they are about."""
    about = Visibility.objects.filter(subject__in=subjects, person__isnull=False).values_list("person", flat=True)
    return {*subjects, *about}


def keep(request: HttpRequest, subject: UUID, purpose: str, duration: timedelta = KEPT) -> None:
    """Remember in the session why this person looks at `subject`; what has run out is forgotten."""
    now = clock.now()
    kept = {
        key: value for key, value in request.session.get(_SESSION, {}).items() if datetime.fromisoformat(value[1]) > now
    }
    kept[str(subject)] = (purpose, (now + duration).isoformat())
    request.session[_SESSION] = kept


def forget(request: HttpRequest) -> None:
    """Drop every purpose that was asked."""
    request.session.pop(_SESSION, None)


def asked(choice: str, note: str) -> str:
    """The purpose that a filled form says. Raises UserError `accounts.purpose_unknown` or `accounts.purpose_words`."""
    note = " ".join(note.split())[:100]
    if choice not in CHOICES:
        raise UserError("accounts.purpose_unknown")
    if choice == "other" and not note:
        raise UserError("accounts.purpose_words")
    return f"asked:{choice}{': ' + note if note else ''}"
