"""Acknowledgements of HL7 v2 messages, read back by another reader than ours (python-hl7)."""

from datetime import UTC, datetime

import hl7
import pytest

from tests.formats.messages import laboratory, message
from yifang.formats.hl7v2.answer import acknowledge

AT = datetime(2026, 11, 27, 4, 5, 6, tzinfo=UTC)


def test_a_message_that_was_taken():
    said = hl7.parse(acknowledge(laboratory(), "AA", "N1", AT).decode())
    header = said.segment("MSH")
    # MSH-3…6 change places: the sender is now the receiver
    assert [str(header[place]) for place in (3, 4, 5, 6)] == ["YF", "CDC", "LIS", "XX医院^123"]
    assert [str(header[place]) for place in (7, 9, 10, 11, 12)] == [
        "20261127120506+0800", "ACK^R01^ACK", "N1", "P", "2.5.1"
    ]  # fmt: skip
    assert [str(part) for part in said.segment("MSA")[1:]] == ["AA", "M1"]
    assert len(said) == 2


def test_a_refused_message_is_told_why():
    said = hl7.parse(acknowledge(laboratory(), "AE", "N1", AT, "OBX|5: 5^6 & no\\unit").decode())
    assert str(said.segment("MSA")[1]) == "AE"
    assert said.unescape(str(said.segment("ERR")[8])) == "OBX|5: 5^6 & no\\unit"
    assert str(said.segment("ERR")[3]).startswith("207^")


@pytest.mark.parametrize(("asked", "code"), [("", "AA"), ("NE", "AA"), ("AL", "CA"), ("ER", "CA")])
def test_a_sender_that_asks_for_commit_acknowledgements_gets_them(asked, code):
    text = f"MSH|^~\\&|A|B|C|D|20261127||ADT^A01|7|P|2.5|||{asked}|NE\rPID|1"
    assert f"MSA|{code}|7" in acknowledge(text.encode(), "AA", "N1", AT).decode()


def test_it_speaks_the_charset_and_the_separators_of_the_message():
    raw = message(charset="GB 18030-2000").replace(b"XX\xd2\xbd\xd4\xba", "人民医院".encode("gb18030"))
    assert "人民医院" in acknowledge(raw, "AA", "N1", AT).decode("gb18030")
    odd = acknowledge(b"MSH#*~\\&#A#B#C#D#20261127##ADT*A01#7#P#2.5", "AA", "N1", AT).decode()
    assert odd.startswith("MSH#*~\\&#C#D#A#B#")
    assert "MSA#AA#7" in odd


@pytest.mark.parametrize("raw", [b"", b"hello", b"MSH", b"\xff\xfe\x00"])
def test_what_is_no_message_is_answered_all_the_same(raw):
    said = hl7.parse(acknowledge(raw, "AR", "N1", AT, "no MSH").decode())
    assert str(said.segment("MSA")[1]) == "AR"
