"""CDA: Chinese data elements, American problems and results, states, and XML that is not what it should be."""

from __future__ import annotations

import pytest

from yifang.formats import cda
from yifang.formats.canonical import Record

HEAD = """<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<realmCode code="{realm}"/><id root="2.16" extension="D1"/><code code="{code}"/><title>门诊病历</title>
<effectiveTime value="20261123081500+0800"/><setId extension="{set}"/><versionNumber value="{version}"/>
<recordTarget><patientRole><id root="2.16.156.10011.1.3" extension="11010519491231002X"/><patient>
<name>张三</name><administrativeGenderCode code="2"/>
<birthTime value="19491231"/></patient></patientRole></recordTarget>
<component><structuredBody>{body}</structuredBody></component></ClinicalDocument>"""


def document(body: str = "", realm: str = "CN", code: str = "C0002", set: str = "BS1", version: str = "0") -> str:
    return HEAD.format(body=body, realm=realm, code=code, set=set, version=version)


def section(code: str, entries: str, text: str = "") -> str:
    return f'<component><section><code code="{code}"/><text>{text}</text>{entries}</section></component>'


def chinese(code: str, name: str, value: str) -> str:
    shown = value if value.startswith("<") else f'<value xsi:type="ST">{value}</value>'
    return f'<entry><observation><code code="{code}" displayName="{name}"/>{shown}</observation></entry>'


def one(text: str | bytes) -> Record:
    (item,) = cda.read(text.encode() if isinstance(text, str) else text)
    assert item.refusal is None
    (record,) = item.records
    return record


def test_the_person_of_a_chinese_document() -> None:
    person = one(document()).person
    assert (person.name, person.sex, person.birth and person.birth.iso) == ("张三", "female", "1949-12-31")
    assert [(one.kind, one.value) for one in person.identifiers] == [("cn_id", "11010519491231002X")]


@pytest.mark.parametrize(
    ("code", "element", "name", "kept"),
    [
        ("10154-3", "DE04.01.119.00", "主诉", "complaint"),
        ("10164-2", "DE02.10.071.00", "现病史", "history"),
        ("11348-0", "DE02.10.099.00", "既往史", "past_history"),
        ("29545-1", "DE04.10.258.00", "体格检查", "exam"),
        ("29762-2", "DE02.10.097.00", "流行病学史", "epidemiology"),
    ],
)
def test_narrative_by_data_element(code: str, element: str, name: str, kept: str) -> None:
    (note,) = one(document(section(code, chinese(element, name, "发热3天")))).notes
    assert (note.section, note.text) == (kept, "发热3天")


def test_code_and_name_of_a_diagnosis_are_one() -> None:
    value = '<value xsi:type="CD" code="A15.0" codeSystem="2.16.156.10011.2.3.3.11" codeSystemName="ICD-10"/>'
    entries = chinese("DE05.01.024.00", "诊断代码", value) + chinese("DE05.01.025.00", "诊断名称", "肺结核")
    onset = chinese("DE04.01.018.00", "发病日期时间", '<value xsi:type="TS" value="20261101"/>')
    (diagnosis,) = one(document(section("29548-5", entries + onset))).diagnoses
    assert [(code.system, code.code) for code in diagnosis.codes] == [("icd10", "A15.0")]
    assert (diagnosis.text, diagnosis.onset and diagnosis.onset.iso) == ("肺结核", "2026-11-01")


@pytest.mark.parametrize(
    ("realm", "version", "status"),
    [
        ("CN", "0", "final"),
        ("CN", "1", "corrected"),
        ("CN", "-1", "cancelled"),
        ("US", "1", "final"),
        ("US", "3", "final"),
    ],
)
def test_states_share_the_key(realm: str, version: str, status: str) -> None:
    record = one(document(realm=realm, version=version))
    assert (record.status, record.key) == (status, "document:BS1")


def test_a_set_id_without_a_number_is_no_identity() -> None:
    assert one(document(set="CLOSED_CASE")).key == "document:D1"


def problem(
    value: str = 'code="27836007" displayName="Pertussis"', more: str = "", template: str = "10.20.22.4.4"
) -> str:
    return (
        f'<entry><act><entryRelationship><observation classCode="OBS" moodCode="EVN" {more}>'
        f'<templateId root="2.16.840.1.113883.{template}"/><code code="55607006"/>'
        f'<value xsi:type="CD" codeSystem="2.16.840.1.113883.6.96" {value}/>'
        "</observation></entryRelationship></act></entry>"
    )


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (problem(), ("problem", "present")),
        (problem(more='negationInd="true"'), ("problem", "absent")),
        (problem(template="10.20.15.2.3.3"), ("reported", "present")),
    ],
)
def test_problems(entry: str, expected: tuple[str, str]) -> None:
    (diagnosis,) = one(document(section("11450-4", entry), realm="US", code="55751-2")).diagnoses
    assert (diagnosis.role, diagnosis.assertion) == expected
    assert diagnosis.codes[0].system == "snomed"


def test_the_condition_of_a_reportability_response() -> None:
    observation = (
        '<entry><organizer><code code="RR11"/><component><observation><code code="64572001"/>'
        '<value xsi:type="CD" code="3928002" codeSystem="2.16.840.1.113883.6.96" displayName="Zika"/>'
        "</observation></component></organizer></entry>"
    )
    record = one(document(section("88085-6", observation), realm="US", code="55751-2"))
    assert (record.kind, [(one.text, one.role) for one in record.diagnoses]) == (
        "case_notification",
        [("Zika", "reported")],
    )


def test_a_result_with_unit_and_flag() -> None:
    observation = (
        '<entry><organizer><code code="CBC" displayName="血常规"/><component><observation>'
        '<code code="6690-2" codeSystem="2.16.840.1.113883.6.1" displayName="WBC"/><effectiveTime value="20261123"/>'
        '<value xsi:type="PQ" value="12.3" unit="10*9/L"/><interpretationCode code="H"/></observation></component>'
        "</organizer></entry>"
    )
    (result,) = one(document(section("30954-2", observation), realm="US")).results
    assert (result.name, result.value, result.unit, result.flags, result.panel) == (
        "WBC",
        "12.3",
        "10*9/L",
        ("H",),
        "血常规",
    )


def test_narrative_of_a_section_without_entries() -> None:
    table = "<table><tr><td>发热</td><td>3天</td></tr><tr><td>咳嗽</td></tr></table>"
    (note,) = one(document(section("10164-2", "", table))).notes
    assert note.text == "发热 3天\n咳嗽"


def test_gb18030_documents() -> None:
    text = '<?xml version="1.0" encoding="GB2312"?>' + document()
    assert one(text.encode("gb18030")).person.name == "张三"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("<a/>", "xml.not_cda"),
        ("<ClinicalDocument", "xml.broken"),
        ("<a><b></a>", "xml.broken"),
        ('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "xml.dtd"),
        ('<!DOCTYPE a [<!ENTITY x "y"><!ENTITY z "&x;&x;">]><a>&z;</a>', "xml.dtd"),
        ('<ClinicalDocument xmlns="urn:hl7-org:v3"/>', "cda.no_person"),
        ('<Bundle xmlns="http://hl7.org/fhir"/>', "fhir.empty"),
    ],
)
def test_what_is_refused(text: str, reason: str) -> None:
    (item,) = cda.read(text.encode())
    assert item.refusal is not None
    assert item.refusal.code == reason


def test_fhir_in_xml() -> None:
    text = """<Bundle xmlns="http://hl7.org/fhir"><type value="document"/><entry><resource><Patient><id value="p"/>
    <name><family value="Doe"/><given value="Jane"/></name>
    <gender value="female"/></Patient></resource></entry></Bundle>"""
    record = one(text)
    assert (record.source.format, record.person.name, record.person.sex) == ("fhir", "Jane Doe", "female")


@pytest.mark.parametrize(
    ("attributes", "kind", "assertion"),
    [("", "55607006", "present"), ('negationInd="1"', "282291009", "absent"), ("", "8302-2", None)],
)
def test_a_problem_without_its_template(attributes: str, kind: str, assertion: str | None) -> None:
    value = '<value xsi:type="CD" code="14189004" codeSystem="2.16.840.1.113883.6.96" displayName="Measles"/>'
    entry = f'<entry><observation {attributes}><code code="{kind}"/>{value}</observation></entry>'
    found = one(document(section("11450-4", entry), realm="US")).diagnoses
    assert [each.assertion for each in found] == ([assertion] if assertion else [])
