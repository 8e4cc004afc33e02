"""The county after its last day: slot by slot of its own time, files put into feeds' folders or messages sent by MLLP.

A slot is made from the seed and its time alone. What is written down is the start of the next slot, after everything of
this one has gone out; a stop at any moment means that at most one slot is sent again, the same bytes under the same
names. The caller hands over the clock, so that a test lives a week in a second.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Protocol

from yifang.formats.hl7v2 import split_messages
from yifang.kernel.errors import UserError
from yifang.world import carding, counts, feeds, outbreaks, truth
from yifang.world import county as counties
from yifang.world.county import County
from yifang.world.encounters import Encounters, Seen
from yifang.world.epidemics import Case, Epidemics
from yifang.world.faults import Fault
from yifang.world.making import stored_of
from yifang.world.writing import national

COUNTS = "counts"
NATIONAL = "national"
"""The folders of the daily counts and of the export, beside those of the feeds."""
_EXPORTED = 30  # days that a daily export goes back
_SLOTS = (5, 15, 60, 240, 1440)  # minutes of the county's time; each divides a day
_NAP = 0.25


class Sink(Protocol):
    """Where a feed's file goes. Returns whether it took it; one that is away for a while waits inside."""

    def put(self, name: str, data: bytes) -> bool:
        """Take `feed/file` with its bytes."""
        ...


class Folder:
    """Files below a folder, each there at once or not at all."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, name: str, data: bytes) -> bool:
        path = self._root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(path.name + ".part")
        part.write_bytes(data)
        os.replace(part, path)
        return True


class Messages:
    """HL7 files message by message to `send`; other files are not taken."""

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self._send = send

    def put(self, name: str, data: bytes) -> bool:
        if not name.endswith(".hl7"):
            return False
        for raw in split_messages(data):
            self._send(raw + b"\r")
        return True


@dataclass(frozen=True, slots=True)
class Slot:
    """What went out in one slot."""

    start: datetime
    visits: int
    files: int


def reopened(folder: Path) -> County:
    """The county that was made into a folder. Raises UserError `world.no_county` where there is none."""
    path = folder / "county.json"
    if not path.is_file():
        raise UserError("world.no_county", folder=str(folder))
    told = json.loads(path.read_text(encoding="utf-8"))
    until = date.fromisoformat(told["until"])
    return counties.found(
        counties.Scale(told["seed"], until, told["residents"], told["encounters"], told["days"])
    )  # fmt: skip


def slot_minutes(speed: float) -> int:
    """The length of a slot at a speed: the shortest that lasts a second of the wall clock, at most a day."""
    return next((length for length in _SLOTS if length * 60 >= speed), _SLOTS[-1])


class Life:
    """A county that goes on living."""

    def __init__(self, county: County, folder: Path, sinks: Iterable[Sink], speed: float) -> None:
        self.county, self.folder, self.speed = county, folder, speed
        self._sinks = list(sinks)
        self._feeds = feeds.feeds(county.places)
        self._epidemics = Epidemics(county, outbreaks.planned(county))
        self._encounters = Encounters(county, self._epidemics)
        self._days: dict[date, list[Seen]] = {}
        self._outbreaks: dict[str, truth.TrueOutbreak] = {}
        self._told = _Told(folder)
        self._everything = counts.Everything(county)
        self._carded: dict[date, tuple[list[Seen], list[Case]]] = {}
        self._forever = carding.Registry(county, date.max)
        self._minutes = slot_minutes(speed)
        self.next = self._resumed()

    def run(
        self,
        wall: Callable[[], float],
        sleep: Callable[[float], None],
        goes_on: Callable[[], bool] = lambda: True,
        tell: Callable[[Slot], None] = lambda slot: None,
    ) -> None:
        """Live until `goes_on` says no. `wall` gives seconds that pass by themselves, `sleep` lets some pass."""
        began, at = wall(), self.next
        while goes_on():
            end = self._end()
            due = began + (end - at).total_seconds() / self.speed
            while (left := due - wall()) > 0:
                sleep(min(left, _NAP))
                if not goes_on():
                    return
            tell(self.step())

    def step(self) -> Slot:
        """Send the next slot, then write down that it is over."""
        start, end = self.next, self._end()
        visits = self._between(start, end, lambda one: one.visit.at)
        reported = [
            one for one in self._between(start, end, lambda one: one.visit.result_at) if one.visit.results
        ]  # fmt: skip
        files, faults = self._send(start, visits, reported)
        if end.date() > start.date():
            files += self._day_over(start.date())
        self._told.slot(self, start, end, visits, faults)
        self.next = end
        _save(self.folder / truth.STATE, {"next": end.isoformat(timespec="minutes")})
        return Slot(start, len(visits), files)

    def _resumed(self) -> datetime:
        path = self.folder / truth.STATE
        if path.is_file():
            return datetime.fromisoformat(json.loads(path.read_text(encoding="utf-8"))["next"])
        return datetime.combine(self.county.scale.until + timedelta(days=1), time())

    def _end(self) -> datetime:
        """The end of the slot that begins at `next`: slots stand on the clock's own marks, whatever the speed was."""
        midnight = datetime.combine(self.next.date(), time())
        passed = (self.next - midnight) // timedelta(minutes=self._minutes)
        return midnight + timedelta(minutes=(passed + 1) * self._minutes)

    def _between(self, start: datetime, end: datetime, when: Callable[[Seen], datetime]) -> list[Seen]:
        days = (start.date() - timedelta(days=1), start.date())
        found = [one for day in days for one in self.visits(day) if start <= when(one) < end]
        return sorted(found, key=lambda one: (when(one), one.visit.number))

    def visits(self, day: date) -> list[Seen]:
        """The visits of a day, the outbreaks of its time known."""
        if day not in self._days:
            self._know(day)
            self._days = {known: seen for known, seen in self._days.items() if known >= day - timedelta(days=2)}
            self._days[day] = self._encounters.visits(day)
        return self._days[day]

    def _know(self, day: date) -> None:
        new = [one for one in outbreaks.later(self.county, day) if one.id not in self._outbreaks]
        self._outbreaks |= {one.id: truth.of_outbreak(one) for one in new}
        self._epidemics.add(new)

    def _day_over(self, day: date) -> int:
        """Send what comes once a day: the counts, and the export of the last days' cards."""
        sent = int(self._put(f"{COUNTS}/{COUNTS}-{day:%Y%m%d}.csv", self._counted(day)))
        reported, resident = self._registry(day).scopes()
        since = day - timedelta(days=_EXPORTED - 1)
        title = f"传染病报告卡浏览审核  {since} 至 {day}"
        for name, cards, scope in (("reported", reported, "按报告地区"), ("resident", resident, "按现住址")):
            data = national.csv_export(cards, f"{title}  {scope}", "gb18030")
            sent += self._put(f"{NATIONAL}/export-{name}-{day:%Y%m%d}.csv", data)
        return sent

    def _registry(self, day: date) -> carding.Registry:
        """The national system at the end of a day, with the cases first seen in the days that an export goes back."""
        wanted = [day - timedelta(days=back) for back in range(_EXPORTED)]
        self._carded = {known: self._carded[known] for known in wanted if known in self._carded}
        registry = carding.Registry(self.county, day)
        for one in wanted[::-1]:
            if one not in self._carded:
                seen = self.visits(one) if one in self._days or one == day else self._encounters.visits(one)
                self._carded[one] = ([each for each in seen if each.case is not None], self.unseen(one))
            seen, unseen = self._carded[one]
            for each in seen:
                registry.report(each)
                registry.visitor(each)
            for case in unseen:
                registry.elsewhere(case)
        return registry

    def card_of(self, one: Seen | Case) -> str:
        """The national number that a case's card has or will have, `` where nobody reports it."""
        return self._forever.report(one) if isinstance(one, Seen) else self._forever.elsewhere(one)

    def _counted(self, day: date) -> bytes:
        """The counts of a day that is over, as a table."""
        self._know(day + timedelta(days=counts.SOON))
        near = [
            case
            for ahead in range(-2, counts.SOON + 1)
            for case in self._epidemics.cases(day + timedelta(days=ahead))
        ]  # fmt: skip
        rows = self._everything.of_day(day, near, stored_of(self.visits(day)))
        return "\n".join([",".join(counts.VISITS), *(",".join(map(str, row)) for row in rows), ""]).encode()

    def unseen(self, day: date) -> list[Case]:
        """The cases of a day that see nobody."""
        return [case for case in self._epidemics.cases(day) if not case.visits]

    def begun(self, day: date) -> list[truth.TrueOutbreak]:
        """The new outbreaks whose first case has fallen ill by a day."""
        return [one for one in self._outbreaks.values() if one.first_day <= str(day)]

    def _send(self, start: datetime, visits: list[Seen], reported: list[Seen]) -> tuple[int, list[Fault]]:
        label = f"{start:%Y%m%dT%H%M}"
        sent = 0
        faults: list[Fault] = []
        for lab in (False, True):
            every = [feed for feed in self._feeds if feed.code.endswith("-lis") == lab]
            for feed, mine in feeds.by_feed(every, reported if lab else visits):
                name, data, wrong = feed.file(mine, label)
                if self._put(name, data):
                    sent += 1
                    faults += wrong
        rows = [one for one in visits if feeds.channel(one.organisation) == "sql"]
        name = f"{feeds.DATABASE}/{feeds.DATABASE}-{label}.sql"
        if rows and self._put(name, feeds.database_rows(rows).encode()):
            sent += 1
        return sent, faults

    def _put(self, name: str, data: bytes) -> bool:
        """HL7 goes by MLLP where there is a door for it, everything else to the folder. Whether anybody took it."""
        by_door = name.endswith(".hl7") and any(isinstance(sink, Messages) for sink in self._sinks)
        taken = [sink.put(name, data) for sink in self._sinks if isinstance(sink, Messages) == by_door]
        return any(taken)


class _Told:
    """The truth of what was lived through, in `truth/live-*.jsonl`; the last line about a case counts."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "truth"
        known = truth.read(folder)
        since = str(date.fromisoformat(known.last_day) - timedelta(days=30))
        self._visits = {one.id: list(one.visits) for one in known.cases if one.diagnosed[:10] >= since}
        self._outbreaks = {one.id for one in known.outbreaks}
        self._cards = {one.id: one.card for one in known.cases if one.diagnosed[:10] >= since}

    def slot(self, life: Life, start: datetime, end: datetime, visits: list[Seen], faults: list[Fault]) -> None:
        """Write down what a slot held."""
        people = life.county.people
        cases: dict[str, truth.TrueCase] = {}
        for one in visits:
            if one.case is not None:
                mine = self._visits.setdefault(one.case.id, [])
                mine[:] = [*(v for v in mine if v.number != one.visit.number), truth.of_visit(one)]
                card = self._cards.setdefault(one.case.id, life.card_of(one))
                cases[one.case.id] = truth.of_case(one.case, people, mine, card)
        if end.date() > start.date():
            for case in life.unseen(start.date()):
                cases[case.id] = truth.of_case(case, people, (), life.card_of(case))
        decoys = [decoy for one in visits if (decoy := truth.decoy_of(one))]
        begun = [one for one in life.begun(start.date()) if one.id not in self._outbreaks]
        self._outbreaks |= {one.id for one in begun}
        for name, entries in (
            ("cases", list(cases.values())), ("decoys", decoys), ("errors", faults), ("outbreaks", begun),
        ):  # fmt: skip
            self._append(name, entries)

    def _append(self, name: str, entries: list[Any]) -> None:
        if not entries:
            return
        path = self._folder / f"live-{name}.jsonl"
        lines = "".join(json.dumps(asdict(one), ensure_ascii=False) + "\n" for one in entries)
        if path.exists() and not path.read_bytes().endswith(b"\n"):
            lines = "\n" + lines  # a stop cut the last line short
        with path.open("a", encoding="utf-8", newline="\n") as out:
            out.write(lines)


def _save(path: Path, value: dict[str, str]) -> None:
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps(value) + "\n", encoding="utf-8")
    os.replace(part, path)
