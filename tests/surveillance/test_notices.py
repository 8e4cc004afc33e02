"""What other departments tell is a signal at once; who told it hears what came of it."""

from datetime import date

import pytest

from tests import apps
from yifang import formats
from yifang.apps.accounts.viewers import enter
from yifang.apps.intake.models import Feed
from yifang.apps.intake.services import take_bytes
from yifang.apps.ledger.services import NODE
from yifang.apps.surveillance import queries, services
from yifang.apps.surveillance.models import Feedback, Signal
from yifang.apps.work.models import WorkItem

HEAD = "通报单位,场所,人数,症状,时间,处置\n"


@pytest.fixture
def county(db):
    made = apps.county()
    with apps.as_jobs():
        school = next(one for one in made.organisations.values() if one.kind == "school")
        Feed.objects.create(code="education", name="教育局通报", organisation=school)
    return made


def tell(text: str, name: str = "notice.csv"):
    with apps.as_jobs():
        batch = take_bytes((HEAD + text).encode("gb18030"), name, Feed.objects.get(code="education"), NODE)
    apps.deliver()
    return batch


def test_a_notice_is_a_signal_with_its_place_and_its_work(county):
    tell("区教育局,春申实验小学,12人,呕吐、腹泻,2026-11-20,已停课\n")
    signal = Signal.objects.get()
    assert (signal.method, signal.disease, signal.observed) == ("notice", "unknown_cluster", 12)
    assert signal.first_day == date(2026, 11, 20)
    assert signal.explanation["notice"]["symptoms"] == "呕吐、腹泻"
    assert WorkItem.objects.filter(subject=signal.id).exists()


def test_the_same_again_joins_and_a_greater_number_is_told(county):
    tell("区教育局,无名小学,12,呕吐,2026-11-20,\n")
    tell("区教育局,无名小学,15,呕吐,2026-11-20,已消毒\n", "later.csv")
    signal = Signal.objects.get()
    assert signal.observed == 15
    assert signal.unit.startswith("text:")


def test_who_told_it_hears_the_conclusion(county):
    tell("区教育局,无名小学,12,呕吐,2026-11-20,\n")
    signal, duty = Signal.objects.get(), county.viewer("duty_officer")
    with enter(duty):
        services.answer(signal.id, duty, "verifying_field")
        services.answer(signal.id, duty, "closed", conclusion="suspected_event", note="已采样")
    told = Feedback.objects.get()
    assert told.scopes == signal.explanation["reported_by"]
    nurse = county.viewer("school_nurse")
    with enter(nurse):
        assert [queries.says(one) for one in queries.feedback_for(nurse)]


@pytest.mark.parametrize(
    ("line", "column"),
    [("甲,,3,吐,2026-11-20,", "场所"), ("甲,乙,很多,吐,2026-11-20,", "人数"), ("甲,乙,3,吐,昨天,", "时间")],
)
def test_what_a_notice_lacks_is_named(line, column):
    (item,) = formats.read(("notice.csv", (HEAD + line + "\n").encode()))
    assert item.refusal is not None
    assert (item.refusal.code, item.refusal.place) == ("notices.cell", f"row[2].{column}")
