"""The truth table: every address and every query of the node, and who of the cast it opens to.

Written by hand from the visibility pack and the roles, to be read as a specification; nothing here is computed from the
program. A new address or query must be added, or the test that enumerates them fails.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from tests.cast.scene import CAST, FAR_NURSE, SIGNED_OUT
from yifang.apps.intake import queries as intake
from yifang.apps.ledger import queries as ledger
from yifang.apps.reporting.queries import cards, cases, missed
from yifang.apps.reporting.queries.quality import Chosen
from yifang.apps.surveillance.counting.selection import Selection
from yifang.apps.surveillance.models import DayKind, PlaceKind
from yifang.apps.surveillance.queries.numbers import Part
from yifang.kernel import clock

# Every case that the first district's hospitals reported, by onset.
EVERYTHING = Selection(
    "310112", date(2020, 1, 6), date(2100, 1, 1), day=DayKind.ONSET, place=PlaceKind.REPORTING, official=False
)

AUDITED = missed.Chosen(date(2020, 1, 1), date(2100, 1, 1))
QUALITY = Chosen(date(2020, 1, 1), date(2100, 1, 1))

# Those who go together, to keep the lines short; a word that is no group is a name of the cast.
GROUPS: Mapping[str, str] = {
    "nobody": "",
    "ward": "clinician colleague",
    "doctors": "clinician colleague other_department other_hospital",
    "desks": "hospital_desk other_hospital_desk",
    # the reporting district, whose epidemiologists look at its cases, and the city above it
    "district": "epidemiologist duty_officer hiv_officer city_epidemiologist",
    "outside": "residence_epidemiologist school_epidemiologist",  # of the child: where it lives, where it learns
    "cdc": "district outside neighbour_epidemiologist",
    "bureaus": "bureau cdc_lead",  # who looks at signals and counts of an area
    "wards": "triage_nurse infection_control",
    "nurses": f"school_nurse residence_school_nurse {FAR_NURSE}",
    "keepers": "administrator auditor",
    # who sees the child and the pupil, and may say whether they are one person
    "both_seen": "hospital_desk epidemiologist hiv_officer city_epidemiologist",
    "linkers": "desks epidemiologist hiv_officer city_epidemiologist outside neighbour_epidemiologist",
    "seated": "doctors desks hospital_lab wards cdc bureaus nurses grid_worker keepers",
    "signed_in": "seated stranger",
    "everybody": f"signed_in {SIGNED_OUT}",
}

# Who may learn, on any page at all, that this happened to this person.
KNOWS: Mapping[str, str] = {
    "child": f"ward hospital_desk hospital_lab district outside {FAR_NURSE}",
    "hiv": "clinician hospital_desk hospital_lab hiv_officer",
    "pupil": "ward hospital_desk hospital_lab district school_nurse",
    "cholera": "ward hospital_desk hospital_lab district",
}
# What some learn without the rest: the grid worker's errand bears the address and the number of the case it is about;
# the ledger shows numbers to those who keep it.
PARTLY: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("grid_worker", "pupil"): ("case", "address"),
    **{
        (keeper, story): ("person", "record", "suspicion", "card", "case")
        for keeper in ("administrator", "auditor")
        for story in ("child", "hiv", "pupil", "cholera")
    },
}
# The doctor's whistle, by name: theirs and the CDC's of the county.
WHISTLED = "clinician epidemiologist duty_officer hiv_officer cdc_lead"
READS_QUARANTINE = "hospital_desk hospital_lab"


@dataclass(frozen=True, slots=True)
class Page:
    """One address: what it is about, for whom it opens; `shows` names the story that those who open it must see."""

    name: str
    about: str  # subjects of the scene for its arguments
    opens: str
    shows: str = ""
    method: str = "GET"
    data: Mapping[str, Any] = field(default_factory=dict)


def people(words: str) -> frozenset[str]:
    """The names that these words stand for. Raises KeyError for a word that is neither group nor name."""
    found: set[str] = set()
    for word in words.split():
        if word in CAST:
            found.add(word)
        else:
            found |= people(GROUPS[word])
    return frozenset(found)


def post(name: str, about: str, opens: str, /, **data: Any) -> Page:
    """What a form sends; `data` is enough for the service to be asked."""
    return Page(name, about, opens, method="POST", data=data)


PAGES = (
    # care: a whistle blown by name, another by nobody
    Page("care:matters", "", "doctors desks hospital_lab wards cdc bureaus"),
    Page("care:new", "rule_out", "doctors"),
    Page("care:matter", "told", WHISTLED),
    Page("care:matter", "anonymous", "epidemiologist duty_officer hiv_officer cdc_lead"),
    post("care:minutes", "told", WHISTLED),  # leads to the question why
    Page("care:infections", "", "desks infection_control"),
    Page("care:sentinel", "", "desks cdc"),
    Page("care:setups", "", "desks cdc bureau"),
    post("care:identity", "told", WHISTLED),  # leads to the question why
    Page("care:take", "told note", WHISTLED),
    Page("care:take", "told respond", "duty_officer cdc_lead"),
    post("care:unseal", "anonymous", "cdc_lead", reason="吹哨人须医学观察"),
    Page("care:triage", "", "triage_nurse"),
    Page("care:fever", "", "doctors desks hospital_lab wards"),
    Page("care:enteric", "", "doctors desks hospital_lab wards"),
    Page("care:reconcile", "", "desks infection_control"),
    Page("care:whistle", "", "doctors desks hospital_lab wards"),
    Page("care:follow", "", "doctors desks hospital_lab wards"),
    Page("forms:attachment", "attachment", WHISTLED),
    # the shell
    Page("home", "", "seated"),
    Page("work:mine", "", "seated"),
    Page("work:count", "", "seated"),
    Page("live", "", "seated"),
    post("search", "", "seated", q="司徒明远"),
    Page("packs", "", "seated"),
    Page("pack", "visibility", "seated"),
    Page("pack_entry", "diseases diseases cholera", "seated"),
    Page("gallery", "", "nobody"),  # the running node has none
    Page("ledger:entries", "", "keepers"),
    post("ledger:retry", "1", "nobody"),  # nothing is stuck; that only the administrator may is in tests/ledger
    # places: a text of the first hospital that names no school
    Page("places:queue", "", "desks cdc"),
    Page("places:match", "match", "hospital_desk district"),
    post("places:answer", "match", "hospital_desk district", organisation="none"),
    post("places:create", "match", "district", name="申小小学", kind="school"),
    post("places:reopen", "match", "hospital_desk district"),
    Page("set_language", "", "everybody"),
    # accounts
    Page("account_login", "", "everybody"),
    Page("account_change_password", "", "signed_in"),
    post("accounts:seat", "", "nobody", seat="01a20ae5-829b-76ee-83c6-ab52f5b6b4e7"),  # somebody else's
    Page("accounts:purpose", "hiv.person", "seated"),  # asks why; it says nothing, for it has not looked
    Page("accounts:break_glass", "hiv.person", "doctors duty_officer"),
    # The county's CDC may answer where the hospital does not within a day.
    Page("accounts:glass", "glass", "clinician hospital_desk epidemiologist duty_officer hiv_officer"),
    post("accounts:glass", "glass", "hospital_desk epidemiologist duty_officer hiv_officer", answer="approved"),
    # work: the errand of the grid worker
    post("work:claim", "errand", "grid_worker"),
    post("work:release", "errand", "grid_worker"),
    Page("work:hand_over", "errand", "grid_worker"),
    # records and people
    Page("records:person", "child.person", "ward hospital_desk district outside", "child"),
    Page("records:person", "hiv.person", "clinician hospital_desk hiv_officer", "hiv"),
    Page("records:person", "pupil.person", "ward hospital_desk district", "pupil"),
    Page("records:record", "child.record", "ward hospital_desk hospital_lab", "child"),
    Page("records:record", "hiv.record", "clinician hospital_desk hospital_lab", "hiv"),
    post("records:identity", "hiv.person", "doctors desks cdc"),  # leads to the question why, whoever it is about
    # the child and the pupil, who may be one person: whoever sees both and may say so
    Page("records:pairs", "", "linkers"),
    Page("records:pair", "alike", "both_seen", "child"),
    post("records:pair_answer", "alike", "both_seen", state="different"),
    post("records:pair_identity", "alike", "linkers"),  # leads to the question why
    post("records:conflict", "hiv.person", "nobody", state="two_people"),  # no second name came for them
    Page("records:registers", "", "desks"),
    post("records:register_export", "", "desks", register="outpatient", purpose="quality"),
    # intake
    Page("intake:batches", "", "desks hospital_lab"),
    Page("intake:batch", "batch", "hospital_desk hospital_lab"),
    post("intake:upload", "", "nobody", feed="01a20ae5-829b-76ee-83c6-ab52f5b6b4e7"),  # no feed of theirs
    Page("intake:feeds", "", "desks hospital_lab"),
    Page("intake:feed_page", "hospital-his", "hospital_desk hospital_lab"),
    Page("intake:connection", "hospital-his", "hospital_desk"),
    Page("intake:mapping", "hospital-his", "hospital_desk"),
    post("intake:mapping_preview", "hospital-his", "hospital_desk", text="id: a"),
    post("intake:senders", "hospital-his", "hospital_desk", senders="10.1.2.3"),
    post("intake:look", "hospital-his", "nobody"),  # it is read from nowhere
    post("intake:columns", "hospital-his", "hospital_desk"),
    post("intake:disconnect", "hospital-his", "hospital_desk"),
    Page("intake:names", "", "desks"),
    post("intake:name_answer", "quarantined", "nobody", target="none"),  # no name of theirs
    Page("intake:quarantine", "", "desks hospital_lab"),
    Page("intake:feed", "feed", "hospital_desk hospital_lab"),
    Page("intake:item", "quarantined", "hospital_desk hospital_lab"),
    post("intake:mend", "quarantined", "hospital_desk", text="MSH|"),
    post("intake:discard", "quarantined", "hospital_desk", reason="测试"),
    post("intake:reopen", "quarantined", "hospital_desk"),
    # for machines, who show a key: whoever is signed in opens nothing here; what the doors are is no secret
    post("intake:api_records", "", "nobody"),
    post("intake:fhir", "", "nobody"),
    Page("relay:links", "", "desks cdc administrator"),
    Page("relay:link", "01a20ae5-829b-76ee-83c6-ab52f5b6b4e7 waiting", "nobody"),  # this node is linked to none
    post("relay:see", "01a20ae5-829b-76ee-83c6-ab52f5b6b4e7", "nobody"),  # nothing was changed at two nodes
    post("relay:exchange", "", "nobody"),  # for other nodes, who sign what they send
    Page("intake:api_description", "", "everybody"),
    Page("intake:fhir_metadata", "", "everybody"),
    # the doctor and the hospital's desk
    Page("reporting:suspicions", "", "doctors desks"),
    Page("reporting:suspicion", "child.suspicion", "ward hospital_desk", "child"),
    Page("reporting:suspicion", "hiv.suspicion", "clinician hospital_desk", "hiv"),
    post("reporting:start", "hiv.suspicion", "clinician hospital_desk"),
    post("reporting:dismiss", "hiv.suspicion", "clinician hospital_desk", code="other", note="测试"),
    post("reporting:consult", "hiv.suspicion", "clinician hospital_desk", colleague="colleague"),
    Page("reporting:desk", "", "desks"),
    post("reporting:approve_many", "", "desks"),
    Page("reporting:first", "", "desks"),
    Page("reporting:quiet", "", "desks"),
    post("reporting:quiet_start", "", "desks", days="7"),
    post("reporting:quiet_live", "", "nobody"),  # nobody tries
    Page("reporting:quiet_of", "01a20ae5-829b-76ee-83c6-ab52f5b6b4e7", "desks"),
    Page("reporting:quiet_everywhere", "", "administrator"),
    post("reporting:quiet_start_at", "01a20ae5-829b-76ee-83c6-ab52f5b6b4e7", "nobody", days="7"),  # no such hospital
    post("reporting:quiet_end_at", "01a20ae5-829b-76ee-83c6-ab52f5b6b4e7", "nobody"),
    post("reporting:blank", "", "doctors desks"),
    Page("reporting:areas", "", "doctors desks"),
    Page("reporting:card", "child.card", "ward hospital_desk district outside", "child"),
    Page("reporting:card", "hiv.card", "clinician hospital_desk hiv_officer", "hiv"),
    Page("reporting:card", "pupil.card", "ward hospital_desk district", "pupil"),
    # After the entry it is theirs to correct; the officer of the CDC is asked why first.
    Page("reporting:edit", "hiv.card", "hospital_desk hiv_officer"),
    post("reporting:identity", "hiv.card", "doctors desks cdc"),  # leads to the question why
    post("reporting:approve", "hiv.card", "hospital_desk"),
    post("reporting:send_back", "hiv.card", "hospital_desk", reason="测试"),
    post("reporting:enter", "hiv.card", "hospital_desk hiv_officer"),
    post("reporting:explain_late", "hiv.card", "hospital_desk hiv_officer", reason="测试"),
    post("reporting:delete", "hiv.card", "hospital_desk hiv_officer", reason="测试"),
    post("reporting:word", "hiv.card", "desks cdc"),  # leads to the question why
    Page("reporting:proxy", "", "doctors desks"),
    post("reporting:proxy", "", "doctors desks"),  # and hears what is missing
    post(
        "reporting:register",
        "hiv.card",
        "hospital_desk hiv_officer",
        register="hiv",
        number="HIV-2026-1",
        at=datetime.now(clock.CHINA).strftime("%Y-%m-%dT%H:%M"),
    ),
    Page("reporting:scans", "", "doctors desks"),
    Page("reporting:scan", "01a20ae5-829b-76ee-83c6-ab52f5b6b4e7", "nobody"),  # no such picture
    Page("reporting:scan_picture", "01a20ae5-829b-76ee-83c6-ab52f5b6b4e7", "nobody"),
    post("reporting:scan_draft", "01a20ae5-829b-76ee-83c6-ab52f5b6b4e7", "nobody"),
    Page("reporting:zero", "", "desks cdc"),
    post("reporting:zero_new", "", "cdc", subject="disease:hfmd"),  # and hears what else is wrong
    Page("reporting:zero_one", "01a20ae5-829b-76ee-83c6-ab52f5b6b4e7", "nobody"),  # no such order
    post("reporting:zero_call_off", "01a20ae5-829b-76ee-83c6-ab52f5b6b4e7", "nobody"),
    Page("reporting:zero_report", "01a20ae5-829b-76ee-83c6-ab52f5b6b4e7", "desks"),  # leads to their page
    post("reporting:zero_answer", "01a20ae5-829b-76ee-83c6-ab52f5b6b4e7", "nobody", answer="none"),
    Page("reporting:missed", "", "desks cdc"),
    Page("reporting:missed_of", "01a20ae5-829b-76ee-83c6-ab52f5b6b4e7", "desks cdc"),
    Page("reporting:missed_rates", "", "desks cdc"),
    Page("reporting:missed_results", "", "desks"),
    Page("reporting:missed_results_of", "01a20ae5-829b-76ee-83c6-ab52f5b6b4e7", "desks"),
    post("reporting:missed_confirm", "critical", "hospital_desk", note="已处理"),
    post("reporting:missed_results_export", "", "desks"),
    post("reporting:missed_export", "", "desks cdc"),
    post("reporting:missed_report", "", "desks cdc"),
    Page("reporting:missed_line", "audit.cholera", "hospital_desk district"),
    post("reporting:missed_answer", "audit.hiv", "hospital_desk", answer="should_report"),
    post("reporting:missed_card", "audit.hiv", "hospital_desk"),
    post("reporting:missed_samples", "", "desks", size="2"),
    Page("reporting:missed_sample", "sample", "hospital_desk district"),
    post("reporting:missed_review", "sampled", "hospital_desk", found="nothing"),
    Page("reporting:quality", "", "desks cdc bureau"),
    Page("reporting:quality_cards", "", "nobody"),  # without an indicator there is no such page
    Page("reporting:paper", "hiv.card", "doctors desks cdc"),  # leads to the question why
    Page("reporting:versions", "child.card", "ward hospital_desk district outside"),
    post("reporting:papers", "", "doctors desks cdc", pick="hiv.card"),  # nothing of another hospital
    post("reporting:columns", "", "desks cdc", pick="hiv.card"),
    post("reporting:discard", "hiv.card", "clinician hospital_desk", reason="测试"),
    post(
        "reporting:correct_entry",
        "hiv.card",
        "hospital_desk hiv_officer",
        national_card_id="N-310112-1",
        reason="测试",
        entered_at=datetime.now(clock.CHINA).strftime("%Y-%m-%dT%H:%M"),
    ),
    Page("reporting:reconcile", "", "desks cdc"),
    Page("reporting:reconciliation", "01a20ae5-829b-76ee-83c6-ab52f5b6b4e7", "nobody"),  # none of theirs
    post("reporting:reconciliation_confirm", "01a20ae5-829b-76ee-83c6-ab52f5b6b4e7", "nobody"),
    Page("reporting:followups", "", "doctors desks"),
    post("reporting:followup_keep", "hiv.card", "clinician hospital_desk", reason="测试"),
    # the rules of identification, which are about nobody
    Page("reporting:rules", "", "doctors desks cdc administrator"),
    Page("reporting:rules_disease", "measles", "doctors desks cdc administrator"),
    Page("reporting:rule", "lb_flu_ag", "doctors desks cdc administrator"),
    Page("reporting:rules_fired", "", "doctors desks"),
    Page("reporting:rulesets", "", "doctors desks cdc administrator"),
    Page("reporting:ruleset", "01a20ae5-829b-76ee-83c6-ab52f5b6b4e7", "nobody"),  # there is none
    post("reporting:ruleset_step", "01a20ae5-829b-76ee-83c6-ab52f5b6b4e7 activate", "nobody"),
    Page("reporting:trial", "01a20ae5-829b-76ee-83c6-ab52f5b6b4e7", "nobody"),
    # the district
    Page("reporting:audit", "", "cdc"),
    Page("reporting:national", "", "cdc"),
    Page("reporting:audit_card", "child.card", "district outside", "child"),
    Page("reporting:audit_card", "hiv.card", "hiv_officer", "hiv"),
    post("reporting:audit_one", "hiv.card", "hiv_officer"),
    post("reporting:audit_revision", "child.card", "district"),  # where one waits
    post("reporting:undo_audit", "child.card", "epidemiologist"),  # whose audit it is
    post("reporting:audit_return", "hiv.card", "hiv_officer", code="其他", note="测试"),
    post("reporting:audit_delete", "hiv.card", "hiv_officer", reason="测试"),
    post("reporting:audit_identity", "hiv.card", "clinician hospital_desk hiv_officer"),
    post("reporting:audit_bulk_preview", "", "cdc", pick="hiv.card"),
    post("reporting:audit_bulk", "", "cdc", pick="hiv.card"),
    Page("reporting:cases", "", "desks cdc nurses"),
    Page("reporting:case", "child.case", f"hospital_desk district outside {FAR_NURSE}", "child"),
    Page("reporting:case", "hiv.case", "hospital_desk hiv_officer"),  # by its number, no name (visibility pack)
    Page("reporting:case", "pupil.case", "hospital_desk district school_nurse", "pupil"),
    post("reporting:line_list", "", "cdc", purpose="quality"),
    post("reporting:grid_assign", "pupil.case", "district", place="grid", task="follow_up"),
    post(
        "reporting:grid_assign", "hiv.case", "nobody", place="grid", task="follow_up"
    ),  # no errand about HIV, whoever asks
    Page("reporting:visit", "pupil.case", "grid_worker"),
    post("reporting:visit", "pupil.case", "grid_worker", outcome="done"),
    Page("reporting:merge", "child.card pair", "epidemiologist hiv_officer city_epidemiologist"),  # asks why
    post("reporting:merge", "child.card pair", "epidemiologist hiv_officer city_epidemiologist"),
    post("reporting:duplicate", "pair", "epidemiologist hiv_officer city_epidemiologist", judgement="keep"),
    Page("reporting:views", "cases", "desks cdc nurses"),
    post("reporting:view_save", "cases", "desks cdc nurses", name="一"),
    post("reporting:view_change", "cases view", "epidemiologist", name="二"),
    # the situation: numbers, and the cases behind them as far as each may open them
    Page("surveillance:situation", "", "desks cdc bureaus"),
    Page("surveillance:years", "", "desks cdc bureaus"),
    Page("surveillance:behind", "", "desks cdc bureaus"),
    Page("surveillance:map", "310112", "nobody"),  # this node has no outlines
    Page("surveillance:bulletin", "", "desks cdc bureaus"),
    Page("surveillance:bulletin_file", "md", "desks cdc bureaus"),
    # signals
    Page("surveillance:inbox", "", "cdc bureaus"),
    Page("surveillance:signal", "signal", "district bureaus"),
    post("surveillance:answer", "signal", "district", state="verifying_desk"),
    post("surveillance:feedback", "signal", "district", text="测试", days="7"),
    Page("surveillance:warnings", "", "desks cdc"),
    post("surveillance:publish", "", "nobody"),  # nothing is said
    # the doctor's workstation: a window opens to nobody without its link, whoever is signed in
    Page("workstation:follow", "nonsense", "nobody"),
    post("workstation:follow_posted", "", "nobody", link="nonsense"),
    Page("workstation:window", "", "nobody"),
    post("workstation:later", "", "nobody"),
    Page("workstation:fields", "hiv.suspicion", "nobody"),
    post("workstation:places", "hiv.suspicion", "nobody", employer="cs"),
    post("workstation:report", "hiv.suspicion", "nobody"),
    post("workstation:dismiss", "hiv.suspicion", "nobody", code="past"),
    post("workstation:consult", "hiv.suspicion", "nobody", colleague="colleague"),
    post("workstation:api_window", "", "nobody"),
    Page("workstation:cds_discovery", "", "everybody"),  # which services there are is no secret
    post("workstation:cds_ask", "yifang-patient-view", "nobody"),
    post("workstation:cds_feedback", "yifang-patient-view", "nobody"),
    post("workstation:close_reminder", "01a20ae5-829b-76ee-83c6-ab52f5b6b4e7", "nobody", code="known"),
    Page("workstation:systems", "", "desks"),
    Page("workstation:reminders", "", "desks"),
    post("workstation:front_end", "", "desks", visit="V0", disease="hfmd", stands="yes"),
    post("workstation:settle", "01a20ae5-829b-76ee-83c6-ab52f5b6b4e7", "nobody"),  # nobody's number
    post("surveillance:read", "feedback", "clinician hospital_desk hospital_lab infection_control"),
)


@dataclass(frozen=True, slots=True)
class Query:
    """One public function of an app's queries that takes a viewer; `gets` says who gets which subject from it."""

    name: str
    args: tuple[Any, ...] = ()  # besides the viewer; a text that names a subject of the scene stands for its id
    gets: Mapping[str, str] = field(default_factory=dict)


QUERIES = (
    Query("ledger.queries.entries", (ledger.Filters(),), {"cholera.card": "keepers", "signal": "keepers"}),
    Query("ledger.queries.seal_states"),
    Query("ledger.queries.readers"),
    Query("ledger.queries.stuck"),
    Query("places.queries.matches", (), {"match": "hospital_desk district"}),
    Query("places.queries.counts", (1000,)),
    Query("places.queries.match", ("match",), {"match": "hospital_desk district"}),
    Query("places.queries.bearers", ("match",)),
    Query("places.queries.waiting"),
    Query("accounts.queries.glass", ("glass",),
          {"glass": "clinician hospital_desk epidemiologist duty_officer hiv_officer"}),
    Query("work.queries.mine", (),
          {"errand": "grid_worker", "hiv.card": "hospital_desk hiv_officer",
           "pupil.card": "hospital_desk epidemiologist hiv_officer",  # a specialist system's number is missing
           "match": "hospital_desk epidemiologist hiv_officer"}),
    Query("work.queries.waiting"),
    Query("work.queries.badge"),
    Query("work.queries.item", ("errand",), {"errand": "grid_worker"}),
    Query("work.queries.purpose_of", ("errand",)),
    Query("records.queries.person", ("hiv.person",), {"hiv.person": "clinician hospital_desk hiv_officer"}),
    Query("records.queries.time_line", ("hiv.person",)),
    Query("records.queries.person_pairs", (), {"alike": "both_seen", "child.person": "both_seen"}),
    Query("records.queries.person_pair_counts", (1000,)),
    Query("records.queries.person_pairs_waiting"),
    Query("records.queries.person_pair", ("alike",), {"alike": "both_seen", "pupil.person": "both_seen"}),
    Query("records.queries.pairs_about", ("child.person",), {"alike": "both_seen"}),
    Query("records.queries.record", ("hiv.record",), {"hiv.record": "clinician hospital_desk hospital_lab"}),
    Query("records.queries.look_up", ("司徒明远",), {"hiv.person": "clinician hospital_desk hiv_officer"}),
    Query("forms.queries.attachment", ("attachment",), {"attachment": WHISTLED}),
    Query("care.queries.matters.kinds"),
    Query("care.queries.matters.of_kind", ("whistle",), {"told": WHISTLED}),
    Query("care.queries.matters.matter_list", ("whistle",), {"told": WHISTLED}),
    Query("care.queries.matters.open_counts"),
    Query("care.queries.matters.matter", ("told",), {"told": WHISTLED}),
    Query("care.queries.triages.today"),
    Query("care.queries.infections.overview"),
    Query("care.queries.sentinel.counted", (date(2026, 1, 5),)),
    Query("care.queries.sentinel.reports"),
    Query("care.queries.setups.setups"),
    Query("care.queries.clinics.fever_board", (date(2026, 1, 1),)),
    Query("care.queries.clinics.promptness", (date(2026, 1, 1), date(2026, 12, 31))),
    Query("care.queries.clinics.enteric_board", (date(2026, 1, 1), date(2026, 12, 31))),
    Query("care.queries.clinics.reconciliation", (date(2026, 1, 1),)),
    Query("care.queries.clinics.reconciled", ("visits", date(2026, 1, 1))),
    Query("care.queries.whistles.own_whistles", (), {"told": "clinician"}),
    Query("care.queries.whistles.by_code", ("ABCDEFGHJKMN",)),
    Query("intake.queries.feeds", (), {"feed": "hospital_desk hospital_lab"}),
    Query("intake.queries.feed", ("feed",), {"feed": "ward other_department hospital_desk hospital_lab wards"}),
    Query("intake.queries.feed_states", (date(2026, 1, 1),), {"feed": "hospital_desk hospital_lab"}),
    Query("intake.queries.feed_state", ("hospital-his", date(2026, 1, 1)), {"feed": "hospital_desk hospital_lab"}),
    Query("intake.queries.watched"),
    Query("intake.queries.names", ("test",)),
    Query("intake.queries.name", ("quarantined",)),  # no name of theirs
    Query("intake.queries.name_counts"),
    Query("intake.queries.names_waiting"),
    Query("intake.queries.connected", ("hospital-his",), {"feed": "hospital_desk"}),
    Query("intake.queries.batches", (), {"batch": READS_QUARANTINE}),
    Query("intake.queries.receiving"),
    Query("intake.queries.batch", ("batch",), {"batch": READS_QUARANTINE}),
    Query("intake.queries.quarantine", (intake.Filters(),), {"quarantined": READS_QUARANTINE}),
    Query("intake.queries.quarantined", ("quarantined",), {"quarantined": READS_QUARANTINE}),
    Query("intake.queries.counts", (intake.Filters(),)),
    Query("intake.queries.reasons", (intake.Filters(),)),
    Query("intake.queries.waiting"),
    Query("reporting.queries.cards.card", ("hiv.card",), {"hiv.card": "clinician hospital_desk hiv_officer"}),
    Query("reporting.queries.cards.audit_list", (cards.AuditFilter(waiting=False),),
          {"child.card": "district outside", "hiv.card": "hiv_officer", "pupil.card": "district"}),
    Query("reporting.queries.cards.audit_counts"),
    Query("reporting.queries.cards.revisions_waiting"),
    Query("reporting.queries.cases.case_list", (cases.CaseFilter(),), {
        "child.case": f"hospital_desk district outside {FAR_NURSE}", "hiv.case": "hospital_desk hiv_officer",
        "pupil.case": "hospital_desk district school_nurse",
    }),
    Query("reporting.queries.cases.case", ("hiv.case",), {"hiv.case": "hospital_desk hiv_officer"}),
    Query("reporting.queries.cases.line_list", (cases.CaseFilter(),)),
    Query("reporting.queries.clinic.answered", (), {"hiv.suspicion": "clinician hospital_desk"}),
    Query("reporting.queries.clinic.own_cards", (), {"hiv.card": "clinician"}),
    Query("reporting.queries.clinic.units_near"),
    Query("reporting.queries.clinic.in_hand"),
    Query("reporting.queries.clinic.badge"),
    Query("reporting.queries.clinic.desk_badge"),
    Query("reporting.queries.clinic.late"),
    Query("reporting.queries.clinic.work_on", ("hiv.card",)),
    Query("reporting.queries.departments.this_month"),
    Query("reporting.queries.departments.of_department", ("儿科", "found")),
    Query("reporting.queries.desk.desk_rows", ("done",), {"hiv.card": "hospital_desk"}),
    Query("reporting.queries.desk.desk_counts"),
    Query("reporting.queries.trials.trials"),
    Query("reporting.queries.trials.latest_trials"),
    Query("reporting.queries.first.first_to_report"),
    Query("reporting.queries.first.first_rows", ("皮肤科", None)),
    Query("reporting.queries.district.reporters"),
    Query("reporting.queries.national.national_cards", ("only_there",)),
    Query("reporting.queries.national.only_here"),
    Query("reporting.queries.national.tab_counts"),
    Query("reporting.queries.national.last_export"),
    Query("reporting.queries.national.punctuality", (date(2026, 1, 1), date(2026, 12, 31))),
    Query("reporting.queries.scans.scans"),
    Query("reporting.queries.scans.scan", ("01a20ae5-829b-76ee-83c6-ab52f5b6b4e7",)),
    Query("reporting.queries.zero.owed"),
    Query("reporting.queries.zero.given"),
    Query("reporting.queries.zero.waiting"),
    Query("reporting.queries.zero.orders"),
    Query("reporting.queries.zero.reports", ("01a20ae5-829b-76ee-83c6-ab52f5b6b4e7",)),
    Query("reporting.queries.zero.units"),
    Query("reporting.queries.missed.audit_lines", ("reported", AUDITED), {"audit.hiv": "hospital_desk hiv_officer"}),
    Query("reporting.queries.missed.audit_counts", (AUDITED,)),
    Query("reporting.queries.missed.audit_line", ("audit.hiv",), {"audit.hiv": "hospital_desk hiv_officer"}),
    Query("reporting.queries.missed.audit_rates", ("disease", AUDITED)),
    Query("reporting.queries.missed.audit_total", (AUDITED,)),
    Query("reporting.queries.missed.audit_samples", (AUDITED,)),
    Query("reporting.queries.missed.audit_sample", ("sample",)),
    Query("reporting.queries.missed.abnormal_results", (AUDITED,)),
    Query("reporting.queries.missed.last_audit", (AUDITED,)),
    Query("reporting.queries.quality.lines", ("department", QUALITY)),
    Query("reporting.queries.quality.total", (QUALITY,)),
    Query("reporting.queries.quality.diseases", (QUALITY,)),
    Query("reporting.queries.quality.behind", (QUALITY, "complete", None), {
        "hiv.card": "hospital_desk hiv_officer", "child.card": "hospital_desk district outside",
        "pupil.card": "hospital_desk district",
    }),
    Query("reporting.queries.interruptions.due_for"),
    Query("reporting.queries.interruptions.made", (date(2020, 1, 1), date(2100, 1, 1))),
    Query("reporting.queries.followups.to_correct"),
    Query("reporting.queries.followups.long_suspected"),
    Query("reporting.queries.followups.badge"),
    Query("reporting.queries.rulebook.rulesets"),
    Query("reporting.queries.rulebook.ruleset", ("01a20ae5-829b-76ee-83c6-ab52f5b6b4e7",)),
    Query("reporting.queries.rulebook.trials", ("01a20ae5-829b-76ee-83c6-ab52f5b6b4e7",)),
    Query("reporting.queries.rulebook.trial", ("01a20ae5-829b-76ee-83c6-ab52f5b6b4e7",)),
    Query("reporting.queries.rulebook.fired"),
    Query("reporting.queries.rulebook.fired_by_disease"),
    Query("reporting.queries.rulebook.fired_rows", (), {"hiv.suspicion": "clinician hospital_desk"}),
    Query("reporting.queries.search.look_up", ("司徒明远",), {"hiv.case": "clinician hospital_desk hiv_officer"}),
    Query("reporting.queries.suspicions.waiting"),
    Query("reporting.queries.suspicions.suspicion_list"),
    Query("reporting.queries.suspicions.suspicion", ("hiv.suspicion",), {"hiv.suspicion": "clinician hospital_desk"}),
    Query("reporting.queries.views.saved_views", ("cases",), {"view": "epidemiologist"}),
    Query("reporting.queries.reconciling.reconciliations"),
    Query("reporting.queries.reconciling.reconciliation", ("01a20ae5-829b-76ee-83c6-ab52f5b6b4e7",)),
    Query("reporting.queries.views.first_view", ("cases",)),
    Query("surveillance.queries.warnings.published"),
    Query("surveillance.queries.warnings.received"),
    Query("surveillance.queries.warnings.warning_departments"),
    Query("relay.queries.links"),
    Query("relay.queries.link", ("01a20ae5-829b-76ee-83c6-ab52f5b6b4e7",)),
    Query("relay.queries.outgoing", ("01a20ae5-829b-76ee-83c6-ab52f5b6b4e7", "", None, False, 5)),
    Query("relay.queries.batches", ("01a20ae5-829b-76ee-83c6-ab52f5b6b4e7", False, None, False, 5)),
    Query("relay.queries.arrivals", ("01a20ae5-829b-76ee-83c6-ab52f5b6b4e7", None, False, 5)),
    Query("relay.queries.aside", ("01a20ae5-829b-76ee-83c6-ab52f5b6b4e7", 5)),
    Query("relay.queries.conflicts", ("01a20ae5-829b-76ee-83c6-ab52f5b6b4e7", 5)),
    Query("relay.queries.unseen"),
    Query("workstation.queries.systems"),
    Query("workstation.queries.strangers"),
    Query("workstation.queries.prompts"),
    Query("workstation.queries.front_end_told"),
    Query("workstation.queries.reminder_rates", (30,)),
    Query("workstation.queries.reminder_rows", (30, "bp_first")),
    Query("surveillance.queries.numbers.total", (EVERYTHING,)),
    Query("surveillance.queries.numbers.by_step", (EVERYTHING,)),
    Query("surveillance.queries.numbers.by_name", (EVERYTHING,)),
    Query("surveillance.queries.numbers.by_name_and_step", (EVERYTHING, "week")),
    Query("surveillance.queries.numbers.by_class", (EVERYTHING,)),
    Query("surveillance.queries.numbers.by_age_and_sex", (EVERYTHING,)),
    Query("surveillance.queries.numbers.by_area", (EVERYTHING,)),
    Query("surveillance.queries.numbers.by_area_and_step", (EVERYTHING, "week")),
    Query("surveillance.queries.numbers.several", ([("name",)], EVERYTHING)),
    Query("surveillance.queries.numbers.by_name_in", ({"now": EVERYTHING},)),
    Query("surveillance.queries.numbers.part", (Part(EVERYTHING),)),
    Query("surveillance.queries.situation.overview", (EVERYTHING, "day")),
    Query("surveillance.queries.situation.years", (EVERYTHING, "month")),
    Query("surveillance.queries.bulletin.bulletin", (EVERYTHING,)),
    Query("surveillance.queries.behind.behind", (Part(EVERYTHING),), {
        "child.case": "hospital_desk district outside", "hiv.case": "hospital_desk hiv_officer",
        "pupil.case": "hospital_desk district",
    }),
    Query("surveillance.queries.signals.inbox", (), {"signal": "district bureaus"}),
    Query("surveillance.queries.signals.counts"),
    Query("surveillance.queries.signals.late"),
    Query("surveillance.queries.signals.fallen"),
    Query("surveillance.queries.signals.waiting"),
    Query("surveillance.queries.signals.diseases"),
    Query("surveillance.queries.signals.punctuality", (datetime(2026, 1, 1, tzinfo=UTC),)),
    Query("surveillance.queries.signals.detail", ("signal",),
          {"signal": "district bureaus", "cholera.case": "district"}),
    Query("surveillance.queries.signals.feedback_for", (), {"feedback": "clinician hospital_desk infection_control"}),
    Query("surveillance.queries.signals.notices"),
    Query("surveillance.queries.signals.related", ("case", "cholera.case")),
    Query("surveillance.queries.signals.advice", ("cholera",)),
)  # fmt: skip
# These take what another query gave, and tell no more than it did.
FOLLOWING = frozenset(
    {
        "care.queries.matters.names", "reporting.queries.trials.trial_report", "reporting.queries.trials.trial_rows",
        "work.queries.colleagues", "reporting.queries.cards.answers", "reporting.queries.clinic.colleagues",
        "records.queries.searched",
        "reporting.queries.cards.history", "reporting.queries.cards.version_for",
        "reporting.queries.rulebook.trial_changes",
        "reporting.queries.walking.seen",
        "reporting.queries.walking.looked_to",
        "reporting.queries.cases.cases_looked_to", "reporting.queries.cards.cards_looked_to",
    }
)  # fmt: skip

# Of the sign-in library: they know of no subject.
LIBRARY = frozenset({"account_logout", "account_inactive", "account_set_password"})
