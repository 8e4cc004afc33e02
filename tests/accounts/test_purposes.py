"""Why somebody looks: a work item is a reason to look at its own subject and its person, at nobody else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.db import transaction
from django.test import Client

from tests import apps
from tests.cast import scene as scenes
from yifang.apps.accounts.viewers import enter
from yifang.apps.ledger.models import Entry
from yifang.apps.ledger.services import NODE
from yifang.apps.work.models import WorkItem
from yifang.apps.work.services import DeskAt, open_item
from yifang.kernel.ids import new_id

pytestmark = pytest.mark.django_db

DESK = "hospital_desk"


@pytest.fixture(scope="module")
def scene(django_db_setup: None, django_db_blocker):  # type: ignore[no-untyped-def]
    """Everything happened; an item about the pupil's card waits at the hospital's desk and at the district's."""
    with django_db_blocker.unblock(), transaction.atomic():
        made = scenes.scene()
        made.ids["item"], made.ids["of nothing"] = new_id(), new_id()
        desks = [DeskAt(made.county.hospital.scope, DESK), DeskAt(f"area:{apps.DISTRICT}", "epidemiologist")]
        with apps.as_jobs():
            open_item("card_correct", "card", made.stories["pupil"].ids["card"], desks, NODE, item_id=made.ids["item"])
            open_item("card_correct", "batch", new_id(), desks, NODE, item_id=made.ids["of nothing"])
        yield made
        transaction.set_rollback(True)


def browser(scene: scenes.Scene, who: str) -> Client:
    client = Client()
    client.force_login(scene.users[who], backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def asked(answer) -> bool:  # type: ignore[no-untyped-def]
    return answer.status_code == 302 and answer["Location"].startswith("/purpose/")


LOOKS = [
    # who, the item, at what, what is opened without a further question
    (DESK, "item", "/cards/{pupil.card}/identity", True),  # the item's own subject
    (DESK, "item", "/persons/{pupil.person}/identity", True),  # its person
    (DESK, "item", "/cards/{child.card}/identity", False),  # another child's card
    (DESK, "item", "/persons/{child.person}/identity", False),
    (DESK, "item", "/persons/{hiv.person}/identity", False),
    (DESK, "of nothing", "/cards/{pupil.card}/identity", False),
    (DESK, "of nothing", "/persons/{pupil.person}/identity", False),
    ("epidemiologist", "item", "/audit/{pupil.card}/identity", True),
    ("epidemiologist", "item", "/audit/{child.card}/identity", False),
    ("other_hospital_desk", "item", "/persons/{pupil.person}/identity", False),  # an item that is not theirs
    ("residence_epidemiologist", "item", "/persons/{child.person}/identity", False),
]


@pytest.mark.parametrize("how", ["in the address", "in the form"])
@pytest.mark.parametrize(("who", "item", "where", "opens"), LOOKS)
def test_a_work_item_opens_its_own_subject_only(scene, who, item, where, opens, how):
    story, kind = re.search(r"{(\w+)\.(\w+)}", where).groups()
    told = scene.stories[story]
    where, token = re.sub(r"{.*}", str(told.ids[kind]), where), str(scene.ids[item])
    with transaction.atomic():
        client = browser(scene, who)
        before = Entry.objects.filter(stream="access").order_by("-id").values_list("id", flat=True).first()
        answer = (
            client.post(f"{where}?work={token}") if how == "in the address" else client.post(where, {"work": token})
        )
        assert (told.name in answer.content.decode()) is opens
        assert opens or asked(answer)
        opened = list(
            Entry.objects.filter(stream="access", id__gt=before, kind__endswith=".opened").values_list("purpose")
        )
        # the ledger names the purpose and the item
        assert opened == ([(f"work:card_correct:{token}",)] if opens else [])
        transaction.set_rollback(True)


def test_a_purpose_that_was_asked_is_for_its_subject(scene):
    with transaction.atomic():
        client = browser(scene, DESK)
        person = scene.stories["pupil"].ids["person"]
        client.post(f"/purpose/{person}", {"purpose": "quality", "next": "/"})
        assert scene.stories["pupil"].name in client.post(f"/persons/{person}/identity").content.decode()
        assert asked(client.post(f"/persons/{scene.stories['child'].ids['person']}/identity"))
        transaction.set_rollback(True)


def test_a_done_item_is_no_reason_any_more(scene):
    with transaction.atomic():
        WorkItem.objects.filter(id=scene.ids["item"]).update(state="done")
        card = scene.stories["pupil"].ids["card"]
        assert asked(browser(scene, DESK).post(f"/cards/{card}/identity?work={scene.ids['item']}"))
        transaction.set_rollback(True)


# -- the form of a card, which holds identity


def test_the_hospitals_own_card_is_filled_without_a_question(scene):
    with transaction.atomic():
        page = browser(scene, DESK).get(f"/cards/{scene.stories['pupil'].ids['card']}/edit").content.decode()
        assert scene.stories["pupil"].name in page
        assert Entry.objects.filter(kind="card.opened").latest("id").purpose == "reporting.card"
        transaction.set_rollback(True)


def test_the_district_is_asked_before_it_corrects(scene):
    with transaction.atomic():
        client, told = browser(scene, "epidemiologist"), scene.stories["pupil"]
        url = f"/cards/{told.ids['card']}/edit"
        assert asked(client.get(url))
        client.post(f"/purpose/{told.ids['card']}", {"purpose": "verification", "next": url})
        assert told.name in client.get(url).content.decode()
        transaction.set_rollback(True)


@pytest.mark.parametrize("do", ["refresh", "correct"])
def test_a_form_sent_without_a_purpose_fills_in_nothing_that_was_not_typed(scene, do):
    with transaction.atomic():
        told = scene.stories["pupil"]
        page = browser(scene, "epidemiologist").post(f"/cards/{told.ids['card']}/edit", {"do": do}).content.decode()
        assert told.name not in page
        assert told.numbers["number"] not in page
        assert told.numbers["phone"] not in page
        transaction.set_rollback(True)


def test_no_page_opens_a_card_past_the_query_that_asks_for_a_purpose():
    """`versions.answers_of` writes no access entry: services, jobs and `queries` use it, pages do not."""
    root = Path(__file__).parents[2] / "src/yifang/apps/reporting"
    pages = [*root.glob("views/*.py"), *root.glob("presenting/*.py")]
    assert pages
    assert not [page.name for page in pages if "answers_of(" in page.read_text()]


def test_without_a_purpose_the_database_shows_no_identity(scene):
    from yifang.apps.records.models import PersonIdentity

    person = scene.stories["pupil"].ids["person"]
    for purpose, seen in (("", False), ("asked:quality", True)):
        with enter(scene.viewer(DESK).acting_for(purpose)):
            assert PersonIdentity.objects.filter(person_id=person).exists() is seen
