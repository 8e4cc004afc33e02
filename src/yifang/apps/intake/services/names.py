"""A hospital's own names of tests, drugs and departments: which the packs do not know, how often, and what they mean.

Unknown names are counted as they come, with what they are likeliest to mean. One that somebody confirmed is added to
each record as a code of ours beside what the source said, from then on and to what came before.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from difflib import SequenceMatcher
from functools import lru_cache
from uuid import UUID

from django.db import connection, transaction
from procrastinate.contrib.django import app as queue

from yifang.apps.accounts.viewers import Viewer
from yifang.apps.accounts.words import both
from yifang.apps.intake.models import NAME_TRANSITIONS, LocalName, NameKind, NameState
from yifang.apps.ledger.services import NODE, Actor, Change, append
from yifang.apps.places.models import Organisation
from yifang.apps.records.models import Record
from yifang.apps.records.services import annotate_stored
from yifang.formats import canonical
from yifang.identify.codes import CodeBook
from yifang.identify.labs import LabReader
from yifang.identify.values import plain
from yifang.kernel import clock
from yifang.kernel.errors import NotFound, UserError, WrongState
from yifang.kernel.ids import new_id
from yifang.knowledge import load

SYSTEM = "yifang"
ANNOTATE_TASK = "yifang.apps.intake.jobs.annotate_names"
_BACK_DAYS, _CHUNK = 60, 500
_PROPOSED = 3
# below so much likeness nothing is proposed; two drugs that end alike are two drugs
_LEAST = {NameKind.TEST: 0.5, NameKind.DRUG: 0.75, NameKind.DEPARTMENT: 0.5}
_FILLING = re.compile(
    r"\([^)]*\)|（[^）]*）|检测|测定|试验|反应|定性|定量|快速|快筛|本院|片|胶囊|颗粒|注射液|分散片|门诊|病房|[\s\-_/·.]"
)
# what a test looks for: an antibody is no antigen, and of none of them a nucleic acid
_LOOKS_FOR = (
    ("igm", re.compile(r"IGM")), ("igg", re.compile(r"IGG")), ("nucleic", re.compile(r"核酸|基因|[DR]NA|PCR")),
    ("antigen", re.compile(r"抗原|AG$|快$")), ("antibody", re.compile(r"抗体|AB$|^抗(?!酸)|^ANTI")),
    ("culture", re.compile(r"培养|生长")),
)  # fmt: skip
_OF_MANY = re.compile(r"病毒|杆菌|弧菌|球菌|新型")  # says nothing of which
_SAME_AGENT = 0.6
Key = tuple[str, str]  # kind, name
_COUNT = """INSERT INTO intake_localname
(id, organisation_id, kind, name, seen, first_at, last_at, proposals, state, target)
SELECT n.id, %s, n.kind, n.name, n.seen, %s, %s, n.proposals::jsonb, 'open', ''
FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::int[], %s::text[]) n (id, kind, name, seen, proposals)
ON CONFLICT (organisation_id, kind, name) DO UPDATE
SET seen = intake_localname.seen + excluded.seen, last_at = excluded.last_at"""


# -- which names are known, and what an unknown one may be


@lru_cache(maxsize=2)
def _reader(digest: str) -> LabReader:
    knowledge = load()
    return LabReader(knowledge, CodeBook(knowledge))


@lru_cache(maxsize=2)
def targets(digest: str) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """Of each kind the pack's ids with their names, the first of which is shown."""
    knowledge = load()
    tests = {one.id: (*one.names, *knowledge.spelled.get(one.id, ())) for one in knowledge.triggers.lab}
    drugs = {name: (name,) for rule in knowledge.triggers.drug for name in rule.names}
    departments = {one.code: (one.zh, *one.names) for one in knowledge.registers.departments}
    return {NameKind.TEST: tests, NameKind.DRUG: drugs, NameKind.DEPARTMENT: departments}


def label(kind: str, target: str) -> str:
    """What a target is called, with the disease that a test points to."""
    knowledge = load()
    names = targets(knowledge.digest)[kind].get(target)
    if not names:
        return target
    rule = next((one for one in knowledge.triggers.lab if one.id == target), None) if kind == NameKind.TEST else None
    disease = knowledge.diseases.get(rule.disease) if rule else None
    return f"{names[0]}（{disease.name}）" if disease else names[0]


def target_of(kind: str, said: str) -> str:
    """The target that somebody typed: its id, one of its names, or a part of the names of one target only; else ""."""
    known = targets(load().digest)[kind]
    wanted = _bare(said)
    if said in known or not wanted:
        return said if said in known else ""
    same = {target for target, names in known.items() if wanted in map(_bare, names)}
    found = same or {target for target, names in known.items() if any(wanted in _bare(one) for one in names)}
    return found.pop() if len(found) == 1 else ""


def propose(kind: str, name: str) -> list[tuple[str, float]]:
    """The likeliest targets of a name with their likeness, from 0 to 1; none that is unlike."""
    wanted = _bare(name)
    if not wanted:
        return []
    scored = []
    for target, names in targets(load().digest)[kind].items():
        best = max((_likeness(wanted, _bare(one), kind) for one in names), default=0.0)
        if best >= _LEAST[NameKind(kind)]:
            scored.append((target, round(best, 2)))
    return sorted(scored, key=lambda pair: -pair[1])[:_PROPOSED]


def _likeness(one: str, other: str, kind: str) -> float:
    if not one or not other:
        return 0.0
    if kind == NameKind.TEST:
        (agent, looks), (others, others_look) = _taken_apart(one), _taken_apart(other)
        if looks and others_look and looks != others_look:
            return 0.0
        if _alike(agent, others) < _SAME_AGENT:
            return 0.0
    return _alike(one, other)


def _taken_apart(name: str) -> tuple[str, str]:
    """What a test's name says of the agent, and what the test looks for; empty where it says nothing."""
    for looks, pattern in _LOOKS_FOR:
        if pattern.search(name):
            rest = name
            for _looks, also in _LOOKS_FOR:
                rest = also.sub("", rest)
            return _OF_MANY.sub("", rest) or rest, looks
    return _OF_MANY.sub("", name) or name, ""


def _alike(one: str, other: str) -> float:
    if not one or not other:
        return 0.0
    if one.isascii() and other.isascii() and min(len(one), len(other)) <= 5:
        return float(one == other)  # a letter more or less of an abbreviation is another test
    if len(other) >= 2 and (other in one or one in other):
        return 0.6 + 0.4 * min(len(one), len(other)) / max(len(one), len(other))
    return SequenceMatcher(None, one, other, autojunk=False).ratio()


def _bare(name: str) -> str:
    return _FILLING.sub("", plain(name)).upper()


@lru_cache(maxsize=50_000)
def _is_known(digest: str, kind: str, name: str) -> bool:
    if kind == NameKind.TEST:
        probe = canonical.Result((), name, "阳性", "")
        return bool(_reader(digest).read(probe, None))
    if kind == NameKind.DRUG:
        text = plain(name)
        return any(plain(one) in text for one in targets(digest)[kind])
    return any(name in names for names in targets(digest)[kind].values())


# -- as records come


def count(organisation: UUID, records: Sequence[canonical.Record]) -> None:
    """Count the names that the packs do not know. Inside the transaction that stores the records; as jobs."""
    digest = load().digest
    found = Counter(key for record in records for key in _names(record) if not _is_known(digest, *key))
    if not found:
        return
    keys = sorted(found)
    there = set(
        LocalName.objects.filter(organisation=organisation, name__in={name for _kind, name in keys}).values_list(
            "kind", "name"
        )
    )
    now = clock.now()
    columns = [
        [new_id() for _key in keys], [kind for kind, _name in keys], [name for _kind, name in keys],
        [found[key] for key in keys], ["[]" if key in there else _proposals(key) for key in keys],
    ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [organisation, now, now, *columns])


def _proposals(key: Key) -> str:
    kind, name = key
    elsewhere = LocalName.objects.filter(kind=kind, name=name, state=NameState.CONFIRMED).values_list(
        "target", flat=True
    )
    learnt = [(target, 1.0) for target in dict.fromkeys(elsewhere[:3])]
    return json.dumps([*learnt, *(one for one in propose(kind, name) if one[0] not in dict(learnt))][:_PROPOSED])


def _names(record: canonical.Record) -> Iterator[Key]:
    for result in record.results:
        if result.name:
            yield NameKind.TEST.value, result.name[:200]
    for drug in record.drugs:
        if drug.name:
            yield NameKind.DRUG.value, drug.name[:200]
    if record.encounter.department:
        yield NameKind.DEPARTMENT.value, record.encounter.department[:200]


def annotating(organisation: UUID, records: Sequence[canonical.Record]) -> Annotate | None:
    """What adds the confirmed names of a hospital to its records; None where it has confirmed none of theirs."""
    names = {name for record in records for _kind, name in _names(record)}
    if not names:
        return None
    rows = LocalName.objects.filter(organisation=organisation, state=NameState.CONFIRMED, name__in=names)
    known = {(kind, name): target for kind, name, target in rows.values_list("kind", "name", "target")}
    return Annotate(known) if known else None


class Annotate:
    """Adds our own code beside a name; a record of which nothing is known is handed back as it is."""

    def __init__(self, known: Mapping[Key, str]) -> None:
        self._known = known

    def __call__(self, record: canonical.Record) -> canonical.Record:
        results = tuple(self._coded(NameKind.TEST, one) for one in record.results)
        drugs = tuple(self._coded(NameKind.DRUG, one) for one in record.drugs)
        if results == record.results and drugs == record.drugs:
            return record
        return replace(record, results=results, drugs=drugs)

    def _coded(self, kind: NameKind, one: canonical.Result | canonical.Drug) -> object:
        target = self._known.get((kind.value, one.name[:200]))
        names = targets(load().digest)[kind].get(target, ()) if target else ()
        codes = tuple(code for code in one.codes if code.system != SYSTEM)
        if names and target:
            codes = (*codes, canonical.Code(SYSTEM, target, names[0]))
        return one if codes == one.codes else replace(one, codes=codes)


# -- what somebody says of a name


def answer(name_id: UUID, state: NameState, target: str, by: Actor) -> LocalName:
    """Confirm what a name means, or that it concerns nothing, or open it again; what came before is read anew.

    Raises NotFound `connect.no_name`, UserError `connect.no_target`, WrongState.
    """
    if isinstance(by, Viewer):
        by.check("feed.connect")
    with transaction.atomic():
        one = LocalName.objects.select_for_update().filter(id=name_id).first()
        if one is None:
            raise NotFound("connect.no_name")
        if state not in NAME_TRANSITIONS[NameState(one.state)]:
            raise WrongState("connect.name_state", state=both(NameState(one.state).label))
        if state == NameState.CONFIRMED and target not in targets(load().digest)[one.kind]:
            raise UserError("connect.no_target", target=target[:80])
        was = one.target
        one.state, one.target = state, target if state == NameState.CONFIRMED else ""
        one.answered_by_id, one.answered_at = by.user_id, clock.now()
        one.save(update_fields=["state", "target", "answered_by", "answered_at"])
        facts = {"state": state.value, "kind": one.kind, "target": one.target}
        scope = Organisation(id=one.organisation_id).scope
        append(Change("intake.name_answered", "local_name", one.id, fields=["state"], facts=facts, scopes=[scope]), by)
        if one.target != was:
            queue.configure_task(ANNOTATE_TASK).defer(name=str(one.id))
    return one


def annotate_before(name_id: UUID) -> int:
    """Add a name's meaning to what came before with it, or take it away; those records are looked at again. As jobs."""
    one = LocalName.objects.select_related("organisation").get(id=name_id)
    field = {NameKind.TEST: "results", NameKind.DRUG: "drugs"}.get(NameKind(one.kind))
    if field is None:
        return 0
    since = clock.now() - timedelta(days=_BACK_DAYS)
    rows = Record.objects.filter(organisation=one.organisation, current=True, at__gte=since)
    rows = rows.filter(**{f"payload__{field}__contains": [{"name": one.name}]}).select_related("organisation")
    added, place = 0, None
    annotate = Annotate({(one.kind, one.name): one.target})
    while chunk := list((rows.filter(id__gt=place) if place else rows).order_by("id")[:_CHUNK]):
        added += annotate_stored(chunk, annotate, NODE)
        place = chunk[-1].id
    return added


def standard_department(organisation: UUID, name: str) -> str:
    """The code of a department of the packs that a hospital's own name means, empty where nobody said."""
    for one in load().registers.departments:
        if name in (one.zh, *one.names):
            return one.code
    row = LocalName.objects.filter(
        organisation=organisation, kind=NameKind.DEPARTMENT, name=name, state=NameState.CONFIRMED
    )
    return row.values_list("target", flat=True).first() or ""
