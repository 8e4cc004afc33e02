"""Time that can be set, ids that are ordered, digests that are the same everywhere."""

import threading
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from yifang.kernel import clock, digest, ids

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_frozen_time_stands_still_and_is_given_back() -> None:
    with clock.frozen(NOON):
        assert clock.now() == NOON
        with clock.frozen(NOON + timedelta(days=1)):
            assert clock.now() == NOON + timedelta(days=1)
        assert clock.now() == NOON
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(minutes=1)


def test_another_thread_does_not_see_frozen_time() -> None:
    seen: list[datetime] = []
    with clock.frozen(NOON):
        thread = threading.Thread(target=lambda: seen.append(clock.now()))
        thread.start()
        thread.join()
    assert seen[0] != NOON


def test_now_is_utc_whatever_zone_froze_it() -> None:
    with clock.frozen(datetime(2026, 11, 24, 1, tzinfo=ZoneInfo("Asia/Shanghai"))):
        assert clock.now() == datetime(2026, 11, 23, 17, tzinfo=UTC)
        assert clock.now().utcoffset() == timedelta(0)


@pytest.mark.parametrize(("hour", "day"), [(15, date(2026, 11, 23)), (16, date(2026, 11, 24))])
def test_the_civil_day_turns_at_midnight_in_china(hour: int, day: date) -> None:
    with clock.frozen(NOON.replace(hour=hour)):
        assert clock.today() == day


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"), clock.frozen(datetime(2026, 1, 1)):
        pass


def test_the_process_clock_can_be_replaced_and_restored() -> None:
    clock.set_clock(lambda: NOON)
    try:
        assert clock.now() == NOON
    finally:
        clock.set_clock(None)
    assert clock.now() != NOON


def test_ids_are_version_7_and_in_order_of_making() -> None:
    made = [ids.new_id() for _ in range(20_000)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)
    assert {one.version for one in made} == {7}
    assert {one.variant for one in made} == {"specified in RFC 4122"}


def test_an_id_holds_its_time() -> None:
    before = datetime.now(UTC)
    milliseconds = ids.new_id().int >> 80
    assert abs(datetime.fromtimestamp(milliseconds / 1000, UTC) - before) < timedelta(seconds=2)


def test_ids_of_many_threads_never_collide() -> None:
    made: list[object] = []
    threads = [threading.Thread(target=lambda: made.extend(ids.new_id() for _ in range(2000))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 8000


def test_the_same_content_has_the_same_digest() -> None:
    assert digest.digest_of({"b": 1, "a": "麻疹"}) == digest.digest_of({"a": "麻疹", "b": 1})
    assert digest.digest_of({"a": 1}) != digest.digest_of({"a": 2})
    assert digest.canonical_json({"b": [1, None], "a": "麻疹"}) == '{"a":"麻疹","b":[1,null]}'.encode()


def test_known_digests() -> None:
    # GB/T 32905-2016, annex A.1; FIPS 180-4.
    assert digest.sm3(b"abc") == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert digest.sha256(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@pytest.mark.parametrize("value", [float("nan"), {1, 2}, object()])
def test_what_json_cannot_hold_has_no_digest(value: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        digest.digest_of(value)
