"""A made-up hospital to audit: what is planted, and what a pure reading of its files finds of it."""

from collections import defaultdict
from datetime import date, datetime, timedelta

import pytest

from yifang import formats, identify, knowledge
from yifang.audit import Said, Told, compare, rules_of
from yifang.audit.saying import sayings
from yifang.kernel.clock import CHINA
from yifang.kernel.errors import UserError
from yifang.world.audited import planting, scoring, truth

PLAN = planting.Plan(seed=31, until=date(2026, 11, 22), visits=2200)


@pytest.fixture(scope="module")
def hospital(tmp_path_factory):
    folder = tmp_path_factory.mktemp("audited") / "hospital"
    return folder, planting.make(PLAN, folder)


def test_as_much_of_everything_as_was_asked(hospital):
    folder, made = hospital
    assert made.visits == 2200
    assert dict(planting.counted(truth.read(folder))) == {"missed": 37, "late": 9, "wrong_class": 4, "decoy": 60}
    assert {one.source for one in truth.read(folder) if one.kind == "missed"} == {
        "his", "lis", "imaging", "pharmacy", "death",
    }  # fmt: skip


def test_more_cannot_be_planted_than_fell_ill(tmp_path):
    with pytest.raises(UserError):
        planting.make(planting.Plan(1, date(2026, 11, 22), visits=1500, missed=5000), tmp_path / "x")


def test_a_reading_of_its_files_finds_what_was_planted(hospital):
    folder, _ = hospital
    records = [
        (path.parent.name, record)
        for path in sorted((folder / "feeds").glob("*/*"))
        for item in formats.read(path)
        for record in item.records
    ]
    latest = {(feed, record.key): record for feed, record in records}
    known = {one.name: _number(one) for _, record in records if _number(one := record.person)}
    outcomes = identify.compiled(knowledge.load()).identify(list(latest.values()))
    said, visits = [], {}
    for number, (record, outcome) in enumerate(zip(latest.values(), outcomes, strict=True)):
        visits[str(number)] = record.encounter.id
        who = _number(record.person) or known.get(record.person.name, record.person.name)
        said += [
            Said(who, str(number), one.disease, _at(record), one.source, one.level, one.rule, one.text, "",
                 one.case_class, one.subtype, one.named, record.encounter.kind != "inpatient", one.withheld, one.reason)
            for one in sayings(record, outcome)
        ]  # fmt: skip
    cards = {
        card.national_card_id: Told(
            card.national_card_id, _number(card.person), card.disease, card.report_org.endswith("人民医院"), True,
            card.diagnosed_at, card.entered_at, card.case_class, card.subtype,
        )
        for path in (folder / "national").iterdir()
        for item in formats.read(path)
        for card in item.cards
    }  # fmt: skip
    now = datetime.combine(PLAN.until + timedelta(days=3), datetime.min.time(), CHINA)
    tested = defaultdict(set)
    for record in latest.values():
        if record.results:
            tested[_number(record.person) or known.get(record.person.name, "")].add(_at(record).date())
    verdicts = compare(said, cards.values(), [], rules_of(knowledge.load()), now, tested=tested)
    found = scoring.score(
        truth.read(folder),
        [
            scoring.Listed(
                frozenset(visits[one.record] for one in verdict.said), verdict.disease,
                frozenset((verdict.kind, *verdict.also)),
            )
            for verdict in verdicts
        ],
    )  # fmt: skip
    assert found.found["missed"] >= 35
    assert found.found["late"] == 9
    assert found.found["wrong_class"] == 4
    assert len(found.false) <= 6


def _number(person):
    return next((one.value.strip("'") for one in person.identifiers if one.kind == "cn_id"), "")


def _at(record):
    moment = record.at or record.encounter.start
    return datetime.fromisoformat(f"{moment.iso[:10]}T{moment.iso[11:16] or '08:00'}").replace(tzinfo=CHINA)
