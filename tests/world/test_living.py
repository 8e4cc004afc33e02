"""The county lives on: stopped and started again it sends what it would have sent; half a file is never seen."""

import shutil
import socket
import threading
from pathlib import Path

import pytest

from yifang import formats
from yifang.world import living, mllp, truth
from yifang.world.living import Folder, Life, Messages

DAY = 86_400.0


class Time:
    """A wall clock that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def home(made: Path, tmp_path: Path) -> Path:
    """A county of one's own to live in."""
    folder = tmp_path / "county"
    shutil.copytree(made, folder, ignore=shutil.ignore_patterns("feeds", "national", "*.csv"))
    return folder


def written(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def live(home: Path, to: Path, slots: int, speed: float = 3600 * 4) -> Life:
    life = Life(living.reopened(home), home, [Folder(to)], speed)
    for _ in range(slots):
        life.step()
    return life


def test_what_is_sent_is_read(home: Path, tmp_path: Path) -> None:
    life = live(home, tmp_path / "to", 12)  # two days
    files = written(tmp_path / "to")
    assert not [name for name in files if name.endswith(".part")]
    assert life.next.date().isoformat() == "2026-11-25"
    read = [
        item
        for name, data in files.items()
        if not name.startswith(("h03", "counts", "national"))
        for item in formats.read((name, data))
    ]  # fmt: skip
    assert read
    assert sum(item.refusal is not None for item in read) <= 2
    assert {name.split("/")[0] for name in files} >= {"h01-his", "h02-fhir", "h03-sql"}
    assert [name for name in files if name.startswith("counts/")] == [
        "counts/counts-20261123.csv", "counts/counts-20261124.csv",
    ]  # fmt: skip
    header, *rows = files["counts/counts-20261123.csv"].decode().splitlines()
    assert header == "organisation_code,date,kind,count"
    assert {row.split(",")[1] for row in rows} == {"2026-11-23"}


def test_a_stop_and_a_start_give_what_one_run_gives(made: Path, tmp_path: Path) -> None:
    ignore = shutil.ignore_patterns("feeds", "national", "*.csv")
    for name in ("whole", "parts"):
        shutil.copytree(made, tmp_path / name, ignore=ignore)
    live(tmp_path / "whole", tmp_path / "to-whole", 9)
    for slots in (1, 5, 3):
        live(tmp_path / "parts", tmp_path / "to-parts", slots)
    assert written(tmp_path / "to-parts") == written(tmp_path / "to-whole")
    assert truth.read(tmp_path / "parts") == truth.read(tmp_path / "whole")


def test_a_stop_between_sending_and_noting_repeats_the_same_slot(home: Path, tmp_path: Path) -> None:
    live(home, tmp_path / "to", 2)  # the third slot is the morning
    state = (home / truth.STATE).read_bytes()
    before = written(tmp_path / "to")
    live(home, tmp_path / "to", 1)
    once, told = written(tmp_path / "to"), truth.read(home)
    (home / truth.STATE).write_bytes(state)  # as if it had stopped before it was noted
    live(home, tmp_path / "to", 1)
    assert written(tmp_path / "to") == once != before
    assert truth.read(home) == told


def test_the_speed_decides_how_much_of_the_county_passes(home: Path, tmp_path: Path) -> None:
    time = Time()
    life = Life(living.reopened(home), home, [Folder(tmp_path / "to")], DAY / 60)  # a day a minute
    begun = life.next
    life.run(time, time.sleep, goes_on=lambda: time.now < 1000 + 30)
    assert (life.next - begun).total_seconds() == pytest.approx(DAY / 2, abs=3600)


@pytest.mark.parametrize(("speed", "minutes"), [(1, 5), (300, 5), (301, 15), (1440, 60), (86_400, 1440), (1e6, 1440)])
def test_slots_last_a_second_or_more(speed: float, minutes: int) -> None:
    assert living.slot_minutes(speed) == minutes


def test_its_truth_grows_with_it(home: Path, tmp_path: Path) -> None:
    before = truth.read(home)
    live(home, tmp_path / "to", 30, DAY)
    after = truth.read(home)
    assert len(after.cases) > len(before.cases)
    assert after.last_day > before.last_day
    numbers = [visit.number for case in after.cases for visit in case.visits]
    assert len(numbers) == len(set(numbers))
    sent = b"".join(written(tmp_path / "to").values())
    new = {case.id for case in after.cases} - {case.id for case in before.cases}
    for case in after.cases:
        if case.id in new:
            assert all(visit.number.encode() in sent for visit in case.visits)


def test_messages_go_one_by_one_and_wait_for_their_answer(home: Path) -> None:
    heard: list[bytes] = []
    server = socket.create_server(("127.0.0.1", 0))

    def hear() -> None:
        connection, _ = server.accept()
        with connection:
            rest = b""
            while part := connection.recv(65536):
                rest += part
                while b"\x1c\r" in rest:
                    raw, rest = rest.split(b"\x1c\r", 1)
                    heard.append(raw.lstrip(b"\x0b"))
                    connection.sendall(b"\x0bMSH|^~\\&|Y\rMSA|AA|1\r\x1c\r")

    thread = threading.Thread(target=hear, daemon=True)
    thread.start()
    line = mllp.Line("127.0.0.1", server.getsockname()[1], lambda reason: pytest.fail(reason))
    life = Life(living.reopened(home), home, [Messages(line.send)], DAY)
    sent = life.step().files
    line.close()
    thread.join(5)
    server.close()
    assert sent >= 1
    assert heard
    for raw in heard:
        items = list(formats.read_hl7("mllp", raw))
        assert len(items) == 1
    assert line.refused == 0


@pytest.mark.parametrize(
    ("text", "found"),
    [("127.0.0.1:2575", ("127.0.0.1", 2575)), ("[::1]:2575", ("::1", 2575)), ("host", None), ("host:0", None),
     (":2575", None), ("host:99999", None)],
)  # fmt: skip
def test_addresses(text: str, found: tuple[str, int] | None) -> None:
    assert mllp.address(text) == found


def test_each_day_has_an_export_and_a_case_keeps_its_card(made: Path, home: Path, tmp_path: Path) -> None:
    live(home, tmp_path / "to", 20, DAY)
    exports = {
        name: [card for item in formats.read((name, data)) for card in item.cards]
        for name, data in written(tmp_path / "to").items()
        if name.startswith("national/export-resident")
    }
    assert len(exports) == 20
    states: dict[str, list[str]] = {}
    for _, cards in sorted(exports.items()):
        for card in cards:
            states.setdefault(card.national_card_id, []).append(card.audit_state)
    for known in states.values():
        if "final" in known:
            assert "unaudited" not in known[known.index("final") :]
    assert any(known[0] == "unaudited" and known[-1] == "final" for known in states.values())
    told = {case.card for case in truth.read(home).cases if case.card}
    assert set(states) & told
    first = sorted(exports)[0]
    before = (made / "national" / "export-resident.csv").read_bytes().decode("gb18030")
    shared = [card.national_card_id for card in exports[first] if f"'{card.national_card_id}" in before]
    assert shared, "the first day's export goes on from the year's"
