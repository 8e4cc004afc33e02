"""An examination in inputs: what hospitals really send, through the command, item by item.

Each input says what must come out: (index, format, status, diseases suspected); `*` where it may vary.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile

import pytest
from openpyxl import Workbook

from yifang.identify import command

FLU = "influenza"


def hl7(
    control="1", status="F", value="阳性", charset="UNICODE UTF-8", end="\r", encoding="utf-8", test="甲型流感病毒抗原"
):
    """A laboratory report of influenza A antigen."""
    lines = (
        f"MSH|^~\\&|LIS|H1|YF|C1|20261120||ORU^R01^ORU_R01|{control}|P|2.5|||||CHN"
        + (f"|{charset}" if charset else ""),
        f"PID|1||P{control}^^^H1^MR||王晓||19900101|F",
        f"OBR|1|R{control}|R{control}|FLUA^{test}^L|||20261120080000||||||||||||||||||{status}",
        f"OBX|1|ST|FLUA^{test}^L||{value}||阴性|A|||{status}",
    )
    return (end.join(lines) + end).encode(encoding)


def adt(control="9", event="A04", code="B01.900^水痘^I10"):
    lines = (
        f"MSH|^~\\&|HIS|H1|YF|C1|20261120||ADT^{event}|{control}|P|2.5",
        "PID|1||P9^^^H1^MR||李明||20200101|M",
        "PV1|1|O|儿科||||D1^张医生|||||||||||V9",
        f"DG1|1|ICD-10|{code}||20261120|W",
    )
    return ("\r".join(lines) + "\r").encode()


def observation(status="final", value="阳性", **more):
    return {
        "resourceType": "Observation", "id": "o1", "status": status, "code": {"text": "甲型流感病毒抗原"},
        "subject": {"reference": "Patient/p1"}, "valueString": value, **more,
    }  # fmt: skip


def condition(text="水痘", code="B01.900", **more):
    coding = [{"system": "http://hl7.org/fhir/sid/icd-10", "code": code, "display": text}] if code else []
    return {
        "resourceType": "Condition", "id": "c1", "code": {"coding": coding, "text": text},
        "subject": {"reference": "Patient/p1"}, **more,
    }  # fmt: skip


def verified(status):
    return {"verificationStatus": {"coding": [{"code": status}]}}


def bundle(*resources):
    patient = {"resourceType": "Patient", "id": "p1", "name": [{"text": "王晓"}]}
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": one} for one in (patient, *resources)],
    }


def js(value, **more):
    return json.dumps(value, ensure_ascii=False, **more).encode()


def packed(**members):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name, data in members.items():
            archive.writestr(name.replace("__", "."), data)
    return held.getvalue()


HEAD = "就诊日期,患者姓名,性别,年龄,诊断,主诉"
ROW = "2026-11-20,王晓,女,5岁,水痘,发热伴皮疹2天"


def table(*lines, end="\n", encoding="utf-8", delimiter=","):
    return end.join(line.replace(",", delimiter) for line in lines).encode(encoding)


def workbook(*rows, title=None):
    book = Workbook()
    sheet = book.active
    if title:
        sheet.append([title])
        sheet.merge_cells("A1:F1")
    for row in rows:
        sheet.append(row)
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


CDA = (
    '<?xml version="1.0" encoding="{e}"?><ClinicalDocument xmlns="urn:hl7-org:v3"><id root="1.2" extension="D1"/>'
    '<code code="C0001" displayName="门诊病历"/><effectiveTime value="20261120"/><recordTarget><patientRole>'
    '<id root="1.3" extension="P1"/><patient><name>王晓</name></patient></patientRole></recordTarget><component>'
    '<structuredBody><component><section><code code="29548-5"/><title>诊断</title><text>{t}</text></section>'
    "</component></structuredBody></component></ClinicalDocument>"
)

INPUTS = {
    # -- HL7: line endings, frames, marks, charsets
    "hl7 CR": ("a.hl7", hl7(), [(0, "hl7v2", "final", FLU)]),
    "hl7 LF": ("a.hl7", hl7(end="\n"), [(0, "hl7v2", "final", FLU)]),
    "hl7 CRLF": ("a.hl7", hl7(end="\r\n"), [(0, "hl7v2", "final", FLU)]),
    "hl7 mixed ends": ("a.hl7", hl7(end="\r\n").replace(b"\r\n", b"\r", 2), [(0, "hl7v2", "final", FLU)]),
    "hl7 two messages": ("a.hl7", hl7("1") + hl7("2"), [(0, "hl7v2", "final", FLU), (1, "hl7v2", "final", FLU)]),
    "hl7 two messages, blank lines between": (
        "a.hl7", hl7("1", end="\r\n") + b"\r\n\r\n" + hl7("2", end="\n"),
        [(0, "hl7v2", "final", FLU), (1, "hl7v2", "final", FLU)],
    ),
    "hl7 MLLP": ("a.bin", b"\x0b" + hl7() + b"\x1c\r", [(0, "hl7v2", "final", FLU)]),
    "hl7 MLLP twice": (
        "a", b"\x0b" + hl7("1") + b"\x1c\r\x0b" + hl7("2") + b"\x1c\r",
        [(0, "hl7v2", "final", FLU), (1, "hl7v2", "final", FLU)],
    ),
    "hl7 BOM": ("a.txt", b"\xef\xbb\xbf" + hl7(), [(0, "hl7v2", "final", FLU)]),
    "hl7 GB18030 without MSH-18": ("a.hl7", hl7(charset="", encoding="gb18030"), [(0, "hl7v2", "final", FLU)]),
    "hl7 GB18030 named": ("a.hl7", hl7(charset="GB 18030-2000", encoding="gb18030"), [(0, "hl7v2", "final", FLU)]),
    "hl7 GB18030 called UTF-8": ("a.hl7", hl7(encoding="gb18030"), [(0, "hl7v2", "final", FLU)]),
    "hl7 UTF-8 called GB18030": ("a.hl7", hl7(charset="GB18030"), [(0, "hl7v2", "final", FLU)]),
    "hl7 UTF-16": ("a.hl7", hl7().decode().encode("utf-16"), [(0, "hl7v2", "final", FLU)]),
    "hl7 batch": (
        "a.hl7", b"FHS|^~\\&|LIS\rBHS|^~\\&|LIS\r" + hl7("1") + hl7("2") + b"BTS|2\rFTS|1\r",
        [(0, "hl7v2", "final", FLU), (1, "hl7v2", "final", FLU)],
    ),
    "hl7 named .dat": ("a.dat", hl7(), [(0, "hl7v2", "final", FLU)]),
    "hl7 leading blanks": ("a.hl7", b"\n\n  " + hl7(), [(0, "hl7v2", "final", FLU)]),
    # -- HL7: states
    "hl7 preliminary": ("a.hl7", hl7(status="P"), [(0, "hl7v2", "preliminary", FLU)]),
    "hl7 corrected": ("a.hl7", hl7(status="C"), [(0, "hl7v2", "corrected", FLU)]),
    "hl7 cancelled": ("a.hl7", hl7(status="X"), [(0, "hl7v2", "cancelled", "")]),
    "hl7 negative": ("a.hl7", hl7(value="阴性"), [(0, "hl7v2", "final", "")]),
    "hl7 weakly positive": ("a.hl7", hl7(value="弱阳性"), [(0, "hl7v2", "final", FLU)]),
    "hl7 plus-minus": ("a.hl7", hl7(value="±"), [(0, "hl7v2", "final", "")]),
    "hl7 HIV confirmed": ("a.hl7", hl7(test="HIV-1抗体确证试验"), [(0, "hl7v2", "final", "hiv_aids")]),
    "hl7 HIV screened": ("a.hl7", hl7(test="HIV抗体"), [(0, "hl7v2", "final", "")]),
    "hl7 diagnosis": ("a.hl7", adt(), [(0, "hl7v2", "final", "varicella")]),
    "hl7 visit cancelled": ("a.hl7", adt(event="A11"), [(0, "hl7v2", "cancelled", "")]),
    "hl7 an answer": ("a.hl7", b"MSH|^~\\&|A|B|C|D|20261120||ACK|1|P|2.5\rMSA|AA|1\r", [(0, "hl7v2", "refused", "")]),
    "hl7 nobody": ("a.hl7", hl7().split(b"PID")[0], [(0, "hl7v2", "refused", "")]),
    "hl7 truncated in a field": ("a.hl7", hl7()[:-20], [(0, "hl7v2", "final", "*")]),
    "hl7 truncated in the header": ("a.hl7", b"MSH|^~\\&|LIS", [(0, "hl7v2", "refused", "")]),
    "hl7 without a header": ("a.hl7", hl7().split(b"\r", 1)[1], [(0, "hl7v2", "refused", "")]),
    "hl7 own separators": (
        "a.hl7", hl7().replace(b"^~\\&", b"#~\\&").replace(b"^", b"#"), [(0, "hl7v2", "final", FLU)],
    ),
    "hl7 one good, one broken, one good": (
        "a.hl7", hl7("1") + b"MSH|^~\\&|LIS\r" + hl7("3"),
        [(0, "hl7v2", "final", FLU), (1, "hl7v2", "refused", ""), (2, "hl7v2", "final", FLU)],
    ),
    # -- FHIR
    "fhir bundle": ("a.json", js(bundle(observation())), [(0, "fhir", "final", FLU)]),
    "fhir indented": ("a.json", js(bundle(observation()), indent=2), [(0, "fhir", "final", FLU)]),
    "fhir BOM": ("a.json", b"\xef\xbb\xbf" + js(bundle(observation())), [(0, "fhir", "final", FLU)]),
    "fhir UTF-16": ("a.json", js(bundle(observation())).decode().encode("utf-16"), [(0, "fhir", "final", FLU)]),
    "fhir named .txt": ("a.txt", js(bundle(observation())), [(0, "fhir", "final", FLU)]),
    "fhir one resource": ("a.json", js(condition()), [(0, "fhir", "final", "varicella")]),
    "fhir ndjson": (
        "a.ndjson", js(condition()) + b"\n" + js(observation()) + b"\n",
        [(0, "fhir", "final", "varicella"), (1, "fhir", "final", FLU)],
    ),
    "fhir ndjson, a blank line counts": (
        "a.ndjson", js(condition()) + b"\n\n" + js(observation()),
        [(0, "fhir", "final", "varicella"), (2, "fhir", "final", FLU)],
    ),
    "fhir ndjson, a broken line": (
        "a.ndjson", js(condition()) + b"\n{broken\n" + js(observation()),
        [(0, "fhir", "final", "varicella"), (1, "fhir", "refused", ""), (2, "fhir", "final", FLU)],
    ),
    "fhir ndjson CRLF": (
        "a.ndjson", js(condition()) + b"\r\n" + js(observation()) + b"\r\n",
        [(0, "fhir", "final", "varicella"), (1, "fhir", "final", FLU)],
    ),
    "fhir array": (
        "a.json", js([condition(), observation()]), [(0, "fhir", "final", "varicella"), (1, "fhir", "final", FLU)],
    ),
    "fhir preliminary": ("a.json", js(bundle(observation("preliminary"))), [(0, "fhir", "preliminary", FLU)]),
    "fhir amended": ("a.json", js(bundle(observation("amended"))), [(0, "fhir", "corrected", FLU)]),
    "fhir entered in error": ("a.json", js(bundle(observation("entered-in-error"))), [(0, "fhir", "cancelled", "")]),
    "fhir cancelled": ("a.json", js(bundle(observation("cancelled"))), [(0, "fhir", "cancelled", "")]),
    "fhir negative": ("a.json", js(bundle(observation(value="阴性"))), [(0, "fhir", "final", "")]),
    "fhir refuted": ("a.json", js(bundle(condition(**verified("refuted")))), [(0, "fhir", "final", "")]),
    "fhir provisional": (
        "a.json", js(bundle(condition(**verified("provisional")))), [(0, "fhir", "final", "varicella")],
    ),
    "fhir words only": ("a.json", js(bundle(condition("布氏杆菌病", ""))), [(0, "fhir", "final", "brucellosis")]),
    "fhir empty bundle": ("a.json", js({"resourceType": "Bundle", "type": "collection"}), [(0, "fhir", "refused", "")]),
    "fhir wrong types": ("a.json", js({"resourceType": "Bundle", "entry": {"x": [1]}}), [(0, "fhir", "refused", "")]),
    "json of something else": ("a.json", b'{"name": "x"}', [(0, "json", "refused", "")]),
    "json broken": ("a.json", b'{"resourceType": "Bundle", ', [(0, "fhir", "refused", "")]),
    "json empty array": ("a.json", b"[]", [(0, "*", "refused", "")]),
    "json number": ("a.json", b"42", [(0, "*", "refused", "")]),
    "json deep": ("a.json", b"[" * 50_000, [(0, "*", "refused", "")]),
    "json lone surrogate": (
        "a.json", js(bundle(condition("水痘"))).replace("水痘".encode(), b"\\ud83d" + "水痘".encode()),
        [(0, "fhir", "final", "varicella")],
    ),
    # -- CDA
    "cda": ("a.xml", CDA.format(e="UTF-8", t="水痘").encode(), [(0, "cda", "final", "varicella")]),
    "cda GB18030": ("a.xml", CDA.format(e="GB18030", t="水痘").encode("gb18030"), [(0, "cda", "final", "varicella")]),
    "cda denied": ("a.xml", CDA.format(e="UTF-8", t="排除水痘").encode(), [(0, "cda", "final", "")]),
    "cda BOM": (
        "a.xml", b"\xef\xbb\xbf" + CDA.format(e="UTF-8", t="水痘").encode(), [(0, "cda", "final", "varicella")],
    ),
    "cda truncated": ("a.xml", CDA.format(e="UTF-8", t="水痘").encode()[:-40], [(0, "*", "*", "*")]),
    "xml of something else": ("a.xml", b"<html><body>x</body></html>", [(0, "*", "refused", "")]),
    "xml bomb": (
        "a.xml",
        b'<!DOCTYPE a [<!ENTITY b "bbbbbbbb"><!ENTITY c "&b;&b;&b;">]><ClinicalDocument>&c;</ClinicalDocument>',
        [(0, "*", "*", "")],
    ),
    # -- tables
    "csv": ("a.csv", table(HEAD, ROW), [(0, "csv", "final", "varicella")]),
    "csv BOM": ("a.csv", b"\xef\xbb\xbf" + table(HEAD, ROW), [(0, "csv", "final", "varicella")]),
    "csv GB18030": ("a.csv", table(HEAD, ROW, encoding="gb18030"), [(0, "csv", "final", "varicella")]),
    "csv CRLF": ("a.csv", table(HEAD, ROW, end="\r\n"), [(0, "csv", "final", "varicella")]),
    "csv of semicolons": ("a.csv", table(HEAD, ROW, delimiter=";"), [(0, "csv", "final", "varicella")]),
    "csv of tabs": ("a.csv", table(HEAD, ROW, delimiter="\t"), [(0, "csv", "final", "varicella")]),
    "csv of bars": ("a.csv", table(HEAD, ROW, delimiter="|"), [(0, "csv", "final", "varicella")]),
    "csv title above": ("a.csv", table("XX医院门诊日志,,,,,", HEAD, ROW), [(0, "csv", "final", "varicella")]),
    "csv blank row counts": (
        "a.csv", table(HEAD, ROW, "", ROW.replace("水痘", "麻疹待排")),
        [(0, "csv", "final", "varicella"), (2, "csv", "final", "measles")],
    ),
    "csv quoted line break": (
        "a.csv", table(HEAD, '2026-11-20,王晓,女,5岁,水痘,"发热\n皮疹"'), [(0, "csv", "final", "varicella")],
    ),
    "csv short row": ("a.csv", table(HEAD, "2026-11-20,王晓"), [(0, "csv", "*", "")]),
    "csv header only": ("a.csv", table(HEAD), [(0, "csv", "refused", "")]),
    "csv unknown columns": ("a.csv", b"a,b,c\n1,2,3\n", [(0, "csv", "refused", "")]),
    "csv open quote": ("a.csv", table(HEAD, '2026-11-20,"王晓,女,5岁,水痘,发热'), [(0, "csv", "*", "*")]),
    "xlsx": (
        "a.xlsx", workbook(HEAD.split(","), ROW.split(",")), [(0, "xlsx", "final", "varicella")],
    ),
    "xlsx merged title": (
        "a.xlsx", workbook(HEAD.split(","), ROW.split(","), title="门诊日志"), [(0, "xlsx", "final", "varicella")],
    ),
    "xlsx truncated": ("a.xlsx", workbook(HEAD.split(","))[:-100], [(0, "*", "refused", "")]),
    # -- archives
    "zip": (
        "a.zip", packed(a__hl7=hl7(), b__json=js(condition())),
        [(0, "hl7v2", "final", FLU), (1, "fhir", "final", "varicella")],
    ),
    "zip in zip": ("a.zip", packed(x__zip=packed(a__hl7=hl7())), [(0, "hl7v2", "final", FLU)]),
    "zip with a picture": (
        "a.zip", packed(a__png=b"\x89PNG\r\n\x1a\n\x00", b__hl7=hl7()),
        [(0, "*", "refused", ""), (1, "hl7v2", "final", FLU)],
    ),
    "zip empty": ("a.zip", packed(), [(0, "zip", "refused", "")]),
    "zip broken": ("a.zip", packed(a__hl7=hl7())[:30], [(0, "zip", "refused", "")]),
    # -- what is none of it
    "empty": ("a.hl7", b"", [(0, "*", "refused", "")]),
    "blanks": ("a.txt", b"\r\n \n", [(0, "*", "refused", "")]),
    "BOM alone": ("a.csv", b"\xef\xbb\xbf", [(0, "*", "refused", "")]),
    "binary": ("a.dcm", bytes(range(256)) * 4, [(0, "*", "refused", "")]),
    "nulls": ("a.txt", b"\x00" * 100, [(0, "*", "refused", "")]),
    "old Word": ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, [(0, "*", "refused", "")]),
    "PDF": (
        "a.pdf", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<</Length 3>>stream\n\x00\x01\x02",
        [(0, "*", "refused", "")],
    ),
    "a note": ("a.txt", "患儿诊断水痘".encode(), [(0, "text", "final", "varicella")]),
    "a note in GB18030": ("a.txt", "患儿诊断水痘".encode("gb18030"), [(0, "text", "final", "varicella")]),
}  # fmt: skip


def objects(path, *options):
    """What the command says of a path, with its exit code checked."""
    done = subprocess.run(
        [sys.executable, "-m", "yifang.cli", "identify", str(path), "--json", *options], capture_output=True
    )
    assert done.returncode == 0, done.stderr.decode()
    return [json.loads(line) for line in done.stdout.decode().split("\n") if line]


def fits(told, expected) -> bool:
    return all(wanted in ("*", said) for said, wanted in zip(told, expected, strict=True))


@pytest.mark.parametrize(("name", "data", "expected"), INPUTS.values(), ids=INPUTS)
def test_an_input(identifier, tmp_path, name, data, expected):
    path = tmp_path / name
    path.write_bytes(data)
    told = [
        (one["index"], one["format"], one["status"], " ".join(sorted({s["disease"] for s in one["suspicions"]})))
        for one in command.accounted([str(path)], identifier)
    ]
    assert len(told) == len(expected), told
    assert all(map(fits, told, expected)), told


FIELDS = {"source", "index", "format", "status", "findings", "suspicions", "issues"}
STATES = {"final", "preliminary", "corrected", "cancelled", "refused"}
ASSERTIONS = {"present", "absent", "uncertain", "historical", "other_person"}


def test_the_command_on_all_of_them_keeps_the_contract(tmp_path):
    for number, (name, data, _) in enumerate(INPUTS.values()):
        folder = tmp_path / f"{number:03}"
        folder.mkdir()
        (folder / name).write_bytes(data)
    told = objects(tmp_path)
    assert len({one["source"] for one in told}) == len(INPUTS)  # every file at least once
    assert len({(one["source"], one["index"]) for one in told}) == len(told)
    from yifang import knowledge

    known = set(knowledge.load().diseases)
    for one in told:
        assert set(one) >= FIELDS
        assert one["status"] in STATES
        assert one["issues"] or one["status"] != "refused"
        for finding in one["findings"]:
            assert finding["assertion"] in ASSERTIONS
            assert (finding["start"] is None) == (finding["end"] is None)
            assert finding["start"] is not None or finding["path"]
        for suspicion in one["suspicions"]:
            assert suspicion["disease"] in known
            assert suspicion["confidence"] in ("strong", "moderate", "weak")
            assert suspicion["rule"]
            assert suspicion["evidence"]


@pytest.mark.parametrize("given", ["./a.txt", "a.txt", "sub/../a.txt", ".//a.txt"])
def test_the_source_is_the_path_as_given(identifier, tmp_path, monkeypatch, given):
    (tmp_path / "a.txt").write_text("水痘", encoding="utf-8")
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path)
    assert [one["source"] for one in command.accounted([given], identifier)] == [given]


def test_strange_names_and_lone_surrogates_are_still_json(tmp_path):
    (tmp_path / "a.json").write_bytes(INPUTS["json lone surrogate"][1])
    strange = tmp_path.as_posix().encode() + b"/\xff\xfe.txt"
    with open(strange, "wb") as file:
        file.write("水痘".encode())
    told = objects(tmp_path)
    assert [one["suspicions"][0]["disease"] for one in told] == ["varicella", "varicella"]


def test_a_pipe_in_a_folder_is_not_waited_for(identifier, tmp_path):
    import os

    os.mkfifo(tmp_path / "pipe")
    [told] = command.accounted([str(tmp_path)], identifier)
    assert (told["status"], told["issues"][0]["code"]) == ("refused", "identify.no_file")


@pytest.mark.parametrize("words", [["nowhere.txt"], ["--wrong"], []])
def test_a_wrong_call_is_one_line_and_two(tmp_path, words):
    done = subprocess.run(
        [sys.executable, "-m", "yifang.cli", "identify", *words, "--json"], capture_output=True, cwd=tmp_path
    )
    assert done.returncode == 2
    assert done.stdout == b""
    assert b"Traceback" not in done.stderr


def test_text_lines_count_whatever_ends_them(identifier, tmp_path):
    path = tmp_path / "notes.txt"
    path.write_bytes("\ufeff水痘\r\n\r\n麻疹待排\n\n\n否认发热".encode())
    told = list(command.accounted([str(path)], identifier, text=True))
    assert [one["index"] for one in told] == [0, 2, 5]
    assert [[s["disease"] for s in one["suspicions"]] for one in told] == [["varicella"], ["measles"], []]
    assert told[0]["findings"][0]["start"] == 0


def test_a_large_file_is_streamed(tmp_path):
    path = tmp_path / "large.hl7"
    path.write_bytes(b"".join(hl7(str(number)) for number in range(2000)))
    told = objects(path)
    assert [one["index"] for one in told] == list(range(2000))
