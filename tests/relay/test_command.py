"""`yifang relay`: two administrators join their nodes with two files and two fingerprints, then mind the link."""

from __future__ import annotations

import argparse
import json

import pytest

from tests.relay.loop import at, submitted
from tests.relay.nodes import Node
from yifang.apps.relay import command
from yifang.apps.relay.models import Batch, Peer, PeerState
from yifang.kernel.errors import NotFound, UserError

pytestmark = pytest.mark.django_db


@pytest.fixture
def two(cluster, chain, tmp_path):
    template = chain[0].database  # with the cast, and a peer that is taken away
    for node in chain:
        node.close()
    made = [Node(name, role, "310112", tmp_path, cluster, template)
            for name, role in (("clinic", "hospital"), ("county", "district"))]  # fmt: skip
    for node in made:
        node.make()
        node.county = chain[0].county
        with node.on():
            Peer.objects.all().delete()
    yield made
    for node in made:
        node.drop()


def _run(node, *words) -> int:
    parser = argparse.ArgumentParser()
    command.configure(parser)
    with node.on("jobs"):
        return command.run(parser.parse_args(words))


def test_two_nodes_are_joined_and_minded_by_files(two, tmp_path, capsys):
    clinic, county = two

    def said(node, *words) -> str:
        assert _run(node, *words) == 0
        return capsys.readouterr().out.strip()

    gate = {node.name: tmp_path / f"gate-{node.name}" for node in two}
    invitation, answer = str(tmp_path / "invitation.json"), str(tmp_path / "answer.json")
    prints = {node.name: said(node, "fingerprint") for node in two}
    assert all(len(one.split()) == 10 for one in prints.values())
    told = said(
        county,
        "invite",
        "hospital",
        "--organisation",
        "H31011201",
        "--folder",
        str(gate["county"]),
        "--out",
        invitation,
    )
    assert prints["county"] in told
    with pytest.raises(UserError, match="fingerprint"):
        _run(clinic, "join", invitation, "--fingerprint", prints["clinic"], "--folder", str(gate["clinic"]))
    said(
        clinic,
        "join",
        invitation,
        "--fingerprint",
        prints["county"].lower(),
        "--folder",
        str(gate["clinic"]),
        "--out",
        answer,
    )
    said(county, "admit", answer, "--fingerprint", prints["clinic"])
    with pytest.raises(NotFound):
        _run(county, "admit", answer, "--fingerprint", prints["clinic"])  # an invitation serves once

    card = submitted(clinic, name="带走", order=31)
    clinic.deliver()
    clinic.turn()
    (batch,) = (gate["clinic"] / "out").glob("*.yfb")
    (listed,) = [json.loads(line) for line in said(clinic, "list", "--json").splitlines()]
    assert (listed["unreceipted"], listed["waiting"]) == (1, 0)
    kept = batch.read_bytes()
    batch.unlink()  # lost on the way
    said(clinic, "resend", listed["node"])
    clinic.turn()
    assert batch.read_bytes() == kept
    assert "clinic" in said(county, "take", str(batch))
    county.turn()
    county.deliver()
    assert at(county, card.id) is not None
    (receipt, *_) = sorted((gate["county"] / "out").glob("*.yfr"), reverse=True)
    said(clinic, "take", str(receipt))
    with clinic.on():
        assert not Batch.objects.filter(acked_at__isnull=True).exists()
    said(clinic, "pause", listed["node"])
    with clinic.on():
        assert Peer.objects.get().state == PeerState.PAUSED
    said(clinic, "resume", listed["name"])
    assert said(clinic, "rotate").split("：")[-1] != prints["clinic"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("join", "/nowhere/x.json", "--fingerprint", "A"), "relay.file_unreadable"),
        (("pause", "nobody"), "relay.no_such"),
        (("invite", "city", "--url", "https://x"), "relay.role"),
        (("invite", "hospital", "--organisation", "H0", "--url", "https://x"), "relay.no_organisation"),
        (("invite", "hospital", "--url", "https://x"), "relay.no_organisation"),
        (("invite", "hospital", "--organisation", "H31011201"), "relay.way"),
    ],
)
def test_a_wrong_use_says_what_is_wrong(chain, words, code):
    with pytest.raises((UserError, NotFound)) as told:
        _run(chain[1], *words)
    assert told.value.code == code
    assert all(told.value.render(lang) for lang in ("zh", "en"))
