"""What the pages read: tabs, lists by key, filters, look-up, time line, exports."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from docx import Document

from tests import apps
from tests.reporting import cards
from yifang.apps.accounts.viewers import enter
from yifang.apps.ledger.models import Entry
from yifang.apps.reporting import documents, providers, queries, services, versions
from yifang.apps.reporting.models import Card, CardState, Suspicion
from yifang.kernel import clock
from yifang.kernel.errors import NotFound, UserError

pytestmark = [pytest.mark.django_db]

S = CardState


def test_the_desks_tabs_and_their_numbers() -> None:
    county = apps.county()
    states = (S.DRAFT, S.HOSPITAL_REVIEW, S.RETURNED_BY_HOSPITAL, S.SUBMITTED, S.RETURNED_BY_DISTRICT, S.DELETED)
    for order, state in enumerate(states, 1):
        cards.brought(county, state, cards.blank(county, name=f"童{order}", order=order))
    late = cards.brought(county, S.HOSPITAL_REVIEW, cards.blank(county, name="晚", order=40))
    Card.objects.filter(id=late.id).update(report_due_at=clock.now() - timedelta(hours=1))
    apps.receive(county.hospital, apps.influenza())
    apps.deliver()
    desk = county.viewer("hospital_desk")
    with enter(desk):
        assert queries.desk_counts(desk) == {
            "to_report": 1, "to_review": 2, "to_enter": 0, "to_correct": 2, "drafts": 1, "candidates": 0, "late": 1,
            "suspected": 0, "unregistered": 0,
        }  # fmt: skip
        assert queries.desk_rows(desk, "to_review")[0].id == late.id, "the most pressing first"
        assert len(queries.desk_rows(desk, "done")) == 2
    other = county.viewer("other_hospital_desk")
    with enter(other):
        assert set(queries.desk_counts(other).values()) == {0}


def test_what_was_dismissed_or_left_is_a_candidate_for_the_audit_of_missed_reports() -> None:
    county = apps.county()
    apps.receive(county.hospital, apps.influenza(), apps.hfmd(at=clock.now() - timedelta(hours=30)))
    apps.deliver()
    doctor, desk = county.viewer("clinician"), county.viewer("hospital_desk")
    with enter(doctor):
        services.dismiss(Suspicion.objects.get(disease="influenza").id, doctor, code="past")
    with enter(desk):
        assert {one.disease for one in queries.desk_rows(desk, "candidates")} == {"influenza", "hfmd"}


def test_lists_are_walked_by_key_in_both_directions() -> None:
    county = apps.county()
    for order in range(1, 6):
        cards.brought(county, S.SUBMITTED, cards.blank(county, name=f"童{order}", order=order))
    cdc = county.viewer("epidemiologist")
    with enter(cdc):
        for chosen in (queries.AuditFilter(), queries.AuditFilter(waiting=False)):
            everything = queries.audit_list(cdc, chosen)
            assert len(everything) == 5
            first = queries.audit_list(cdc, chosen, limit=2)
            assert first == everything[:3], "one more than the page, to know that there is one"
            second = queries.audit_list(cdc, chosen, key=first[1][0], limit=2)
            assert second == everything[2:5]
            back = queries.audit_list(cdc, chosen, key=second[0][0], backwards=True, limit=2)
            assert back == everything[1::-1]


@pytest.mark.parametrize(
    ("chosen", "names"),
    [
        ({}, {"甲", "乙"}),
        ({"disease": "hfmd"}, {"甲"}),
        ({"disease": "measles"}, set()),
        ({"case_class": "confirmed"}, {"乙"}),
        ({"state": "audited"}, {"乙"}),
        ({"overdue": True}, set()),
    ],
)
def test_the_audit_list_is_filtered(chosen: dict[str, object], names: set[str]) -> None:
    county = apps.county()
    cards.brought(county, S.SUBMITTED, cards.blank(county, name="甲", order=1))
    second = cards.blank(county, name="乙", order=2, disease="varicella", case_class="2")
    cards.brought(county, S.AUDITED, second)
    cdc = county.viewer("epidemiologist")
    with enter(cdc):
        rows = queries.audit_list(cdc, queries.AuditFilter(waiting=False, **chosen))
        assert {row.masked_name for _, row in rows} == names
        assert queries.audit_counts(cdc) == {"waiting": 1, "overdue": 0}


def test_what_is_only_resident_here_does_not_wait_for_our_audit() -> None:
    county = apps.county()
    away = cards.blank(county, residence_area="310104001", patient_belongs="2")
    cards.brought(county, S.SUBMITTED, away)
    for name, waits in (("epidemiologist", 1), ("residence_epidemiologist", 0), ("city_epidemiologist", 1)):
        viewer = county.viewer(name)
        with enter(viewer):
            assert queries.audit_counts(viewer)["waiting"] == waits, name
            assert len(queries.audit_list(viewer, queries.AuditFilter(waiting=False))) == 1, name


def test_the_line_list_is_masked_filtered_and_on_record() -> None:
    county = apps.county()
    cards.brought(county, S.AUDITED, cards.blank(county))
    cards.brought(county, S.SUBMITTED, cards.blank(county, name="乙", order=2, disease="varicella"))
    cdc = county.viewer("epidemiologist")
    with enter(cdc):
        rows = list(queries.line_list(cdc, queries.CaseFilter()))
        assert {row["name"] for row in rows} == {"陈*宝", "乙"}
        assert set(rows[0]) >= {field.key for field in documents.LINE_LIST}
        assert "陈小宝" not in str(rows)
        assert [row["disease"] for row in queries.line_list(cdc, queries.CaseFilter(audited=True))] == ["hfmd"]
        today = clock.today()
        assert list(queries.line_list(cdc, queries.CaseFilter(since=today + timedelta(days=1)))) == []
    assert Entry.objects.filter(stream="access", kind="case.exported").count() == 3


@pytest.mark.parametrize(
    ("text", "found"),
    [("陈小宝", True), (" 陈小宝 ", True), ("陈小", False), ("13800000001", True), ("1380000000", False), ("", False)],
)
def test_look_up_is_exact_and_sees_only_what_the_viewer_sees(text: str, found: bool) -> None:
    county = apps.county()
    card = cards.brought(county, S.SUBMITTED)
    for name in ("hospital_desk", "epidemiologist", "neighbour_epidemiologist", "other_hospital_desk"):
        viewer = county.viewer(name)
        with enter(viewer):
            hits = queries.look_up(viewer, text)
            seen = found and name in ("hospital_desk", "epidemiologist")
            assert [one.id for one in hits.cards] == ([card.id] if seen else []), name
            assert bool(hits.cases) is seen, name
            assert bool(providers.search(viewer, text, 5)) is seen, name


def test_look_up_by_the_numbers_of_person_and_card() -> None:
    county = apps.county()
    card = cards.brought(county, S.SUBMITTED)
    desk = county.viewer("hospital_desk")
    with enter(desk):
        for text in (apps.id_no(), card.card_no, card.national_card_id):
            assert [one.id for one in queries.look_up(desk, text).cards] == [card.id]
    assert "陈小宝" not in str(list(Entry.objects.filter(kind="person.searched").values()))


def test_the_time_line_of_a_person_for_those_who_see_it() -> None:
    county = apps.county()
    card = cards.brought(county, S.AUDITED)
    for name, kinds in (("epidemiologist", ["card", "case"]), ("neighbour_epidemiologist", [])):
        viewer = county.viewer(name)
        with enter(viewer):
            assert [one.kind for one in providers.timeline(viewer, card.person_id)] == kinds


def test_answers_are_masked_until_identity_is_asked_for_with_a_purpose() -> None:
    county = apps.county()
    card = cards.brought(county, S.SUBMITTED)
    plain, purposeful = county.viewer("epidemiologist"), county.viewer("epidemiologist", purpose="核实")
    with enter(plain):
        version = versions.current(card)
        masked = queries.answers(version, plain, identity=False)
        assert (masked["name"], masked["phone"], masked["residence_detail"]) == ("陈*宝", "138******01", "***")
        assert masked["case_class"] == "1"
        with pytest.raises(UserError):
            queries.answers(version, plain, identity=True)
    assert not Entry.objects.filter(kind="card.opened").exists()
    with enter(purposeful):
        assert queries.answers(version, purposeful, identity=True)["name"] == "陈小宝"
    assert Entry.objects.get(kind="card.opened").purpose == "核实"


def test_the_history_shows_what_was_sent_on() -> None:
    county = apps.county()
    card = cards.brought(county, S.SUBMITTED)
    desk = county.viewer("hospital_desk")
    with enter(desk):
        card = services.correct(card.id, {"case_class": "2"}, "检验回报", desk)
        shown = list(queries.history(card, desk))
        assert [one.reason for one in shown] == ["", "检验回报"]
        assert len(versions.diff(*shown)) == 2


def test_views_are_ones_own_unless_shared_with_role_and_place() -> None:
    county = apps.county()
    cdc = county.viewer("epidemiologist")
    with enter(cdc):
        services.save_view(cdc, "audit", "手足口", "disease=hfmd")
        services.save_view(cdc, "audit", "手足口", "disease=hfmd&overdue=1")
        shared = services.save_view(cdc, "audit", "超时", "overdue=1", shared=True)
        assert {one.name: one.query for one in queries.saved_views(cdc, "audit")} == {
            "手足口": "disease=hfmd&overdue=1", "超时": "overdue=1",
        }  # fmt: skip
        with pytest.raises(UserError):
            services.save_view(cdc, "audit", " ", "x")
    for name, sees in (("hiv_officer", {"超时"}), ("duty_officer", set()), ("residence_epidemiologist", set())):
        viewer = county.viewer(name)
        with enter(viewer):
            assert {one.name for one in queries.saved_views(viewer, "audit")} == sees, name
            with pytest.raises(NotFound):
                services.forget_view(viewer, shared.id)


def test_the_card_as_a_word_document_in_words() -> None:
    county = apps.county()
    card = cards.brought(county, S.SUBMITTED)
    with enter(county.viewer("hospital_desk")) as desk, pytest.raises(UserError):
        documents.export_card_docx(card, desk)
    with enter(county.viewer("hospital_desk", purpose="存档")) as desk:
        document = Document(io.BytesIO(documents.export_card_docx(card, desk)))
    text = "\n".join(one.text for one in document.paragraphs)
    cells = {row.cells[0].text: row.cells[1].text for table in document.tables for row in table.rows}
    assert card.national_card_id in text
    assert "存档" in text
    assert (cells["姓名"], cells["疾病名称"], cells["病例分类(1)"]) == ("陈小宝", "手足口病", "临床诊断病例")
    assert cells["重症"] == "否"
    assert Entry.objects.filter(stream="access", kind="card.exported").count() == 1
