"""Asking a WebService: the message is built from its WSDL by zeep (the extra `soap`), the answer is read as plain XML.

Platforms answer in ways that their own WSDL does not say: a text that holds XML, a code that says failure under HTTP
200. So the answer is taken raw. A backlog is asked for in stretches of time.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from hashlib import blake2s
from typing import Any

from yifang.apps.intake.connectors import position
from yifang.apps.intake.connectors.protocol import Column, Document, Part, Rows, Sight, SourceFailed
from yifang.apps.intake.connectors.soap import xml
from yifang.apps.intake.connectors.soap.settings import SoapSettings
from yifang.kernel import clock
from yifang.kernel.errors import ConfigError

_SECONDS, _LARGEST = 60, 50_000_000
_BEGIN = timedelta(days=1)  # where nobody said from when to read


@contextmanager
def opened(settings: SoapSettings) -> Iterator[SoapSource]:
    """The service, its WSDL read. Raises SourceFailed, ConfigError where zeep is missing."""
    try:
        zeep = importlib.import_module("zeep")
        requests = importlib.import_module("requests")
    except ModuleNotFoundError:
        raise ConfigError("connect.soap_extra") from None
    session = requests.Session()
    session.trust_env = False  # a hospital's platform stands beside us, not behind a proxy
    if settings.user:
        session.auth = (settings.user, settings.password)
    try:
        transport = zeep.Transport(session=session, timeout=_SECONDS, operation_timeout=_SECONDS)
        options = zeep.Settings(
            strict=False, forbid_dtd=True, forbid_entities=True, forbid_external=True, raw_response=True
        )
        yield SoapSource(zeep.Client(settings.wsdl, transport=transport, settings=options), settings)
    except requests.exceptions.RequestException as error:
        response = getattr(error, "response", None)
        said = f"HTTP {response.status_code}" if response is not None else type(error).__name__
        raise SourceFailed(
            said, "intake.view_login" if said in ("HTTP 401", "HTTP 403") else "intake.view_away"
        ) from None
    except zeep.exceptions.TransportError as error:
        raise SourceFailed(f"HTTP {error.status_code}") from None
    except zeep.exceptions.Error as error:
        raise SourceFailed(type(error).__name__, "connect.soap_wsdl") from None
    finally:
        session.close()


class SoapSource:
    """One operation."""

    def __init__(self, client: Any, settings: SoapSettings) -> None:
        self.client, self.settings = client, settings

    def columns(self) -> list[Column]:
        return []  # an answer leaves out what is empty

    def parts(self, since: Any, most: int | None) -> Iterator[Part]:
        number = 0
        for lower, upper in self._stretches(since):
            records = self.records(lower, upper)
            number += len(records)
            if records:
                yield self._documents(records) if self.settings.document else self._rows(records)
            if most and number >= most:
                return

    def sights(self, since: Any) -> Iterator[Sight]:
        operations = sorted(
            {name for service in self.client.wsdl.services.values() for port in service.ports.values()
             for name in port.binding._operations}
        )  # fmt: skip
        yield Sight("good", "connect.saw_service", {"n": len(operations), "operations": ", ".join(operations)[:300]})
        if self.settings.operation not in operations:
            yield Sight("bad", "connect.saw_no_operation", {"operation": self.settings.operation})
            return
        stretches = list(self._stretches(since))
        lower, upper = stretches[-1]
        records = self.records(lower, upper)
        told = {"n": len(records), "since": f"{lower:%Y-%m-%d %H:%M}", "until": f"{upper:%Y-%m-%d %H:%M}"}
        yield Sight("good" if records else "warn", "connect.saw_records", told)
        if len(stretches) > 1:
            yield Sight("note", "connect.saw_stretches", {"n": len(stretches)})
        if records:
            fields = list(dict.fromkeys(path for one in records for path, _text in xml.leaves(one)))
            yield Sight("good", "connect.saw_fields", {"n": len(fields), "fields": ", ".join(fields)[:400]})
            if empty := sum(not xml.text(one, self.settings.cursor) for one in records):
                yield Sight("bad", "connect.saw_null_cursor", {"rows": empty, "cursor": self.settings.cursor})

    def records(self, lower: datetime, upper: datetime) -> list[xml.Element]:
        """What the service says of a stretch of time. Raises SourceFailed for anything but data."""
        shown = {name: at.strftime(self.settings.clock) for name, at in (("since", lower), ("until", upper))}
        try:
            operation = self.client.service[self.settings.operation]
        except AttributeError:
            raise SourceFailed(self.settings.operation, "connect.soap_operation") from None
        try:
            response = operation(**self.settings.given(**shown))
        except TypeError as error:  # zeep: arguments that the operation does not know
            raise SourceFailed(str(error).split("\n")[0][:120], "connect.soap_arguments") from None
        if response.status_code in (401, 403):
            raise SourceFailed(f"HTTP {response.status_code}", "intake.view_login")
        if len(response.content) > _LARGEST:
            raise SourceFailed(f"{len(response.content) // 10**6} MB", "connect.soap_large")
        root = xml.parsed(response.content)
        if root is None:
            raise SourceFailed(f"HTTP {response.status_code}", "connect.soap_no_xml")
        if (fault := next(xml.find(root, "Fault"), None)) is not None:
            words = xml.text(fault, "faultstring") or xml.text(fault, "Reason/Text")
            raise SourceFailed(words[:120] or "Fault", "connect.soap_fault")
        root = self._inner(root)
        self._succeeded(root)
        return list(xml.find(root, self.settings.record))

    def _inner(self, root: xml.Element) -> xml.Element:
        if not self.settings.answer:
            return root
        holder = next(xml.find(root, self.settings.answer), None)
        inner = xml.parsed("".join(map(str, holder.itertext())).strip().encode()) if holder is not None else None
        if inner is None and holder is not None and len(holder):
            inner = holder[0]
        if inner is None:
            raise SourceFailed(self.settings.answer, "connect.soap_answer")
        return inner

    def _succeeded(self, root: xml.Element) -> None:
        """Under HTTP 200 and without a fault a platform may still say that it failed."""
        path, _, wanted = self.settings.success.partition("=")
        if not path:
            return
        found = next(xml.find(root, path.strip()), None)
        told = "".join(map(str, found.itertext())).strip() if found is not None else "—"
        if told != wanted.strip():
            raise SourceFailed(f"{path.strip()} = {told[:60]}", "connect.soap_not_ok")

    def _stretches(self, since: Any) -> Iterator[tuple[datetime, datetime]]:
        now = clock.now().astimezone(clock.CHINA).replace(tzinfo=None, microsecond=0)
        if isinstance(since, date) and not isinstance(since, datetime):
            since = datetime(since.year, since.month, since.day)
        lower = since.replace(tzinfo=None) if isinstance(since, datetime) else now - _BEGIN
        step = timedelta(minutes=self.settings.window)
        while lower < now:
            yield lower, min(lower + step, now)
            lower += step

    def _at(self, record: xml.Element) -> datetime:
        told = xml.text(record, self.settings.cursor)
        at = position.loaded(position.typed(told)) if told else None
        if not isinstance(at, datetime):
            raise SourceFailed(self.settings.cursor, "connect.soap_cursor")
        return at.astimezone(clock.CHINA).replace(tzinfo=None) if at.tzinfo else at

    def _rows(self, records: list[xml.Element]) -> Rows:
        every = sorted(((self._at(one), list(xml.leaves(one))) for one in records), key=lambda pair: pair[0])
        header = list(dict.fromkeys(path for _at, leaves in every for path, _text in leaves))
        rows = []
        for at, leaves in every:
            cells: dict[str, Any] = {}
            for path, text in leaves:  # an element that stands several times is read as one cell
                cells[path] = f"{cells[path]};{text}" if cells.get(path) and text else text or cells.get(path, "")
            cells[self.settings.cursor] = at  # the watermark as a time, in the place of its text
            rows.append(tuple(cells.get(path, "") for path in header))
        return Rows(header, rows, header.index(self.settings.cursor))

    def _documents(self, records: list[xml.Element]) -> list[Document]:
        found = []
        for record in sorted(records, key=self._at):
            holder = next(xml.find(record, self.settings.document.rsplit("/", 1)[-1]), None)
            data = xml.document(xml.text(record, self.settings.document), holder)
            at = self._at(record)
            found.append(
                Document(
                    f"{self.settings.operation}-{at:%Y%m%d%H%M%S}.xml",
                    at,
                    blake2s(data).hexdigest(),
                    lambda data=data: data,
                )
            )  # type: ignore[misc]
        return found
