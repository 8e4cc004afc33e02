"""What a form asks, refuses and advises: tables of answers and what comes of them."""

from __future__ import annotations

from datetime import datetime

import pytest

from yifang import knowledge
from yifang.apps.forms import logic, pictures
from yifang.kernel import clock
from yifang.knowledge.models.forms import Form

K = knowledge.load()
NOON = datetime(2026, 11, 28, 12, 0, tzinfo=clock.CHINA)


def form(*questions: dict, **more) -> Form:
    raw = {"id": "f", "zh": "表", "en": "Form", "version": 1, **more}
    return Form.model_validate(raw | {"sections": [{"id": "s", "zh": "节", "en": "Section", "questions": questions}]})


def question(id: str, type: str = "text", **more) -> dict:
    return {"id": id, "zh": id, "en": id, "type": type, **more}


OPTIONS = [{"id": one, "zh": one, "en": one} for one in ("a", "b")] + [{"id": "n", "zh": "n", "en": "n", "alone": True}]


@pytest.mark.parametrize(
    ("asked", "typed", "answer", "code"),
    [
        (question("q", "decimal", range=(34, 43)), ["38.6"], 38.6, ""),
        (question("q", "decimal", range=(34, 43)), ["３８．６"], 38.6, ""),  # as a Chinese keyboard writes it
        (question("q", "decimal", range=(34, 43)), ["386"], None, "forms.range"),
        (question("q", "decimal", range=(34, 43)), ["nan"], None, "forms.range"),
        (question("q", "decimal"), ["高"], None, "forms.number"),
        (question("q", "integer"), ["3.5"], None, "forms.integer"),
        (question("q", "integer", required=True), ["  "], None, "forms.required"),
        (question("q", "one", options=OPTIONS), ["a"], "a", ""),
        (question("q", "one", options=OPTIONS), ["a", "b"], None, "forms.option"),
        (question("q", "one", options=OPTIONS), ["x"], None, "forms.option"),
        (question("q", "many", options=OPTIONS), ["a", "b"], ["a", "b"], ""),
        (question("q", "many", options=OPTIONS), ["a", "n"], None, "forms.alone"),
        (question("q", "many", options=OPTIONS), ["n"], ["n"], ""),
        (question("q", "date"), ["2026-11-28"], "2026-11-28", ""),
        (question("q", "date"), ["2026-11-29"], None, "forms.future"),
        (question("q", "date"), ["28/11/2026"], None, "forms.date"),
        (question("q", "datetime"), ["2026-11-28T11:59"], "2026-11-28T11:59", ""),
        (question("q", "datetime"), ["2026-11-28T12:01"], None, "forms.future"),
        (question("q", "datetime"), ["昨天"], None, "forms.datetime"),
        (question("q", "disease"), ["measles"], "measles", ""),
        (question("q", "disease"), ["no_such"], None, "forms.option"),
        (question("q", max=3), ["四个字啊"], None, "forms.too_long"),
    ],
)
def test_an_answer_is_read_or_refused(asked, typed, answer, code):
    with clock.frozen(NOON):
        found = logic.read(form(asked), {"q": typed}, (), {"measles"})
    assert found.answers.get("q") == answer
    assert [one.code for one in found.problems] == ([code] if code else [])


def test_every_problem_is_told_at_once():
    asked = form(question("a", "integer", required=True), question("b", "date", required=True), question("c", max=1))
    found = logic.read(asked, {"a": ["x"], "c": ["too long"]})
    assert [(one.question, one.code) for one in found.problems] == [
        ("a", "forms.integer"), ("b", "forms.required"), ("c", "forms.too_long"),
    ]  # fmt: skip


def test_what_is_not_asked_has_no_answer_whatever_was_sent():
    asked = form(question("a", "one", options=OPTIONS), question("b", required=True, when={"q": "a", "has": ["a"]}))
    assert logic.read(asked, {"a": ["b"], "b": ["smuggled"]}).answers == {"a": "b"}
    assert [one.code for one in logic.read(asked, {"a": ["a"]}).problems] == ["forms.required"]


@pytest.mark.parametrize(
    ("condition", "answers", "expected"),
    [
        ({"q": "t", "min": 38}, {"t": 38.0}, True),
        ({"q": "t", "min": 38}, {"t": 37.9}, False),
        ({"q": "t", "min": 38}, {}, False),  # not known is not small
        ({"q": "t", "below": 36}, {"t": 35}, True),
        ({"q": "m", "has": ["a"]}, {"m": ["b", "a"]}, True),
        ({"q": "m", "answered": False}, {}, True),
        ({"q": "done.result", "answered": True}, {}, True),
        ({"q": "done.sample", "answered": True}, {}, False),
        ({"q": "done.sample", "answered": False}, {}, True),
        ({"q": "t", "above": "u"}, {"t": 3, "u": 2}, True),
        ({"q": "t", "above": "u"}, {"t": 3}, False),
        ({"none": [{"q": "m", "has": ["a"]}]}, {"m": ["a"]}, False),
        ({"all": [{"q": "t", "min": 1}, {"any": [{"q": "m", "has": ["b"]}, {"q": "u", "min": 9}]}]},
         {"t": 1, "m": ["b"]}, True),
    ],
)  # fmt: skip
def test_conditions(condition, answers, expected):
    asked = form(
        question("t", "decimal"), question("u", "decimal"), question("m", "many", options=OPTIONS),
        question("x", when=condition),
    )  # fmt: skip
    assert logic.holds(asked.questions["x"].when, asked, answers, {"result"}) is expected


def said(**answers) -> dict:
    given = {"temperature": ["36.6"], "symptoms": ["none"], "exposure": ["none"], "name": ["张三"]}
    return given | {key: value if isinstance(value, list) else [value] for key, value in answers.items()}


@pytest.mark.parametrize(
    ("given", "destination", "rule"),
    [
        (said(), "ordinary", "t_ordinary"),
        (said(temperature="37.3"), "fever", "t_fever"),
        (said(temperature="37.2"), "ordinary", "t_ordinary"),
        (said(symptoms=["cough"]), "ordinary", "t_ordinary"),
        (said(symptoms=["cough"], exposure=["contact"]), "fever", "t_respiratory_contact"),
        (said(symptoms=["rash"], exposure=["travel"]), "fever", "t_rash"),
        (said(symptoms=["diarrhoea"]), "enteric", "t_enteric"),
        (said(symptoms=["diarrhoea"], temperature="38.5"), "fever", "t_fever"),
        (said(symptoms=["dyspnoea"], temperature="39.2"), "emergency", "t_breath"),
        (said(symptoms=["consciousness"]), "emergency", "t_consciousness"),
    ],
)
def test_triage_says_where_to_and_why(given, destination, rule):
    triage = K.forms.form("triage")
    advice = logic.advised(triage, logic.read(triage, given).answers)["destination"]
    assert (advice.answer, advice.id) == (destination, rule)


def test_sending_a_patient_elsewhere_than_advised_asks_why():
    triage = K.forms.form("triage")
    fever = said(temperature="38.4", destination="ordinary")
    assert [(one.question, one.code) for one in logic.read(triage, fever).problems] == [("deviation", "forms.required")]
    assert not logic.read(triage, said(temperature="38.4", destination="fever")).problems


def test_a_whistle_asks_for_no_more_than_five_answers():
    asked = logic.read(K.forms.form("whistle"), {}).asked
    assert len([one for one in asked if one.required]) == 5


def test_a_picture_loses_where_it_was_taken_and_stays_a_picture():
    exif = b"\xff\xe1" + (2 + 22).to_bytes(2) + b"Exif\x00\x00GPS 31.1,121.4 ab"[:22].ljust(22, b"\0")
    quantum = b"\xff\xdb" + (2 + 3).to_bytes(2) + b"abc"
    jpeg = b"\xff\xd8" + exif + quantum + b"\xff\xda\x00\x02scan\xff\xd9"
    clean = pictures.without_metadata(jpeg)
    assert b"GPS" not in clean
    assert clean == b"\xff\xd8" + quantum + b"\xff\xda\x00\x02scan\xff\xd9"
    text = (11).to_bytes(4) + b"tEXt" + b"Author\x00Name" + b"crc."
    head = (13).to_bytes(4) + b"IHDR" + b"0" * 13 + b"crc."
    png = b"\x89PNG\r\n\x1a\n" + head + text
    assert pictures.without_metadata(png) == b"\x89PNG\r\n\x1a\n" + head
    assert [pictures.kind_of(one) for one in (jpeg, png, b"%PDF-1.7", b"MZ\x90")] == [
        "image/jpeg", "image/png", "application/pdf", "",
    ]  # fmt: skip
