"""What stands in a database after files were taken, without ids: equal for two runs that came to the same end.

What was withdrawn before anybody was asked never came to be in a run that saw report and withdrawal together: only
what stands is compared.

`outcome` reads it by SQL, from a node as well as from the test's own database; `promised` says what of it follows
from the files alone, by reading them here.
"""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from tests.soak.arrivals import Arrival
from yifang import formats
from yifang.formats.canonical import Record
from yifang.formats.identity import message_key
from yifang.formats.storage import to_json
from yifang.kernel.digest import digest_of

Rows = list[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Promised:
    """By the files alone: versions (content digest, number, current, state), what is refused, counts of the batches."""

    versions: Rows
    refused: Rows
    totals: tuple[int, int, int]  # items, records and repeats together, refused


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the database holds of these files; each list sorted, doubled rows stay doubled."""

    versions: Rows
    refused: Rows
    totals: tuple[int, int, int]
    unfinished: tuple[int]  # batches
    persons: Rows
    seen: Rows
    suspicions: Rows
    work: Rows


def promised(arrivals: Iterable[Arrival]) -> Promised:
    """What must be stored and refused when all files were taken in their order."""
    known: dict[str, list[tuple[str, str, set[str]]]] = {}
    refused: Rows = []
    items, told, files = 0, 0, set()
    for one in arrivals:
        digest = sha256(one.data).hexdigest()
        if digest in files:
            continue
        files.add(digest)
        for item in formats.read((one.name, one.data)):
            items += 1
            if item.refusal is not None:
                refused.append((digest, item.index, item.refusal.code, item.refusal.place, len(item.head + item.raw)))
            for record in item.records:
                told += 1
                versions = known.setdefault(record.key, [])
                content, message = _content(record), message_key(record.source)
                again = [one for one in versions if one[0] == content and message and message in one[2]]
                if versions and versions[-1][0] == content:
                    versions[-1][2].add(message)
                elif not again:
                    versions.append((content, record.status, {message}))
    versions = [
        (content, number, number == len(each), status)
        for each in known.values()
        for number, (content, status, _) in enumerate(each, 1)
    ]
    return Promised(sorted(versions), sorted(refused), (items, told, len(refused)))


def _content(record: Record) -> str:
    """The digest of what a record says, whatever carried it: as `Record.digest` is defined."""
    said = to_json(record)
    said.pop("source", None)
    return digest_of(said)


def outcome(sql: Any, arrivals: Sequence[Arrival]) -> Outcome:
    """What `sql` (anything with `execute` and `fetchall`) holds of the files."""

    def rows(query: str) -> Rows:
        sql.execute(query, [[sha256(one.data).digest() for one in arrivals]])
        return sorted(sql.fetchall(), key=repr)

    items, told, refused, unfinished = rows(_BATCHES)[0]
    return Outcome(
        versions=sorted(rows(_VERSIONS)),
        refused=sorted(rows(_REFUSED)),
        totals=(items, told, refused),
        unfinished=(unfinished,),
        persons=rows(_PERSONS),
        seen=rows(_SEEN),
        suspicions=sorted((_plain(row) for row in rows(_SUSPICIONS)), key=repr),
        work=rows(_WORK),
    )


def _plain(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """A suspicion with its evidence as a sorted count: doubled evidence is not the same."""
    *facts, evidence = row
    pieces = json.loads(evidence) if isinstance(evidence, str) else evidence
    counted = Counter(json.dumps(piece, ensure_ascii=False, sort_keys=True) for piece in pieces)
    return (*facts, tuple(sorted(counted.items())))


_OURS = """WITH batch AS (SELECT * FROM intake_batch WHERE digest = ANY(%s)),
record AS (SELECT r.*, encode(r.digest, 'hex') AS content FROM records_record r JOIN batch b ON b.id = r.batch),
suspicion AS (SELECT * FROM reporting_suspicion WHERE person_id IN (SELECT person_id FROM record))
"""
_BATCHES = f"""{_OURS} SELECT sum(items)::int, sum(records + repeats)::int, sum(refused)::int,
count(*) FILTER (WHERE state <> 'done' OR next_index <> items)::int FROM batch"""
_VERSIONS = f"{_OURS} SELECT content, version, current, state FROM record"
_REFUSED = f"""{_OURS} SELECT encode(b.digest, 'hex'), q.index, q.code, q.place, q.size
FROM intake_quarantined q JOIN batch b ON b.id = q.batch_id"""
_PERSONS = f"""{_OURS} SELECT masked_name, masked_id_no, sex, birth_date, count(*) FROM records_person p
JOIN record r ON r.person_id = p.id GROUP BY p.id"""
_SEEN = f"""{_OURS} SELECT content, split_part(v.scope, ':', 1), v.reason, v."group" FROM record r
JOIN accounts_visibility v ON v.subject = r.id AND v.reason = 'record'"""
# The record behind a piece of evidence is named by its content: ids differ from run to run.
_SUSPICIONS = f"""{_OURS} SELECT p.masked_name, p.birth_date, s.disease, s.state, s.confidence, s.rule, s.case_class,
s.subtype_hint, s.urgent, s.unsupported, s.reopened, s.department, s.evidence_at, s.due_at, r.content,
(SELECT coalesce(jsonb_agg(e || jsonb_build_object('record', x.content)), '[]')
 FROM jsonb_array_elements(s.evidence) e JOIN record x ON x.id::text = e ->> 'record')
FROM suspicion s JOIN records_person p ON p.id = s.person_id JOIN record r ON r.id = s.record_id
WHERE s.state <> 'withdrawn'"""
_WORK = f"""{_OURS} SELECT w.kind, w.state, w.outcome, s.disease, p.masked_name, p.birth_date,
(SELECT count(*) FROM work_desk d WHERE d.item_id = w.id) FROM work_workitem w
JOIN suspicion s ON s.id = w.subject JOIN records_person p ON p.id = s.person_id WHERE w.state IN ('open', 'claimed')"""
