"""Working days with holidays and their exchange days; kinds of work with clocks that may or may not stop."""

from datetime import date

import pytest

from yifang import knowledge

K = knowledge.load()


@pytest.mark.parametrize(
    ("day", "working"),
    [
        (date(2026, 2, 13), True),
        (date(2026, 2, 14), True),  # a Saturday worked in exchange
        (date(2026, 2, 16), False),
        (date(2026, 2, 23), False),
        (date(2026, 2, 24), True),
        (date(2026, 2, 28), True),
        (date(2026, 10, 7), False),
        (date(2026, 10, 10), True),
        (date(2026, 11, 21), False),
        (date(2022, 12, 31), False),  # belongs to the arrangement of 2023
        (date(2020, 1, 31), False),  # the Spring Festival that was prolonged
        (date(2030, 10, 1), True),  # a Tuesday of a year not known
        (date(2030, 10, 5), False),
    ],
)
def test_days_that_are_worked(day: date, working: bool) -> None:
    assert K.calendar.is_working_day(day) is working


@pytest.mark.parametrize(
    ("start", "count", "end"),
    [
        (date(2026, 11, 23), 0, date(2026, 11, 23)),
        (date(2026, 11, 23), 1, date(2026, 11, 24)),
        (date(2026, 11, 20), 1, date(2026, 11, 23)),
        (date(2026, 2, 13), 1, date(2026, 2, 14)),
        (date(2026, 2, 14), 1, date(2026, 2, 24)),
        (date(2026, 9, 30), 2, date(2026, 10, 9)),
    ],
)
def test_counting_working_days(start: date, count: int, end: date) -> None:
    assert K.calendar.add_working_days(start, count) == end


def test_days_are_not_counted_backwards() -> None:
    with pytest.raises(ValueError, match="negative"):
        K.calendar.add_working_days(date(2026, 1, 1), -1)


def test_known_years_are_said() -> None:
    assert K.calendar.known_years == frozenset(range(2020, 2027))


@pytest.mark.parametrize("year", K.calendar.years, ids=lambda year: str(year.year))
def test_days_off_and_days_worked_never_meet_and_exchange_days_are_weekends(year: object) -> None:
    for holiday in year.holidays:  # type: ignore[attr-defined]
        assert holiday.first <= holiday.last
        assert all(day.weekday() >= 5 for day in holiday.worked)
        for other in year.holidays:  # type: ignore[attr-defined]
            assert not any(other.first <= day <= other.last for day in holiday.worked)


@pytest.mark.parametrize(
    ("kind", "urgent", "hours", "legal"),
    [
        ("card_review", False, 24, True),
        ("card_review", True, 2, True),
        ("card_entry", True, 2, True),
        ("card_audit", False, 24, True),
        ("card_audit", True, 2, True),
        ("signal_answer", False, 24, True),
        ("signal_answer", True, 2, True),
        ("suspicion_review", False, 24, False),
        ("grid_visit", False, None, False),
        ("place_match", False, None, False),
        ("quarantine_mend", False, None, False),
        ("card_correct", False, 24, False),
    ],
)
def test_clocks(kind: str, urgent: bool, hours: float | None, legal: bool) -> None:
    found = K.work.kind(kind)
    clock, _ = found.for_urgency(urgent)
    assert (clock.hours, found.legal) == (hours, legal)
    assert (clock.working_days is None) == (hours is not None)


def test_a_positive_nobody_handles_reaches_the_public_health_desk_after_48_hours() -> None:
    _, ladder = K.work.kind("suspicion_review").for_urgency(False)
    assert [(rung.after_hours, rung.to_role) for rung in ladder] == [(24, "clinician"), (48, "hospital_desk")]


def test_every_ladder_goes_up_in_time() -> None:
    for kind in K.work.kinds:
        for urgent in (False, True):
            clock, ladder = kind.for_urgency(urgent)
            times = [rung.after_hours or (rung.after_fraction or 0) * (clock.hours or 8) for rung in ladder]
            assert times == sorted(times), kind.id


def test_an_unknown_kind_is_a_bug() -> None:
    with pytest.raises(KeyError):
        K.work.kind("card_revue")
