"""Cases from a district to its city, without identity: what is counted and judged, and nothing that says who.

No name, number, telephone, address, birth date, school or employer goes up; the residence down to the township, of a
sensitive disease down to the county only. The person is a pseudonym under the sender's key: the same for two cases of
one person, and nobody without the key can try one out. A province gets no cases, only counts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from yifang.apps.accounts.keys import sealing
from yifang.apps.accounts.visibility import SHARED_IN_A_DEPARTMENT, show_many
from yifang.apps.ledger.bulk import copy_in
from yifang.apps.ledger.services import NODE, Change, append
from yifang.apps.ledger.subscriptions import Heard
from yifang.apps.places.models import Organisation, OrganisationKind
from yifang.apps.records.models import Person
from yifang.apps.relay import outbox
from yifang.apps.relay.kinds import rows
from yifang.apps.relay.kinds.sender import From
from yifang.apps.relay.models import Peer, Side
from yifang.apps.reporting import visible
from yifang.apps.reporting.models import Case
from yifang.kernel import areas, clock, protocols
from yifang.kernel.protocols import RelayEntry

NAME = "case"
_TAKEN = "reporting.cases_taken"  # of a whole export: names them in its facts
_STEPS = ("made", "joined", "changed", "excluded")
LEDGER = frozenset({*(f"reporting.case_{step}" for step in _STEPS), _TAKEN})
_OWN = ("id", "person_id", "report_org_id", "school_id", "place_id", "worksite_id", "unit_unresolved")
CASE = rows.columns(Case, _OWN)
Json = dict[str, Any]
Refused = tuple[RelayEntry, str, Mapping[str, Any]]


def register() -> None:
    """Let cases go up."""
    from django.utils.translation import gettext_lazy as _

    outbox.carry(
        protocols.Relayed(
            NAME, _("病例（不含身份）"), LEDGER, concerned, build, take, subjects=subjects, everything=everything,
            page="reporting:case",
        )
    )  # fmt: skip


def subjects(heard: Heard) -> Sequence[UUID]:
    """The cases of an entry."""
    if heard.kind == _TAKEN:
        return [UUID(one) for one in heard.facts["cases"]]
    return [heard.subject] if heard.subject is not None else []


def concerned(subjects: Sequence[UUID], peer: Peer) -> Collection[UUID]:
    """All of them, for a city above."""
    return subjects if peer.side == Side.UP and peer.role == "city" else ()


def everything(peer: Peer) -> Iterable[UUID]:
    return Case.objects.order_by("created_at").values_list("id", flat=True)


def build(subjects: Sequence[UUID], peer: Peer) -> Mapping[UUID, Json]:
    """Each case as it stands, without who it is."""
    ring = sealing()
    found = {}
    for case in Case.objects.select_related("report_org", "person").filter(id__in=subjects):
        told = rows.written(case, CASE)
        open_ = case.group in SHARED_IN_A_DEPARTMENT
        told["residence_area"] = _coarse(case.residence_area, "township" if open_ else "county")
        home = case.report_org
        pseudonym = ring.digest("relay.person", str(case.person.root_id).encode())
        found[case.id] = {
            "case": told,
            "person": str(UUID(hex=pseudonym[:32], version=5)),
            "organisation": {"code": home.code, "name": home.name, "kind": home.kind, "area": home.area_code},
        }
    return found


def take(entries: Sequence[RelayEntry], peer: Peer) -> list[Refused]:
    """Store the cases of a batch. Refuses those of a hospital outside the sender's area, and all but a district's."""
    if peer.side != Side.DOWN or peer.role != "district":
        return [(one, "relay.not_theirs", {"organisation": peer.name}) for one in entries]
    rows_of = Case.objects.select_for_update(of=("self",)).select_related("report_org")
    held = rows_of.in_bulk([one.subject for one in entries])
    homes, refused = _homes(entries, peer), []
    persons = {UUID(one.body["person"]): one for one in entries}
    known = set(Person.objects.filter(id__in=persons).values_list("id", flat=True))
    new_persons, new, changes = {}, [], []
    for entry in entries:
        home = homes.get(entry.body["organisation"]["code"])
        known_as = held.get(entry.subject)
        if known_as is not None and not _inside(known_as.report_org, peer):
            home = None  # another district's case
        if home is None:
            refused.append((entry, "relay.not_theirs", {"organisation": str(entry.body["organisation"]["code"])[:30]}))
            continue
        fields = rows.read(entry.body["case"], CASE)
        case, person = held.get(entry.subject), UUID(entry.body["person"])
        if person not in known and person not in new_persons:
            county = _coarse(fields["residence_area"], "county")
            new_persons[person] = Person(id=person, sex=fields["sex"], area_code=county, created_at=clock.now())
        is_new = case is None
        if case is None:
            case = Case(id=entry.subject)
        for name, value in fields.items():
            setattr(case, name, value)
        case.person_id, case.report_org = person, home
        if is_new:
            new.append(case)
        scopes = list(visible.of_case(case, []))
        what = "made" if is_new else "excluded" if case.excluded else "changed"
        facts = {"node": peer.node, "seq": entry.steps[-1][0] if entry.steps else 0}
        changes.append(Change(f"reporting.case_{what}", "case", case.id, facts=facts, scopes=scopes))
        held[entry.subject] = case
    copy_in(list(new_persons.values()))
    show_many([(visible.subject_of(one, one.entered_on), visible.of_case(one, [])) for one in new], new=True)
    copy_in(new)
    fresh = {one.id for one in new}
    aside = {id(one) for one, _, _ in refused}
    for entry in entries:
        case = held.get(entry.subject)
        if case is not None and case.id not in fresh and id(entry) not in aside:
            case.save()
            visible.settle(visible.subject_of(case, case.entered_on), visible.of_case(case, []))
    append(changes, From(purpose=peer.name[:120]))
    return refused


def _homes(entries: Sequence[RelayEntry], peer: Peer) -> dict[str, Organisation]:
    """The hospitals of the cases by code; one not known here yet is put on the list, if the peer's area holds it."""
    told = {one.body["organisation"]["code"]: one.body["organisation"] for one in entries}
    known = {one.code: one for one in Organisation.objects.filter(code__in=told)}
    for code, one in told.items():
        if code in known:
            continue
        if not areas.contains(peer.area_code, one["area"]) or one["kind"] not in OrganisationKind.values:
            continue
        made = Organisation(code=code, name=one["name"][:120], kind=one["kind"], area_code=one["area"])
        made.save(force_insert=True)
        append(
            Change(
                "places.organisation_made", "organisation", made.id, fields=["code", "name"],
                facts={"kind": made.kind, "node": peer.node},
            ),
            NODE,
        )  # fmt: skip
        known[code] = made
    return {one.code: one for one in known.values() if _inside(one, peer)}


def _inside(home: Organisation, peer: Peer) -> bool:
    return bool(peer.area_code) and areas.contains(peer.area_code, home.area_code)


def _coarse(area: str, level: str) -> str:
    """An area no finer than `level`."""
    return areas.at_level(area, level) or area if area else ""
