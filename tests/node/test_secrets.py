"""The key file: made once, 0600, refused when open or damaged; rotation keeps what old data needs."""

import json
import os

import pytest

from yifang.kernel.errors import ConfigError
from yifang.node import secrets


def test_it_is_made_once_and_for_its_owner_alone(data):
    first = secrets.load(data)
    assert (data / secrets.FILE).stat().st_mode & 0o777 == 0o600
    assert secrets.load(data) == first
    assert [path.name for path in data.iterdir()] == [secrets.FILE]


def test_two_nodes_share_nothing(tmp_path):
    one, two = secrets.load(tmp_path / "1"), secrets.load(tmp_path / "2")
    assert set(one.passwords.values()).isdisjoint(two.passwords.values())
    assert (one.django, one.index, one.ciphers) != (two.django, two.index, two.ciphers)
    assert len(set(one.passwords.values())) == len(secrets.DATABASE_ROLES)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_file_others_can_read_is_refused_with_the_mend(data, mode):
    secrets.load(data)
    os.chmod(data / secrets.FILE, mode)
    with pytest.raises(ConfigError) as wrong:
        secrets.load(data)
    assert f"chmod 600 {data / secrets.FILE}" in wrong.value.render("en")


@pytest.mark.parametrize(
    "change",
    [
        lambda held: held.pop("passwords") and held.update(passwords={}),
        lambda held: held.update(current="9"),
        lambda held: held.update(index="c2hvcnQ="),
        lambda held: held.update(surprise=1),
    ],
)
def test_a_damaged_file_is_refused(data, change):
    secrets.load(data)
    held = json.loads((data / secrets.FILE).read_text())
    change(held)
    (data / secrets.FILE).write_text(json.dumps(held))
    with pytest.raises(ConfigError, match="damaged"):
        secrets.load(data)


def test_rotation_adds_a_key_and_keeps_the_old(data):
    before = secrets.load(data)
    after = secrets.rotate(data)
    assert (before.current, after.current) == ("1", "2")
    assert after.cipher_keys()["1"] == before.cipher_keys()["1"]
    assert after.cipher_keys()["2"] != after.cipher_keys()["1"]
    assert after.index == before.index
    assert secrets.load(data) == after
    assert (data / secrets.FILE).stat().st_mode & 0o777 == 0o600
