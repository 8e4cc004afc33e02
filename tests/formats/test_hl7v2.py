"""HL7 v2: what the reader forgives, what it maps, and what identifies a report."""

from __future__ import annotations

import pytest

from tests.formats.messages import MSH, PID, laboratory, message
from yifang.formats import hl7v2
from yifang.formats.canonical import Item, Record


def one(data: bytes) -> Record:
    (item,) = hl7v2.read(data)
    assert item.refusal is None
    (record,) = item.records
    return record


def codes_of(item: Item | Record) -> list[str]:
    return [issue.code for issue in item.issues]


# --- reading ---


@pytest.mark.parametrize("ending", ["\r", "\n", "\r\n", "\r\n\r\n", "\r\r\n"])
def test_any_line_ending_gives_the_same_record(ending: str) -> None:
    data = laboratory()
    assert one(data.decode().replace("\r", ending).encode()) == one(data)


@pytest.mark.parametrize(
    ("before", "after"),
    [(b"", b""), (b"\xef\xbb\xbf", b""), (b"\x0b", b"\x1c\r"), (b"\r\n\r\n", b"\n\n"), (b"  ", b"")],
    ids=["plain", "bom", "mllp", "blank lines", "blanks"],
)
def test_frames_and_marks_are_taken_off(before: bytes, after: bytes) -> None:
    assert one(before + laboratory() + after) == one(laboratory())


def test_every_msh_is_an_item_and_the_envelope_none() -> None:
    data = b"FHS|^~\\&|A\rBHS|^~\\&|A\r" + laboratory() + laboratory(number="F02") + b"BTS|2\rFTS|1\r"
    items = list(hl7v2.read(data))
    assert [(item.index, item.records[0].source.index) for item in items] == [(0, 0), (1, 1)]
    assert not any(item.issues for item in items)


def test_a_batch_that_announces_more_than_it_holds_says_so() -> None:
    (item,) = hl7v2.read(b"BHS|^~\\&|A\r" + laboratory() + b"BTS|3\r")
    assert codes_of(item) == ["hl7.batch_count"]


def test_text_before_the_header_is_passed_over_with_an_issue() -> None:
    (item,) = hl7v2.read(b"junk\r" + laboratory())
    assert codes_of(item) == ["hl7.text_before"]
    assert item.records[0].person.name == "张三"


def test_a_line_end_within_a_field_is_joined() -> None:
    record = one(message("OBR|1||F01|X^胸片^L|||||||||||||||||||||F", "OBX|1|TX|A^所见^L||第一行\n第二行||||||F"))
    assert record.results[0].value == "第一行\n第二行"
    assert "hl7.continuation" in codes_of(record)


@pytest.mark.parametrize(
    ("charset", "encoding", "issue"),
    [
        ("UNICODE UTF-8", "utf-8", None),
        ("GB 18030-2000", "gb18030", None),
        ("", "utf-8", None),
        ("", "gb18030", "hl7.charset_fallback"),
        ("UNICODE UTF-8", "gb18030", "hl7.charset_fallback"),
        ("ASCII", "utf-8", "hl7.charset_wrong"),
        ("KLINGON", "utf-8", "hl7.charset_unknown"),
    ],
)
def test_the_charset_is_the_one_named_or_the_one_that_fits(charset: str, encoding: str, issue: str | None) -> None:
    text = "\r".join((MSH.format(type="ADT^A04", charset=charset), PID, "PV1|1|O"))
    record = one(text.encode(encoding))
    assert record.person.name == "张三"
    assert codes_of(record) == ([issue] if issue else [])


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r"A\T\B", "A&B"),
        (r"a\F\b\S\c\R\d\E\e", "a|b^c~d\\e"),
        (r"line\.br\next", "line\nnext"),
        (r"\X41\\X42\C", "ABC"),
        (r"no \Q\ such", r"no \Q\ such"),
        (r"C:\temp", r"C:\temp"),
        (r"ends with \T", r"ends with \T"),
    ],
)
def test_escapes(written: str, read: str) -> None:
    record = one(message("OBR|1||F01|X", f"OBX|1|ST|A^甲^L||{written}||||||F"))
    assert record.results[0].value == read


def test_separators_come_from_the_message() -> None:
    text = "MSH$%*!@$LIS$H$$$202611230815$$ORU%R01$M1$P$2.5\rPID$1$$P9%%%HIS%MR$$Doe%Jane$$19800102$F"
    record = one((text + "\rOBR$1$$F9$C%Culture%L\rOBX$1$CWE$O%Organism%L$$112283007%E. coli%SCT$$$$$$F").encode())
    assert (record.person.name, record.person.birth and record.person.birth.iso) == ("Jane Doe", "1980-01-02")
    assert record.results[0].value_codes[0].system == "snomed"


def test_a_doubled_escape_character_is_understood() -> None:
    text = message("OBR|1||F01|X").decode().replace("^~\\&", "^~\\\\&", 1)
    record = one(text.encode())
    assert record.person.name == "张三"
    assert codes_of(record) == ["hl7.encoding_characters"]


@pytest.mark.parametrize(
    ("data", "reason", "place"),
    [
        (b"MSH|^~\\&|A|B||||| |M|P|2.5\rPV1|1|O\r", "hl7.no_person", "PID"),
        (b"MSH|^~\\&|A|B|||||ACK|M|P|2.5\rMSA|AA|1\r", "hl7.nobody", "MSH-9"),
        (b"MSH|^~\r", "hl7.bad_header", "MSH"),
    ],
)
def test_a_refusal_names_reason_and_place(data: bytes, reason: str, place: str) -> None:
    (item,) = hl7v2.read(data)
    assert item.refusal is not None
    assert (item.refusal.code, item.refusal.place, item.records) == (reason, place, ())


def test_missing_header_fields_are_issues_and_the_rest_is_read() -> None:
    text = laboratory().decode().replace("ORU^R01^ORU_R01|M1|P|2.5.1", "||P|", 1)
    record = one(text.encode())
    assert [issue.path for issue in record.issues] == ["MSH-9", "MSH-10", "MSH-12"]
    assert (record.kind, len(record.results)) == ("lab_report", 1)


# --- mapping ---


def test_a_laboratory_report_whole() -> None:
    record = one(laboratory())
    (result,) = record.results
    assert (record.kind, record.status, record.at and record.at.iso) == ("lab_report", "final", "2026-11-23T07:00")
    assert (result.name, result.value, result.reference_range, result.flags) == (
        "乙肝表面抗原",
        "阳性(+)",
        "阴性",
        ("A",),
    )
    assert (result.panel, result.path, result.issued and result.issued.iso) == (
        "乙肝五项",
        "OBX[1]",
        "2026-11-23T08:10",
    )
    person = record.person
    assert (person.name, person.sex, person.area_code, person.phone) == ("张三", "female", "110105", "13800000000")
    assert person.address == "北京市某街道1号"


def test_two_persons_in_a_message_are_two_records_with_two_keys() -> None:
    second = "PID|2||P02^^^HIS^MR||李^四||19500101|M"
    (item,) = hl7v2.read(message("OBR|1||F1|A^甲^L", second, "OBR|1||F1|A^甲^L", "OBX|1|ST|B^乙^L||1||||||F"))
    first, other = item.records
    assert (first.person.name, other.person.name) == ("张三", "李四")
    assert (len(first.results), len(other.results)) == (0, 1)
    assert first.key != other.key


def test_a_resident_identity_number_is_known_by_its_check_digit() -> None:
    pid = "PID|1||P01^^^HIS^MR~11010519491231002X^^^^NI||张^三"
    kinds = {one.value: one.kind for one in one(message("PV1|1|O", type="ADT^A04", pid=pid)).person.identifiers}
    assert kinds == {"P01": "mrn", "11010519491231002X": "cn_id"}


@pytest.mark.parametrize(
    ("value", "kind", "read"),
    [
        ("^1^:^128", "SN", "1:128"),
        (">^100", "SN", ">100"),
        ("60~120", "NM", "60\n120"),
        ("260373001^Detected^SCT", "CWE", "Detected"),
        ("260415000^^SCT^^^^^^Not detected", "CWE", "Not detected"),
        ("^application^pdf^Base64^JVBERi0", "ED", ""),
        ('""', "ST", ""),
    ],
)
def test_result_values(value: str, kind: str, read: str) -> None:
    record = one(message("OBR|1||F01|X", f"OBX|1|{kind}|A^甲^L||{value}||||||F"))
    assert record.results[0].value == read


def test_an_impossible_time_is_an_issue_and_never_mended() -> None:
    record = one(message("OBR|1||F01|X|||20260231", "OBX|1|ST|A^甲^L||1||||||F"))
    assert record.results[0].at is None
    assert ("formats.bad_time", "OBR[1].7") in [(issue.code, issue.path) for issue in record.issues]


def test_a_persons_value_never_stands_in_an_issue() -> None:
    record = one(message("PV1|1|O", type="ADT^A04", pid="PID|1||P01||张^三||1949-12-31|Q"))
    assert all("1949" not in value for issue in record.issues for _, value in issue.params)
    assert codes_of(record) == ["formats.unknown_code", "formats.bad_time"]


def test_imaging_text_is_a_note_and_no_result() -> None:
    order = "OBR|1||F01|CR^胸片^L||||||||||||||||||||RAD|F"
    record = one(message(order, "OBX|1|TX|GDT^所见^L||两肺纹理增多||||||F", "OBX|2|TX|GDT^所见^L||右上肺空洞||||||F"))
    assert [(note.section, note.text) for note in record.notes] == [("imaging", "两肺纹理增多\n右上肺空洞")]
    assert record.results == ()


def test_diagnoses_of_a_visit() -> None:
    record = one(
        message(
            "PV1|1|O|感染科||||D1^李^四",
            "DG1|1||A15.0^肺结核^I10||20261123|W",
            "DG1|2||J18.9^肺炎^I10||20261123|W" + "|" * 15 + "D",
            type="ADT^A04",
        )
    )
    assert [(d.codes[0].system, d.codes[0].code, d.role, d.status) for d in record.diagnoses] == [
        ("icd10", "A15.0", "outpatient", "final"),
        ("icd10", "J18.9", "outpatient", "cancelled"),
    ]


def test_a_reason_for_study_is_uncertain() -> None:
    order = "OBR|1||F01|X^X^L" + "|" * 27 + "A01.0^伤寒^I10"
    (diagnosis,) = one(message(order)).diagnoses
    assert (diagnosis.text, diagnosis.assertion, diagnosis.path) == ("伤寒", "uncertain", "OBR[1].31")


# --- case notifications ---


def notification(status: str = "F", case_class: str = "410605003^Confirmed present^SCT", number: str = "CAS1") -> bytes:
    order = (
        f"OBR|1||{number}^NBS^2.16.840^ISO|68991-9^Epidemiologic Information^LN"
        f"|||20181211|||||||||||||||20181218|||{status}"
    )
    return message(
        order + "||||||10130^Malaria^NND",
        "OBX|1|TS|11368-8^Date of Illness Onset^LN||20180625||||||F",
        "OBX|2|TS|77975-1^Diagnosis Date^LN||20180705||||||F",
        "OBX|3|CWE|77978-5^Subject Died^LN||N^No^HL70136||||||F",
        f"OBX|4|CWE|77990-0^Case Class Status Code^LN||{case_class}||||||F",
    )


def test_a_case_notification() -> None:
    record = one(notification())
    (diagnosis,) = record.diagnoses
    assert (record.kind, record.key, record.status) == ("case_notification", "case:CAS1^2.16.840", "final")
    assert (diagnosis.codes[0].system, diagnosis.codes[0].code, diagnosis.role) == ("phin", "10130", "reported")
    assert (diagnosis.onset and diagnosis.onset.iso, diagnosis.at and diagnosis.at.iso) == ("2018-06-25", "2018-07-05")
    assert record.person.deceased is False


@pytest.mark.parametrize(
    ("letter", "status"), [("F", "final"), ("C", "corrected"), ("X", "cancelled"), ("P", "preliminary")]
)
def test_states_of_a_notification_share_its_key(letter: str, status: str) -> None:
    record = one(notification(letter))
    assert (record.status, record.key) == (status, one(notification()).key)


def test_not_a_case_is_uncertain_and_said() -> None:
    record = one(notification(case_class="PHC178^Not a Case^CDCPHINVS"))
    assert record.diagnoses[0].assertion == "uncertain"
    assert "hl7.not_a_case" in codes_of(record)


def test_a_placeholder_is_no_case_number() -> None:
    record = one(notification(number="INV168"))
    assert "INV168" not in record.key
    assert "hl7.no_case_id" in codes_of(record)


# --- states and identity ---


@pytest.mark.parametrize(
    ("obr25", "obx11", "status"),
    [
        ("F", ("F", "F"), "final"),
        ("C", ("C", "F"), "corrected"),
        ("P", ("P",), "preliminary"),
        ("A", ("F", "I"), "preliminary"),
        ("X", ("X",), "cancelled"),
        ("", ("F", "C"), "corrected"),
        ("", ("P",), "preliminary"),
        ("C", ("W", "W"), "cancelled"),
        ("C", ("W", "C"), "corrected"),
        ("F", ("D",), "cancelled"),
    ],
)
def test_state_of_a_laboratory_report(obr25: str, obx11: tuple[str, ...], status: str) -> None:
    assert one(laboratory(obr25, obx11)).status == status


def test_answers_beside_withdrawn_tests_do_not_keep_a_report_alive() -> None:
    record = one(
        message(
            "OBR|1||F01|94558-4^COVID^LN|||||||||||||||||||||C",
            "OBX|1|CWE|94558-4^COVID^LN||260373001^Detected^SCT||||||W",
            "OBX|2|CWE|95419-8^Symptoms^LN||Y^Yes^HL70136||||||F",
        )
    )
    assert record.status == "cancelled"


@pytest.mark.parametrize(
    ("event", "kind", "status"),
    [
        ("A01", "encounter", "final"),
        ("A11", "encounter", "cancelled"),
        ("A13", "encounter", "corrected"),
        ("A28", "person", "final"),
        ("A29", "person", "cancelled"),
    ],
)
def test_events_of_a_visit(event: str, kind: str, status: str) -> None:
    record = one(message("PV1|1|I|||||||||||||||||V77", type=f"ADT^{event}"))
    assert (record.kind, record.status) == (kind, status)


def test_a_correction_and_a_repeat_share_the_key_and_another_order_does_not() -> None:
    first = one(laboratory()).key
    assert one(laboratory("C", ("C",))).key == first
    assert one(laboratory()).key == first
    assert one(laboratory(number="F02")).key != first


def test_a_key_holds_no_identity() -> None:
    pid = "PID|1||11010519491231002X^^^^NI||张^三||19491231|F"
    key = one(message("OBR|1||F01|X^X^L", "OBX|1|ST|A||1||||||F", pid=pid)).key
    assert "11010519491231002X" not in key
    assert "张三" not in key


@pytest.mark.parametrize(
    ("case_class", "assertion"),
    [
        ("410605003^Confirmed present^SCT", "present"),
        ("2931005^Probable diagnosis^SCT", "uncertain"),
        ("415684004^Suspected^SCT", "uncertain"),
        ("X1^Suspect^L", "uncertain"),
        ("X2^Not a case^L", "uncertain"),
        ("UNK^Unknown^NULLFL", "present"),
    ],
)
def test_a_case_is_as_sure_as_its_class(case_class: str, assertion: str) -> None:
    assert one(notification(case_class=case_class)).diagnoses[0].assertion == assertion
