"""The first case of a disease never reported here, or not for years, raises a signal where enough is known."""

from datetime import timedelta

import pytest

from tests import apps
from tests.surveillance.cases import case
from yifang.apps.reporting.models import Case
from yifang.apps.surveillance.models import Signal
from yifang.kernel import clock

pytestmark = [pytest.mark.django_db]


def past(county, disease: str, days: int, residence: str = apps.DISTRICT) -> None:
    """A case of `days` ago, told when it was news."""
    with clock.frozen(clock.now() - timedelta(days=days)):
        case(county, disease, residence=residence)
        apps.deliver()


@pytest.mark.parametrize(
    ("before", "raised"),
    [
        ([], False),  # a node that knows nothing yet cannot say that it is new
        ([("influenza", 100)], False),
        ([("influenza", 500)], True),
        ([("influenza", 500), ("typhus", 400)], False),
        ([("influenza", 2500), ("typhus", 2200)], True),
    ],
)
def test_the_first_in_years(before, raised) -> None:
    county = apps.county()
    for disease, days in before:
        past(county, disease, days)
    known = set(Signal.objects.values_list("id", flat=True))
    made = case(county, "typhus")
    apps.deliver()
    new = Signal.objects.exclude(id__in=known).filter(disease="typhus", method="single_case")
    assert new.exists() is raised
    if raised:
        one = new.get()
        assert one.explanation["rule"] == "surveillance.rare.years"
        assert one.explanation["known_since"]
        assert [row.case_id for row in one.signalcase_set.all()] == [made.id]
        case(county, "typhus")
        apps.deliver()
        assert Signal.objects.filter(disease="typhus", method="single_case").count() == len(known) + 1


def test_a_case_that_is_taken_back_leaves_it() -> None:
    county = apps.county()
    past(county, "influenza", 500)
    made = case(county, "typhus")
    apps.deliver()
    one = Signal.objects.get(disease="typhus")
    with apps.as_jobs():
        Case.objects.filter(id=made.id).update(excluded=True)
        from yifang.apps.surveillance.services import consider

        consider(made.id)
    assert one.signalcase_set.exclude(left_at=None).count() == 1
