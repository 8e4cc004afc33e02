"""Real files of every topic end stored or quarantined with a reason that has words; sent twice, nothing doubles."""

from pathlib import Path

import pytest

from tests import apps
from yifang.apps.intake import services
from yifang.apps.intake.models import BatchState, Quarantined
from yifang.apps.ledger.services import NODE
from yifang.apps.records.models import Person, Record
from yifang.kernel import messages

pytestmark = pytest.mark.django_db
TOPICS = ("hl7v2", "elr-pairs", "fhir", "cda", "tabular")


def counts() -> tuple[int, int, int]:
    return Record.objects.count(), Person.objects.count(), Quarantined.objects.count()


@pytest.mark.parametrize("topic", TOPICS)
def test_every_file_of_a_topic_is_accounted_for(shared: Path, topic: str):
    feed = apps.county().feeds["hospital"]
    files = sorted(path for path in (shared / "fixtures" / topic).rglob("*") if path.is_file())
    with apps.as_jobs():
        batches = [services.take_path(path, feed, NODE, name=str(path)) for path in files]
    for batch in batches:
        assert (batch.state, batch.items > 0) == (BatchState.DONE, True), batch.name
        held = Record.objects.filter(batch=batch.id).count()
        assert (batch.records, batch.refused) == (held, batch.quarantined.count()), batch.name
    for code, params in Quarantined.objects.values_list("code", "params"):
        assert code != "intake.not_storable"
        for language in messages.LANGUAGES:
            assert messages.render(code, params, language)
    apps.deliver()  # whatever was stored can also be looked at
    before = counts()
    with apps.as_jobs():
        for path in files:  # other names: other batches would be made only for other bytes
            services.take_path(path, feed, NODE, name=path.name)
    assert counts() == before
