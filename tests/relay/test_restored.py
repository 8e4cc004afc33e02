"""A node that was restored from a backup: what it lost the other gives back, and nothing stands twice."""

from __future__ import annotations

import shutil
from datetime import timedelta

import pytest

from tests.relay import truth
from tests.relay.loop import at, do, submitted
from tests.relay.nodes import settle
from yifang.apps.ledger.models import Entry
from yifang.apps.relay import pairing
from yifang.apps.relay.models import Batch, Outgoing, Peer, Transport, Waiting
from yifang.apps.reporting import services
from yifang.apps.reporting.models import Card, Case
from yifang.apps.reporting.services import trials
from yifang.kernel import clock

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("who", "way"),
    [
        ("hospital", "https"),
        ("district", "folder"),
        pytest.param("hospital", "folder", marks=pytest.mark.soak),
        pytest.param("district", "https", marks=pytest.mark.soak),
    ],
)
def test_what_came_after_the_backup_is_given_back(chain, tmp_path, who, way):
    hospital, district, city = chain
    restored = hospital if who == "hospital" else district
    order = {"hospital": 30, "district": 40}[who] + (5 if way == "folder" else 0)
    carry = _way(hospital, district, tmp_path if way == "folder" else None)
    first, second, third = (submitted(hospital, name=f"杜{order}{n}", order=order + n) for n in range(3))
    _rest(chain, carry)
    restored.back_up()

    do(district, "epidemiologist", lambda who: services.audit(first.id, who))
    do(hospital, "hospital_desk", lambda who: services.correct(second.id, {"residence_detail": "北路9号"}, "有误", who))
    lost = submitted(hospital, name=f"杜{order}新", order=order + 3)
    _rest(chain, carry)
    do(district, "epidemiologist", lambda who: services.return_by_district(third.id, "信息不完整", "", who))
    _rest(chain, carry)

    restored.restore()
    for _ in range(3):  # numbers that were used before are used again, before anybody hears of it
        fresh = submitted(hospital, name=f"杜{order}后", order=order + 4)
        hospital.deliver()
        if way == "folder":
            hospital.turn()
    _rest(chain, carry)

    with hospital.on():
        assert Card.objects.filter(id__in=[one.id for one in (first, second, third, lost, fresh)]).count() == 5
    assert at(hospital, first.id).state == at(district, first.id).state == "audited"
    assert at(hospital, third.id).state == at(district, third.id).state == "returned_by_district"
    truth.same_cards(hospital, district)
    truth.same_cases(district, city)
    for node in chain:
        with node.on():
            assert not Waiting.objects.exists()
            assert not Outgoing.objects.filter(batch__isnull=True).exists()
            assert not Batch.objects.filter(acked_at__isnull=True).exists()
    with restored.on():
        assert Entry.objects.filter(kind="relay.begun_anew").exists()
    with city.on():
        numbers = Case.objects.values_list("id", flat=True)
        with district.on():
            assert set(numbers) >= set(Case.objects.values_list("id", flat=True))


def test_a_backup_older_than_the_keys_is_mended_by_rotating_again(chain):
    hospital, district, _ = chain
    _way(hospital, district, None)
    hospital.back_up()
    with hospital.on("jobs"):
        pairing.rotate()
    settle(*chain)
    card = submitted(hospital, name="王之涣", order=70)
    settle(*chain)
    hospital.restore()
    do(district, "epidemiologist", lambda who: services.audit(card.id, who))
    settle(*chain)
    with hospital.on():
        assert Peer.objects.get(side="up").error == "relay.key_lost"
    with hospital.on("jobs"):
        pairing.rotate()
    for minutes in (1, 2):
        with clock.frozen(clock.now() + timedelta(minutes=minutes)):
            settle(*chain)
    assert at(hospital, card.id).state == "audited"
    truth.same_cards(hospital, district)


def test_what_a_hospital_tries_quietly_waits_until_the_trial_ends(chain):
    hospital, district, _ = chain
    _way(hospital, district, None)
    card = submitted(hospital, name="高适", order=60)
    with hospital.on():
        home, desk = hospital.county.hospital, hospital.county.viewer("hospital_desk")
        trials.start_trial(home, 30, desk)
    settle(hospital, district)
    assert at(district, card.id) is None
    with hospital.on():
        assert Outgoing.objects.filter(batch__isnull=True, subject=card.id).exists()
        trials.go_live(home, desk)
    settle(hospital, district)
    assert at(district, card.id).state == "submitted"


def _rest(chain, carry) -> None:
    for _ in range(20):
        settle(*chain)
        if not carry():
            return
    raise AssertionError("the gateway did not come to rest")


def _way(hospital, district, folder):
    ends = {node: folder / node.name for node in (hospital, district)} if folder else {}
    by = Transport.FOLDER if folder else Transport.HTTPS
    for node, side in ((hospital, "up"), (district, "down")):
        with node.on():
            url = str(ends[node]) if folder else "https://district.test"
            Peer.objects.filter(side=side).update(transport=by, url=url, told="")

    def carry() -> int:
        carried = 0
        for here, there in ((hospital, district), (district, hospital)) if folder else ():
            (ends[there] / "in").mkdir(parents=True, exist_ok=True)
            for path in sorted((ends[here] / "out").glob("*.yf?")):
                shutil.move(path, ends[there] / "in" / path.name)
                carried += 1
        return carried

    return carry
