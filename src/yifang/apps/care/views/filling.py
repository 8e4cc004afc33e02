"""What the pages that fill a form share: reading what was sent, drawing it again, the seconds it took."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.core.signing import BadSignature, TimestampSigner
from django.http import HttpRequest

from yifang.apps.care.services.matters import Filled
from yifang.apps.forms import presenting as forms
from yifang.apps.forms.services import LARGEST, Unfilled
from yifang.kernel import clock
from yifang.knowledge import load

_STARTED = TimestampSigner(salt="care.started")
_LONGEST = 3600


def started() -> str:
    """A mark of now, which comes back with the form: how long it took is measured, not asked."""
    return _STARTED.sign(f"{clock.now().timestamp():.0f}")


def filled(request: HttpRequest, form_id: str) -> Filled:
    """What came with the form of the pack."""
    form = load().forms.form(form_id)
    files = {
        name: [one.read(LARGEST + 1) for one in request.FILES.getlist(name)]
        for name in request.FILES
        if name in form.questions
    }
    return Filled(forms.given_of(request.POST, form), files, _seconds(request.POST.get("started", "")))


def drawn(
    request: HttpRequest,
    form_id: str,
    url: str,
    known: Mapping[str, Any],
    done: Collection[str],
    refused: Unfilled | None = None,
) -> forms.FilledForm:
    """The form for the page: blank with what is known, as it was typed, or as it was refused."""
    if request.method != "POST":
        return forms.blank(form_id, known, url, done)
    form = forms.again(form_id, request.POST, url, done)
    if refused is not None:
        form.show(refused.read.problems)
    return form


def is_refresh(request: HttpRequest) -> bool:
    """Whether an answer changed and the form is only drawn again."""
    return request.POST.get("do") == "refresh"


def _seconds(mark: str) -> int | None:
    try:
        began = int(_STARTED.unsign(mark))
    except (BadSignature, ValueError):
        return None
    took = int(clock.now().timestamp()) - began
    return took if 0 <= took <= _LONGEST else None
