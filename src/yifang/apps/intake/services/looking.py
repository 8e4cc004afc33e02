"""Looking at a source before it is trusted: what its connector sees, whether the mapping fits, what ten rows become.

Runs as jobs, or from the command line. The rows are kept sealed for the page of the mapping, and only the last ten.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice
from uuid import UUID

from django.db import transaction
from django.utils import translation

from yifang import formats
from yifang.apps.accounts.keys import sealing
from yifang.apps.intake import preview
from yifang.apps.intake.connectors import changes, position
from yifang.apps.intake.connectors.protocol import Rows, Sight, Source, SourceFailed
from yifang.apps.intake.models import Connection, Look
from yifang.apps.intake.services.connections import sample_context, settings_of
from yifang.apps.intake.services.mappings import mapping_of
from yifang.apps.ledger.services import NODE, Change, append
from yifang.formats.tabular.database import cell
from yifang.kernel import clock
from yifang.kernel.errors import YifangError


@dataclass(slots=True)
class Seen:
    """What was seen; `away` says that the source could not be asked at all."""

    sights: list[Sight] = field(default_factory=list)
    header: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    away: bool = False

    @property
    def is_bad(self) -> bool:
        return any(one.level == "bad" for one in self.sights)


def look(one: Connection) -> Seen:
    """Ask the source all there is to ask. Never raises for what the source or its settings are."""
    seen = Seen()
    try:
        connector, settings = settings_of(one)
        with connector.opened(settings) as source:
            since = position.begin(position.loaded(one.position), settings.overlap)
            seen.sights += source.sights(since)
            columns = source.columns()
            if difference := changes.between(one.columns, columns):
                seen.sights.append(Sight("bad", "intake.columns_changed", difference.params()))
            _sample(source, since, seen)
            if columns and not seen.header:
                seen.header = [column.name for column in columns]
    except SourceFailed as failed:
        seen.sights.append(Sight("bad", failed.code, {"reason": failed.reason}))
        seen.away = True
    except YifangError as wrong:
        seen.sights.append(Sight("bad", wrong.code, {name: str(value) for name, value in wrong.params.items()}))
        seen.away = True
    if seen.header:
        _read(one, seen)
    return seen


def keep_look(feed_id: UUID) -> None:
    """Look at a feed's source and keep what was seen for the page."""
    asked = Look.objects.filter(feed=feed_id).values_list("asked_at", flat=True).first()
    one = Connection.objects.select_related("feed__organisation").get(feed=feed_id)
    seen = look(one)
    if asked is not None and Look.objects.filter(feed=feed_id, asked_at__gt=asked).exists():
        return  # the settings were changed meanwhile: the look that was asked for then tells of them
    told = {"header": seen.header, "rows": seen.rows}
    sample = (
        sealing().seal(json.dumps(told, ensure_ascii=False).encode(), sample_context(feed_id)) if seen.header else None
    )
    values = {
        "done_at": clock.now(), "sights": [[sight.level, sight.code, sight.params] for sight in seen.sights]
    } | ({"sample": sample} if sample else {})  # fmt: skip
    with transaction.atomic():
        facts = {"bad": seen.is_bad}
        append(Change("intake.look_done", "feed", feed_id, facts=facts, scopes=[one.feed.organisation.scope]), NODE)
        Look.objects.update_or_create(
            feed_id=feed_id, defaults=values, create_defaults=values | {"asked_at": clock.now()}
        )


def sample_of(found: Look) -> tuple[list[str], list[list[str]]]:
    """The header and the rows that were kept; nothing where none were."""
    if found.sample is None:
        return [], []
    told = json.loads(sealing().open(found.sample, sample_context(found.feed_id)))
    return told["header"], told["rows"]


def _sample(source: Source, since: object, seen: Seen) -> None:
    """The first rows since the watermark; where there are none, of all."""
    for lower in (since, None) if since is not None else (None,):
        for part in islice(source.parts(lower, preview.MOST), 1):
            if isinstance(part, Rows):
                seen.header = part.header
                seen.rows = [[cell(value) for value in row] for row in part.rows[: preview.MOST]]
            else:
                _documents(part, seen)
        if seen.rows:
            return


def _documents(part: object, seen: Seen) -> None:
    """What the first documents become."""
    records, refused = 0, []
    for document in list(part)[: preview.MOST]:  # type: ignore[call-overload]
        for item in formats.read((document.name, document.read())):
            records += len(item.records)
            if item.refusal is not None:
                refused.append(item.refusal)
    seen.sights.append(Sight("bad" if refused and not records else "good", "connect.saw_read",
                             {"records": records, "refused": len(refused)}))  # fmt: skip
    for refusal in dict.fromkeys(refused[:3]):
        said = _both(lambda refusal=refusal: preview.words(refusal))
        seen.sights.append(Sight("warn", "connect.saw_refused", {"said": said}))


def _read(one: Connection, seen: Seen) -> None:
    """How the rows are read by the feed's mapping."""
    try:
        mapping = mapping_of(one.feed)
        found = preview.preview(seen.header, seen.rows, mapping)
    except YifangError as wrong:
        seen.sights.append(Sight("bad", wrong.code, {name: str(value) for name, value in wrong.params.items()}))
        return

    def read() -> preview.Preview:
        return preview.preview(seen.header, seen.rows, mapping)

    if found.refusal:
        seen.sights.append(Sight("bad", "connect.saw_no_mapping", {"said": _both(lambda: read().refusal)}))
        return
    mapped = sum(bool(head.targets) for head in found.heads)
    told = {"mapping": found.mapping, "n": mapped, "all": len(found.heads)}
    seen.sights.append(Sight("good", "connect.saw_mapping", told))
    if found.missing:
        seen.sights.append(Sight("warn", "connect.saw_missing", {"fields": _both(lambda: "、".join(read().missing))}))
    if found.unread:
        seen.sights.append(Sight("note", "connect.saw_unread", {"columns": ", ".join(found.unread)[:300]}))
    if seen.rows:
        level = "bad" if found.refused and not found.records else "good"
        seen.sights.append(Sight(level, "connect.saw_read", {"records": found.records, "refused": found.refused}))
    refused = [at for at, (_cells, said) in enumerate(found.rows) if said]
    for at in refused[:3]:
        seen.sights.append(Sight("warn", "connect.saw_refused", {"said": _both(lambda at=at: read().rows[at][1])}))


def _both(said: Callable[[], str]) -> dict[str, str]:
    """Words in both languages: whoever reads them reads them later."""
    found = {}
    for language, name in (("zh", "zh-hans"), ("en", "en")):
        with translation.override(name):
            found[language] = said()
    return found
