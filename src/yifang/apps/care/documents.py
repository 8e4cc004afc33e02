"""Minutes of a matter as a Word document: every step with its form, in the words of the paper.

How it looks is its template (`minutes.docx`, made by `papers.minutes_template`), which a region may replace.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import translation

from yifang.apps.accounts.viewers import Viewer
from yifang.apps.care.presenting import matters as presenting
from yifang.apps.care.queries.matters import Opened
from yifang.apps.ledger.services import looked
from yifang.kernel import clock
from yifang.kernel.errors import UserError
from yifang.knowledge import load
from yifang.web.documents import render
from yifang.web.exports import Provenance

TEMPLATE = Path(__file__).parent / "papers" / "minutes.docx"


def template() -> Path:
    """The installation's own template where it brought one, else ours."""
    own = Path(settings.YIFANG_PAPERS) / TEMPLATE.name
    return own if own.is_file() else TEMPLATE


def minutes(opened: Opened, viewer: Viewer) -> bytes:
    """The minutes, a typed name open; in Chinese whatever the reader's screen has; leaves an access entry.

    Raises UserError `records.purpose_needed` without a purpose.
    """
    if not viewer.purpose:
        raise UserError("records.purpose_needed")
    matter, kind = opened.matter, load().matters.kind(opened.matter.kind)
    looked("care.minutes_exported", "matter", matter.id, viewer)
    with translation.override("zh-hans"):
        page = presenting.page_of(opened, viewer, whole=True)
        source = Provenance(
            kind.zh, who=viewer.name, seat=viewer.role, at=clock.now(), packs=load().digest, purpose=viewer.purpose
        )
        context: dict[str, Any] = {
            "title": f"{kind.zh}记录", "organisation": str(matter.organisation or "—"), "number": matter.id.hex[-8:],
            "department": matter.department or "—",
            "patient": " ".join(filter(None, (matter.masked_name, presenting.about(matter)))) or "—",
            "state": presenting.state(matter, kind)[0],
            "sections": [
                {"title": one.step.zh, "at": one.at.astimezone(clock.CHINA).strftime("%Y-%m-%d %H:%M"), "who": one.who,
                 "rows": [{"label": label, "value": str(value)} for label, value in one.rows]}
                for one in page.taken
            ],
        }  # fmt: skip
        return render(template(), context, source)
