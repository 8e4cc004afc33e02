"""A signal about one case, as detection would raise it where three of them stand together."""

from __future__ import annotations

from yifang.apps.accounts.models import SubjectKind
from yifang.apps.accounts.visibility import Subject, area_scopes, show
from yifang.apps.reporting.models import Case
from yifang.apps.surveillance.models import Signal, SignalCase
from yifang.kernel import clock
from yifang.kernel.ids import new_id


def signal_about(case: Case, area: str, home: str) -> Signal:
    """An open signal in `area` that the hospital of the scope `home` reported."""
    now = clock.now()
    signal = Signal(
        id=new_id(), method="threshold", disease="hfmd", group="ordinary", area_code=area, observed=3, expected=0,
        limit=3, pack_digest="x", explanation={"rule": "r", "source": "s", "reported_by": [home], "areas": [area]},
        first_day=now.date(), last_day=now.date(), raised_at=now, due_at=now,
    )  # fmt: skip
    signal.save(force_insert=True)
    SignalCase.objects.create(signal=signal, case_id=case.id, joined_at=now)
    show(Subject(SubjectKind.SIGNAL, signal.id, now.date(), "hfmd"), area_scopes(area), "signal")
    return signal
