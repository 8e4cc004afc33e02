"""A record that speaks of a sensitive disease is guarded as one, whether it prompts anybody or not."""

from __future__ import annotations

import functools

import pytest

from tests import apps
from yifang.apps.accounts.models import Visibility
from yifang.apps.accounts.services.glass import ROW
from yifang.apps.accounts.viewers import enter
from yifang.apps.accounts.visibility import Subject, show
from yifang.apps.records import queries
from yifang.apps.records.models import Record
from yifang.apps.reporting import desks, visible
from yifang.apps.reporting.models import Card, Suspicion
from yifang.formats import canonical
from yifang.kernel.errors import NotAllowed, NotFound

pytestmark = [pytest.mark.django_db]


@pytest.fixture
def county() -> apps.County:
    return apps.county()


def groups(record_id) -> set[str]:
    return set(Visibility.objects.filter(subject=record_id).values_list("group", flat=True))


def take(county, one):
    (stored,) = apps.receive(county.hospital, one)
    apps.deliver()
    return stored


SCREENED = {
    "HIV 初筛阳性": ("HIV抗体初筛", "阳性", "术前四项", "术前筛查", "hiv"),
    "乙肝表面抗原阳性": ("乙肝表面抗原", "阳性", "术前四项", "术前筛查", "bloodborne_hepatitis"),
    "HIV 阴性": ("HIV抗体初筛", "阴性", "术前四项", "术前筛查", "ordinary"),
}


@pytest.mark.parametrize(("test", "value", "panel", "reason", "group"), SCREENED.values(), ids=SCREENED)
def test_a_screening_that_prompts_nobody_guards_its_record(county, test, value, panel, reason, group):
    stored = take(county, apps.record(results=(apps.result(test, value, panel=panel),), reason=reason))
    assert not Suspicion.objects.exists()
    assert groups(stored) == {group}


def both(key="BOTH", **more):
    """Influenza, which a department shares, in one record with a confirmed HIV infection, which it does not."""
    tests = (apps.result("甲型流感病毒抗原", "阳性"), apps.result("HIV抗体确证试验", "阳性"))
    return apps.influenza(key, results=tests, **more)


def test_a_shared_disease_does_not_open_a_record_that_speaks_of_a_guarded_one_too(county):
    stored = take(county, both())
    assert set(Suspicion.objects.values_list("disease", flat=True)) == {"influenza", "hiv_aids"}
    assert groups(stored) == {"hiv"}
    for name, sees in {"clinician": True, "hospital_desk": True, "colleague": False}.items():
        with enter(county.viewer(name)):
            assert Record.objects.filter(id=stored).exists() is sees, name
            assert Suspicion.objects.filter(disease="influenza").exists(), name


def test_what_a_department_saw_it_sees_no_longer_when_the_record_turns_out_guarded(county):
    stored = take(county, apps.influenza())
    with enter(county.viewer("colleague")):
        assert Record.objects.filter(id=stored).exists()
    with apps.as_jobs():
        assert visible.protect_record(stored, {"hiv"}) == "hiv"
    # Ended as of now; the database's now is when the test's transaction began, so the rows are asked themselves.
    lasting = Visibility.objects.filter(subject=stored, until=None).values_list("scope", flat=True)
    assert {scope.split(":")[0] for scope in lasting} == {"org", "user"}


def test_the_stricter_group_stays(county):
    stored = take(county, apps.hiv_confirmed())
    with apps.as_jobs():
        assert visible.protect_record(stored, {"bloodborne_hepatitis", "ordinary"}) == "hiv"
    assert groups(stored) == {"hiv"}


def test_a_withdrawal_is_guarded_as_what_it_withdraws(county):
    take(county, apps.hiv_confirmed())
    withdrawn = take(county, apps.cancelled(apps.hiv_confirmed()))
    assert groups(withdrawn) == {"hiv"}


POSITIVE = apps.hiv_confirmed
NEGATIVE = functools.partial(apps.hiv_confirmed, results=(apps.result("HIV抗体确证试验", "阴性"),))
BARE = functools.partial(apps.hiv_confirmed, results=(), status="cancelled")
ARRIVALS = {
    "withdrawn when it came": [[apps.cancelled(POSITIVE())]],
    "corrected in one file": [[POSITIVE(), NEGATIVE()]],
    "withdrawn in one file by a message without results": [[POSITIVE(), BARE()]],
    "withdrawn later by a message without results": [[POSITIVE()], [BARE()]],
    "withdrawn when it came, then a message without results": [[apps.cancelled(POSITIVE())], [BARE()]],
}


@pytest.mark.parametrize("delivered_between", [True, False], ids=["heard at once", "heard at the end"])
@pytest.mark.parametrize("chunks", ARRIVALS.values(), ids=ARRIVALS)
def test_what_was_taken_back_before_anybody_looked_is_guarded_and_so_is_what_took_it_back(
    county, chunks, delivered_between
):
    stored = []
    for chunk in chunks:
        stored += apps.receive(county.hospital, *chunk)
        if delivered_between:
            apps.deliver()
    apps.deliver()
    assert len(stored) == sum(len(chunk) for chunk in chunks)
    assert [groups(one) for one in stored] == [{"hiv"}] * len(stored)
    assert not Suspicion.objects.exclude(state="withdrawn").exists()


def test_what_was_ordinary_and_taken_back_stays_ordinary(county):
    assert groups(take(county, apps.cancelled(apps.influenza()))) == {"ordinary"}


def test_a_broken_glass_goes_on_showing_what_it_opened(county):
    stored = take(county, apps.influenza())
    row = Record.objects.get(id=stored)
    nurse = county.viewer("colleague")
    with apps.as_jobs():
        subject = Subject("record", stored, row.at.date(), person=row.person_id)
        show(subject, [f"user:{nurse.user_id}"], f"{ROW}1")
        visible.protect_record(stored, {"hiv"})
    assert set(Visibility.objects.filter(reason=f"{ROW}1").values_list("group", flat=True)) == {"ordinary"}


OPENS = {"clinician": None, "hospital_desk": None, "hospital_lab": None, "bureau": NotAllowed, "stranger": NotAllowed,
         "grid_worker": NotAllowed, "school_nurse": NotAllowed, "administrator": NotAllowed,
         "epidemiologist": NotFound, "other_hospital": NotFound}  # fmt: skip


@pytest.mark.parametrize(("name", "refused"), OPENS.items())
def test_who_opens_a_record_needs_the_permission_and_the_row(county, name, refused):
    stored = take(county, apps.hfmd())
    viewer = county.viewer(name)
    with enter(viewer):
        if refused is None:
            assert queries.record(stored, viewer).row.id == stored
        else:
            with pytest.raises(refused):
                queries.record(stored, viewer)


@pytest.mark.parametrize(
    ("disease", "group", "zh", "en"),
    [
        ("measles", "ordinary", "麻疹 K-1", "Measles K-1"),
        ("pulmonary_tb", "tb", "肺结核 K-1", "Pulmonary tuberculosis K-1"),
        ("hiv_aids", "hiv", "敏感病种", "Sensitive disease"),
        ("syphilis", "std", "敏感病种", "Sensitive disease"),
        ("", "ordinary", "K-1", "K-1"),
    ],
)
def test_a_list_of_work_names_neither_a_sensitive_disease_nor_its_card(disease, group, zh, en):
    card = Card(card_no="K-1", disease=disease, group=group)
    assert (desks.title_of(card), desks.title_of(card, "en")) == (zh, en)


def test_a_dose_given_lately_is_known_to_the_next_record(county):
    """麻疹 IgM 阳性 three weeks after a dose is the vaccine's: the earlier record must be read without failing."""
    given = apps.clock.now() - apps.timedelta(days=20)
    dose = canonical.Immunization((), "麻腮风三联疫苗", "RXA[1]", apps.moment(given))
    take(county, apps.record("DOSE", kind="immunization", at=given, immunizations=(dose,)))
    take(county, apps.record("IGM", kind="lab_report", results=(apps.result("麻疹病毒IgM", "阳性"),)))
    assert not Suspicion.objects.exists()
