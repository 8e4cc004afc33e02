"""Which system of the county sends what: the visits of a stretch of time → files of each feed, errors planted.

The county hospital sends its outpatient log (CSV, GB18030), emergency and inpatient visits (HL7, GB18030) and
laboratory reports (HL7, UTF-8); the second hospital FHIR documents; the third opens a database (`sql`); each township
centre its log as CSV or a workbook. A file holds the records of a day, a week or a month of one feed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from yifang.world.encounters import Seen
from yifang.world.faults import Fault
from yifang.world.places import Organisation, Places
from yifang.world.writing import fhir, hl7, sql, table
from yifang.world.writing.form import Patient, Result, Sender, Visit

DATABASE = "h03-sql"
"""The feed that is a database, not files."""
_NEGATIVE = ("阴性", "(-)", "未检出", "未找到抗酸杆菌", "未见")
# A word of a test's name → the disease that a positive result of it would mean.
TESTS = {
    "流感": "influenza", "诺如": "other_infectious_diarrhoea", "轮状": "other_infectious_diarrhoea",
    "结核分枝杆菌": "pulmonary_tb", "抗酸": "pulmonary_tb", "虎红": "brucellosis",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed: `period` is day, week or month; `code` names its folder."""

    code: str
    what: str
    organisation: Organisation
    period: str
    suffix: str
    write: Callable[[Feed, Sequence[Seen], str], tuple[bytes, list[Fault]]]
    takes: Callable[[Seen], bool]

    @property
    def name(self) -> str:
        """What the feed is called."""
        return f"{self.organisation.name} {self.what}"

    @property
    def form(self) -> str:
        """The form of its files: csv, xlsx, hl7 or ndjson."""
        return self.suffix[1:]

    def file(self, seen: Sequence[Seen], label: str) -> tuple[str, bytes, list[Fault]]:
        """Name, bytes and planted errors of the file of some visits."""
        name = f"{self.code}/{self.code}-{label}{self.suffix}"
        data, faults = self.write(self, seen, name)
        return name, data, faults


def feeds(places: Places) -> list[Feed]:
    """Every feed of the county that is made of files."""
    first, second, _ = places.hospitals
    found = [
        Feed("h01-his", "门诊日志", first, "week", ".csv", _log(table.HOSPITAL), lambda one: not _is_admission(one)),
        Feed("h01-adt", "急诊与住院", first, "week", ".hl7", _admissions, _is_admission),
        Feed("h01-lis", "检验报告", first, "week", ".hl7", _reports, lambda one: bool(one.visit.results)),
        Feed("h02-fhir", "电子病历", second, "week", ".ndjson", _documents, lambda one: True),
    ]
    for number, centre in enumerate(places.centres):
        books = number % 5 == 4
        layout = table.CENTRES[number % len(table.CENTRES)]
        period = "month" if books else "week"
        write = _book(layout) if books else _log(layout)
        suffix = ".xlsx" if books else ".csv"
        found.append(Feed(f"p{number + 1:02d}-log", "门诊日志", centre, period, suffix, write, lambda one: True))
    return found


def channel(organisation: Organisation) -> str:
    """How an organisation's records travel: county, fhir, sql, or table."""
    if organisation.kind != "hospital":
        return "table"
    return {"01": "county", "02": "fhir", "03": "sql"}[organisation.code[-2:]]


def database_rows(seen: Sequence[Seen]) -> str:
    """The third hospital's visits as INSERTs."""
    return sql.inserts([(_spoilt(one), one.fault) for one in seen])


def _is_admission(one: Seen) -> bool:
    return one.visit.kind in ("emergency", "inpatient")


def _spoilt(one: Seen) -> Visit:
    """The visit with what is wrong in its person's data."""
    who = one.visit.who
    if one.fault == "missing_birth":
        return _with(one.visit, replace(who, birth=None))
    if one.fault == "no_id":
        return _with(one.visit, replace(who, id_no=""))
    if one.fault == "wrong_id_check":
        last = "0" if who.id_no[-1] != "0" else "1"
        return _with(one.visit, replace(who, id_no=who.id_no[:-1] + last))
    if one.fault == "swapped_sex":
        return _with(one.visit, replace(who, sex="female" if who.sex == "male" else "male"))
    return one.visit


def _with(visit: Visit, who: Patient) -> Visit:
    return replace(visit, who=who)


_IN_PERSON = {
    "missing_birth": "出生日期为空，照收", "no_id": "无证件号，照收",
    "wrong_id_check": "身份证号校验位不符，照收并提示",
    "swapped_sex": "性别与身份证号不符，照收",
}  # fmt: skip


def _log(layout: table.Layout) -> Callable[[Feed, Sequence[Seen], str], tuple[bytes, list[Fault]]]:
    def write(feed: Feed, seen: Sequence[Seen], name: str) -> tuple[bytes, list[Fault]]:
        rows, faults, charsets = _rows(seen, layout, name, layout.charset == "gb18030")
        return table.csv_file(rows, layout, charsets), faults

    return write


def _book(layout: table.Layout) -> Callable[[Feed, Sequence[Seen], str], tuple[bytes, list[Fault]]]:
    def write(feed: Feed, seen: Sequence[Seen], name: str) -> tuple[bytes, list[Fault]]:
        rows, faults, _ = _rows(seen, layout, name, False)
        return table.workbook(rows, layout), faults

    return write


def _rows(
    seen: Sequence[Seen], layout: table.Layout, name: str, mixed: bool
) -> tuple[list[list[str]], list[Fault], dict[int, str]]:
    rows: list[list[str]] = []
    faults: list[Fault] = []
    charsets: dict[int, str] = {}
    at = next(place for place, (_, field) in enumerate(layout.columns) if field == "at")
    for one in seen:
        number = one.visit.number
        cells = table.values_of(_spoilt(one), layout, len(rows) + 1)
        place = len(rows)
        if one.fault in _IN_PERSON:
            faults.append(Fault(name, place, one.fault, "read", _IN_PERSON[one.fault], number))
        elif one.fault == "broken" and mixed and int(number[-1]) % 2:
            cells = [*cells, "多出的一格"]
            faults.append(Fault(name, place, "extra_cell", "refused", "table.too_many_cells", number))
        elif one.fault == "broken":
            cells[at] = ""
            faults.append(Fault(name, place, "no_time", "refused", "table.required_empty", number))
        elif one.fault == "wrong_encoding" and mixed:
            charsets[place] = "utf-8"
            faults.append(
                Fault(name, place, "wrong_encoding", "read", "一行误用UTF-8，中文成乱码，编码数字仍可读", number)
            )
        rows.append(cells)
        if one.fault == "repeated":
            faults.append(Fault(name, len(rows), "repeated", "read", "同一就诊重复导出，只算一次", number))
            rows.append(cells)
    return rows, faults, charsets


def _admissions(feed: Feed, seen: Sequence[Seen], name: str) -> tuple[bytes, list[Fault]]:
    """Emergency and inpatient visits as ADT in GB18030."""
    sender = _sender(feed)
    sent = _Sent(name)
    for one in seen:
        visit = _spoilt(one)
        event = "A01" if visit.kind == "inpatient" else "A04"
        raw = hl7.visit(visit, sender, "gb18030", event)
        number = visit.number
        if one.fault == "broken":
            sent.add(_cut(raw), "truncated", "refused", "hl7.no_person", number)
        elif one.fault == "wrong_encoding":
            wrong = raw.decode("gb18030").encode("utf-8")
            sent.add(wrong, one.fault, "read", "MSH-18写GB18030而实为UTF-8", number)
        else:
            sent.add(raw)
            if one.fault in _IN_PERSON:
                sent.note(one.fault, "read", _IN_PERSON[one.fault], number)
            elif one.fault == "repeated":
                sent.add(raw, "repeated", "read", "同一消息重发，只算一次", number)
            elif one.fault == "cancelled":
                gone = hl7.visit(visit, sender, "gb18030", "A11", 2)
                sent.add(gone, "cancelled", "read", "A11 撤销就诊，该就诊不再作证据", number)
    return hl7.batch(sent.messages, "gb18030"), sent.faults


def _reports(feed: Feed, seen: Sequence[Seen], name: str) -> tuple[bytes, list[Fault]]:
    """Laboratory reports as ORU in UTF-8, with corrections and withdrawals."""
    sender = _sender(feed)
    sent = _Sent(name)
    for one in seen:
        visit, number = _spoilt(one), one.visit.number
        fault = one.lab_fault
        if fault in ("corrected", "withdrawn") and not is_turned(one):
            fault = ""
        if fault == "truncated":
            raw = hl7.report(visit, sender)
            sent.add(_cut(raw), fault, "refused", "hl7.no_person", number)
        elif fault == "wrong_encoding":
            wrong = hl7.report(visit, sender).decode().encode("gb18030")
            sent.add(wrong, fault, "read", "MSH-18写UTF-8而实为GB18030(hl7.charset_fallback)", number)
        elif fault == "corrected":
            sent.add(hl7.report(visit, sender, results=turned(visit.results)))
            sent.add(hl7.report(visit, sender, status="C", again=2), fault, "read", "结果更正，以更正后为准", number)
        elif fault == "withdrawn":
            sent.add(hl7.report(visit, sender, results=turned(visit.results)))
            sent.add(hl7.report(visit, sender, status="X", again=2), fault, "read", "报告撤回，不作证据", number)
        else:
            sent.add(hl7.report(visit, sender))
            if fault == "repeated":
                sent.add(hl7.report(visit, sender), fault, "read", "同一报告重发，只算一次", number)
    return hl7.batch(sent.messages), sent.faults


def _documents(feed: Feed, seen: Sequence[Seen], name: str) -> tuple[bytes, list[Fault]]:
    """FHIR documents, one a line."""
    sender = _sender(feed)
    sent = _Sent(name)
    for one in seen:
        visit, number = _spoilt(one), one.visit.number
        bundle = fhir.document(visit, sender)
        if one.fault == "broken":
            line = fhir.line(bundle)
            sent.add(line[: len(line) * 3 // 5].decode("utf-8", "ignore").encode(), "truncated", "refused",
                     "json.broken", number)  # fmt: skip
            continue
        if one.lab_fault == "corrected" and is_turned(one):
            first = fhir.document(replace(visit, results=turned(visit.results)), sender)
            sent.add(fhir.line(first))
            sent.add(fhir.line(fhir.document(visit, sender, status="amended")), "corrected", "read",
                     "病历修订(amended)，以修订后为准", number)  # fmt: skip
            continue
        sent.add(fhir.line(bundle))
        if one.fault in _IN_PERSON:
            sent.note(one.fault, "read", _IN_PERSON[one.fault], number)
        elif one.fault == "repeated":
            sent.add(fhir.line(bundle), "repeated", "read", "同一病历重发，只算一次", number)
        elif one.fault == "cancelled":
            gone = fhir.document(visit, sender, status="entered-in-error")
            sent.add(fhir.line(gone), "cancelled", "read", "病历作废(entered-in-error)，不作证据", number)
    return b"".join(line + b"\n" for line in sent.messages), sent.faults


def _cut(raw: bytes) -> bytes:
    """A message that broke off before it said whom it is about."""
    return raw[: raw.index(b"\rPID") + 3] + b"\r"


class _Sent:
    """The messages of a file so far and the errors among them."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.messages: list[bytes] = []
        self.faults: list[Fault] = []

    def add(self, raw: bytes, kind: str = "", expect: str = "", why: str = "", visit: str = "") -> None:
        """One more message, with what is wrong with it."""
        self.messages.append(raw)
        if kind:
            self.note(kind, expect, why, visit)

    def note(self, kind: str, expect: str, why: str, visit: str) -> None:
        """Something wrong with the last message."""
        self.faults.append(Fault(self.name, len(self.messages) - 1, kind, expect, why, visit))


def _sender(feed: Feed) -> Sender:
    return Sender(feed.organisation.code, feed.organisation.name)


def is_turned(one: Seen) -> bool:
    """Whether the first version of its results says the opposite of the last: only then is a correction one."""
    return turned(one.visit.results) != one.visit.results


def turned(results: Sequence[Result]) -> tuple[Result, ...]:
    """The results as they stood before they were corrected: the first line that speaks of a disease, reversed."""
    found = list(results)
    for at, line in enumerate(found):
        if not any(word in line.name for word in TESTS):
            continue
        if line.is_abnormal:
            found[at] = replace(line, value="阴性", is_abnormal=False)
            break
        if line.value in _NEGATIVE:
            found[at] = replace(line, value="阳性", is_abnormal=True)
            break
    return tuple(found)


def meant(results: Sequence[Result]) -> str:
    """The disease that the reversed line of some results speaks of, `` for none."""
    for line, before in zip(results, turned(results), strict=True):
        if line != before:
            return next(disease for word, disease in TESTS.items() if word in line.name)
    return ""


def grouped(period: str, day_label: str) -> str:
    """The label of the file that a day (`YYYY-MM-DD`) belongs to."""
    if period == "month":
        return day_label[:7]
    if period == "week":
        day = date.fromisoformat(day_label)
        return f"{day - timedelta(days=day.weekday())}"
    return day_label


def by_feed(every: Sequence[Feed], seen: Sequence[Seen]) -> Iterator[tuple[Feed, list[Seen]]]:
    """The visits that each feed sends, feeds without any left out."""
    for feed in every:
        mine = [one for one in seen if one.organisation.code == feed.organisation.code and feed.takes(one)]
        if mine:
            yield feed, mine
