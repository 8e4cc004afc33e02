"""Visibility rows: which places see a subject, computed from where it happened, and written once.

The rows are the only source of what anybody sees; services add them in the transaction that makes the subject, before
the subject itself, so that the policy lets its maker write it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import connection

from yifang.apps.accounts.models import Level, SubjectKind, Visibility
from yifang.kernel import areas, clock
from yifang.knowledge import load

# A department shares its ordinary cases; what is sensitive stays with the doctor and the public-health desk.
SHARED_IN_A_DEPARTMENT = frozenset({"ordinary", "tb"})


@dataclass(frozen=True, slots=True)
class Subject:
    """What the rows are about; `day` orders lists, `disease` filters them, `group` is the sensitivity group.

    Whoever sees the subject sees the `person` it is about, so a person needs rows of their own only for break-glass.
    """

    kind: SubjectKind
    id: UUID
    day: date
    disease: str = ""
    group: str = "ordinary"
    person: UUID | None = None


# One array a column and one text of scopes a subject: the rows of a batch of cases are thousands.
_APART = "\x1f"
_SHOW = f"""INSERT INTO accounts_visibility
(scope, reason, kind, subject, person, day, disease, "group", level, until, granted_by)
SELECT s.scope, s.reason, n.kind, n.subject, n.person, n.day, n.disease, n."group", %s, %s, %s
FROM unnest(%b::text[], %b::uuid[], %b::uuid[], %b::date[], %b::text[], %b::text[], %b::text[], %b::text[])
    n (kind, subject, person, day, disease, "group", scopes, reasons),
    unnest(string_to_array(scopes, '{_APART}'), string_to_array(reasons, '{_APART}')) s (scope, reason)"""


def group_of(disease: str) -> str:
    """The sensitivity group of a disease in the visibility pack, `ordinary` for the rest."""
    return load().visibility.group_of(disease)


def list_name(disease: str, group: str, lang: str = "zh") -> str:
    """What lists of work and notices call a disease, "" for none: a sensitive one is never named there.

    Source: visibility pack, rules.screens.
    """
    if group not in SHARED_IN_A_DEPARTMENT:
        return "Sensitive disease" if lang == "en" else "敏感病种"
    found = load().diseases.get(disease)
    return (found.en if lang == "en" else found.name) if found else ""


def area_scopes(*codes: str) -> list[str]:
    """Scopes of the areas and each level above them, without repeats; empty codes are skipped."""
    found: dict[str, None] = {}
    for code in codes:
        if code:
            found.update(dict.fromkeys(f"area:{one}" for one in areas.ancestors(code)))
    return list(found)


def show(
    subject: Subject,
    scopes: Iterable[str],
    reason: str,
    *,
    level: Level = Level.CASE,
    until: datetime | None = None,
    by: int | None = None,
) -> None:
    """Let `scopes` see `subject`; a row that is there already stays as it is."""
    show_many([(subject, dict.fromkeys(scopes, reason))], level=level, until=until, by=by)


def show_many(
    shown: Iterable[tuple[Subject, Mapping[str, str]]],
    *,
    level: Level = Level.CASE,
    until: datetime | None = None,
    by: int | None = None,
    new: bool = False,
) -> None:
    """As `show`, for many subjects at once, each with its scopes and the reason of each.

    `new`: nobody was shown any of them before, so that nothing need be looked for; a sixth of the time.
    """
    rows = [
        (
            subject.kind, subject.id, subject.id if subject.kind == SubjectKind.PERSON else subject.person,
            subject.day, subject.disease, subject.group, _APART.join(scopes), _APART.join(scopes.values()),
        )
        for subject, scopes in shown if scopes
    ]  # fmt: skip
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            _SHOW if new else f"{_SHOW} ON CONFLICT DO NOTHING",
            [int(level), until, by, *map(list, zip(*rows, strict=True))],
        )


def end(subject: UUID, scopes: Iterable[str], reason: str) -> None:
    """From now on `scopes` no longer see the subject for `reason`."""
    Visibility.objects.filter(subject=subject, scope__in=list(scopes), reason=reason).update(until=clock.now())


def listed(
    kind: SubjectKind,
    scope: str,
    *,
    disease: str = "",
    after: tuple[date, UUID] | None = None,
    limit: int = 50,
) -> list[tuple[date, UUID]]:
    """Keys (day, subject) of what `scope` sees, newest first, from `after` on: an index walk, however large it is."""
    conditions, values = ["scope = %s", "kind = %s"], [scope, kind]
    if disease:
        conditions.append("disease = %s")
        values.append(disease)
    if after is not None:
        conditions.append("(day, subject) < (%s, %s)")
        values.extend(after)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT DISTINCT day, subject FROM accounts_visibility WHERE {" AND ".join(conditions)}
            ORDER BY day DESC, subject DESC LIMIT %s""",
            [*values, limit],
        )
        return cursor.fetchall()
