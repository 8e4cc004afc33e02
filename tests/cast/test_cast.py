"""Who sees what: the table of `table` asked cell by cell, on the real policies, by everybody.

A page opens for those it names and for nobody else. Whatever is answered, to whomever, no story comes out of it that
the reader may not know: not the masked name, no number, no id; where a page is refused not even the disease.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

import pytest
from django.db import transaction

from tests.cast import looking, table
from tests.cast.looking import Cast, address
from tests.cast.scene import CAST, SIGNED_OUT, Told, empty, happen
from yifang.apps.accounts.viewers import enter
from yifang.apps.reporting import services
from yifang.apps.work.models import WorkItem
from yifang.kernel.errors import YifangError

pytestmark = pytest.mark.django_db

# Lists that must look to these as if nothing had happened in the county.
KNOWS_NOTHING = (
    "other_department", "other_hospital", "other_hospital_desk", "neighbour_epidemiologist", "residence_school_nurse",
)  # fmt: skip
LISTS = (
    "work:mine", "work:count", "search", "intake:batches", "intake:quarantine", "reporting:suspicions",
    "reporting:desk", "reporting:audit", "reporting:cases", "surveillance:inbox", "records:pairs",
    "care:matters",
)  # fmt: skip
_CHANGING = re.compile(
    r'csrfmiddlewaretoken" value="[^"]*"|<meta name="[^"]*"\s+content="[^"]*">|after=\d+|\d\d:\d\d(:\d\d)?'
)


@pytest.fixture(scope="module")
def calm(django_db_setup: None, django_db_blocker) -> Iterator[tuple[Cast, dict[tuple[str, str], str]]]:  # type: ignore[no-untyped-def]
    """The cast before and after: what the lists said in an empty county, then everything has happened."""
    with django_db_blocker.unblock(), transaction.atomic():
        made = empty()
        cast = Cast(made)
        before = {(who, name): _list(cast, who, name) for who in KNOWS_NOTHING for name in LISTS}
        happen(made)
        yield cast, before
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def cast(calm: tuple[Cast, dict[tuple[str, str], str]]) -> Cast:
    return calm[0]


def test_every_address_stands_in_the_table() -> None:
    addresses = set(looking.url_names()) - table.LIBRARY
    assert addresses == {page.name for page in table.PAGES}


def test_every_query_stands_in_the_table() -> None:
    assert set(looking.queries()) - table.FOLLOWING == {query.name for query in table.QUERIES}


@pytest.mark.pages
@pytest.mark.parametrize("page", table.PAGES, ids=lambda page: f"{page.method} {page.name} {page.about}".strip())
def test_a_page(cast: Cast, page: table.Page) -> None:
    url = address(cast.scene, page.name, page.about)
    data = {key: looking.subject(cast.scene, value) for key, value in page.data.items()}
    opens = table.people(page.opens)
    wrong = []
    for who in CAST:
        answer = cast.ask(who, page.method, url, data)
        if answer.opened is not (who in opens):
            wrong.append(f"{who}: {answer.status}, {'should open' if who in opens else 'must not open'}")
        if answer.opened and page.shows and cast.scene.stories[page.shows].masked not in answer.text:
            wrong.append(f"{who}: does not see {page.shows}")
        asked = f"{url} {data}"  # what they said themselves may come back to them
        wrong += [f"{who}: learns {found}" for found in _learns(cast, who, answer, asked)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("query", table.QUERIES, ids=lambda query: query.name)
def test_a_query(cast: Cast, query: table.Query) -> None:
    scene = cast.scene
    args = [looking.subject(scene, one) if isinstance(one, str) else one for one in query.args]
    function = looking.queries()[query.name]
    wants = {name: one.annotation for name, one in inspect.signature(function).parameters.items() if name != "viewer"}
    given = {name: str(arg) if wants[name] in (str, "str") else arg for name, arg in zip(wants, args, strict=False)}
    wanted = {about: table.people(words) for about, words in query.gets.items()}
    ids = looking.all_ids(scene)
    wrong = []
    for who in CAST:
        if who == SIGNED_OUT:
            continue
        got: set[str] = set()
        viewer = scene.viewer(who)
        try:
            with enter(viewer), looking.undone():
                got = looking.ids_in(function(viewer=viewer, **given), ids)
        except YifangError:
            pass
        for about, getters in wanted.items():
            if (about in got) is not (who in getters):
                wrong.append(f"{who}: {'lacks' if who in getters else 'must not get'} {about}")
        wrong += [f"{who}: learns {one}" for one in sorted(got) if not _may_learn(who, one)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("who", KNOWS_NOTHING)
def test_lists_and_numbers_of_one_who_knows_nothing_are_those_of_an_empty_county(calm, who: str) -> None:  # type: ignore[no-untyped-def]
    cast, before = calm
    for name in LISTS:
        assert _list(cast, who, name) == before[who, name], name


def _list(cast: Cast, who: str, name: str) -> str:
    return _CHANGING.sub("", cast.ask(who, "GET", address(cast.scene, name, "")).text)


def _learns(cast: Cast, who: str, answer: looking.Answer, asked: str) -> Iterator[str]:
    """What this answer tells this reader that it must not."""
    for story, told in cast.scene.stories.items():
        if who in table.people(table.KNOWS[story]):
            continue
        for what, word in _words(told):
            partly = what in table.PARTLY.get((who, story), ()) and answer.opened
            if word in answer.text and word not in asked and not partly:
                yield f"{what} of {story}"
        if not answer.opened and any(word in answer.text for word in told.disease):
            yield f"disease of {story}"
    if who not in table.people(table.READS_QUARANTINE) and cast.scene.unreadable in answer.text:
        yield "the item in quarantine"


def _words(told: Told) -> Iterator[tuple[str, str]]:
    yield "name", told.name
    yield "masked", told.masked
    yield from told.numbers.items()
    yield from ((kind, str(one)) for kind, one in told.ids.items())


def _may_learn(who: str, about: str) -> bool:
    story, _, kind = about.partition(".")
    if story not in table.KNOWS:
        return True
    return who in table.people(table.KNOWS[story]) or kind in table.PARTLY.get((who, story), ())


@pytest.mark.pages
@pytest.mark.parametrize(
    "page", [one for one in table.PAGES if one.method == "POST"], ids=lambda page: f"{page.name} {page.about}".strip()
)
def test_an_outsider_is_refused_before_the_form_is_read(cast: Cast, page: table.Page) -> None:
    """With nothing filled in, whoever may not send it at all hears that, not what is missing."""
    url = address(cast.scene, page.name, page.about)
    opens = table.people(page.opens)
    answers = {who: cast.ask(who, "POST", url, {}) for who in CAST if who not in opens}
    wrong = [f"{who}: {one.status}" for who, one in answers.items() if one.status not in (302, 401, 403, 404, 429)]
    wrong += [f"{who}: done" for who, one in answers.items() if one.status == 302 and one.opened]
    assert not wrong, "\n".join(wrong)


# The pupil's card was reported in the first district, entered, and waits for its audit.
AUDITS = ("epidemiologist", "duty_officer", "city_epidemiologist")


@pytest.mark.parametrize(
    "who", [*AUDITS, "residence_epidemiologist", "neighbour_epidemiologist", "bureau", "hospital_desk"]
)
def test_the_county_audits_and_the_city_may(cast: Cast, who: str) -> None:
    """docs/decisions/2026-11-24-who-audits.md: the work waits at the county only."""
    card, viewer = cast.scene.stories["pupil"].ids["card"], cast.scene.viewer(who)
    with enter(viewer), looking.undone():
        waits = WorkItem.objects.filter(kind="card_audit", subject=card).exists()
        try:
            done = services.audit(card, viewer).state == "audited"
        except YifangError:
            done = False
    assert done is (who in AUDITS)
    assert waits is (who == "epidemiologist")
