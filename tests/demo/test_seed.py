"""Where the demo may run, and the county it makes: every role can sign in, starting again changes nothing."""

from collections import Counter

import pytest

from yifang.apps.accounts.models import Seat, User
from yifang.apps.accounts.roles import ROLES
from yifang.apps.accounts.viewers import enter, viewer_of
from yifang.apps.care.models import Matter
from yifang.apps.intake.models import Feed
from yifang.apps.intake.services import default_feed
from yifang.apps.places.models import Organisation
from yifang.node import guarding
from yifang.node.demo import acting, clinic, county
from yifang.node.demo.hospitals import MAIN


@pytest.mark.parametrize(
    ("bind", "local"),
    [("127.0.0.1", True), ("127.0.1.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("::", False),
     ("10.0.0.5", False), ("yifang.example", False)],
)  # fmt: skip
def test_the_demo_serves_this_machine_only(bind: str, local: bool) -> None:
    assert guarding.is_local(bind) == local


@pytest.mark.django_db
def test_a_node_with_people_of_its_own_is_no_demo() -> None:
    assert not guarding.is_used()
    User.objects.create(username="somebody")
    assert guarding.is_used()


@pytest.mark.django_db
def test_every_role_can_sign_in_and_starting_again_changes_nothing(tmp_path) -> None:
    default_feed()  # the watch was there first, with an organisation of the node's own
    accounts, password = county.make(tmp_path)
    assert {seat.role for seat in Seat.objects.all()} == set(ROLES)
    for seat in Seat.objects.select_related("organisation", "place"):
        assert viewer_of(seat).scopes
        assert seat.user.check_password(password)
    assert Feed.objects.get(code="inbox").organisation.code == MAIN.code
    assert not Organisation.objects.filter(code="NODE").exists()
    assert (tmp_path / guarding.PASSWORD_FILE).stat().st_mode & 0o077 == 0
    before = (User.objects.count(), Seat.objects.count(), Organisation.objects.count())
    assert county.make(tmp_path) == (accounts, password)
    assert (User.objects.count(), Seat.objects.count(), Organisation.objects.count()) == before


@pytest.mark.django_db
def test_at_the_clinics_side_everybody_does_their_part(tmp_path) -> None:
    """Nothing of it is refused: what the forms of the packs ask is answered."""
    county.make(tmp_path)
    clinic.act(acting._viewer, entered)
    kinds = Counter(Matter.objects.values_list("kind", flat=True))
    assert kinds == {
        "triage": 5, "fever_visit": 3, "enteric_visit": 1, "clinic_setup": 1, "consult": 1, "whistle": 2,
    }  # fmt: skip
    assert set(Matter.objects.filter(kind="fever_visit").values_list("department", flat=True)) == {"感染科"}


def entered(step, viewer) -> None:
    with enter(viewer):
        step()
