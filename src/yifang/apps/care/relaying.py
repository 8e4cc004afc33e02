"""Matters in which a CDC takes part travel between a hospital's node and the district's: whistles, discussions of a
suspicious case, unknown pneumonia, outbreaks in the hospital.

What travels are the steps that were taken; each node walks them, so that the desks there have the work items and clocks
that they would have on one common node, and the district's answers come back to who asked. Minimised: whom a matter is
about, whatever a form seals, files, and steps that stay in the house (`inside`) do not leave; who took a step is told
by role. Who blew an anonymous whistle stays sealed at the hospital's node.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext_lazy as _

from yifang.apps.accounts.roles import ROLES
from yifang.apps.accounts.visibility import group_of
from yifang.apps.care import desks
from yifang.apps.care.models import Matter, Step
from yifang.apps.care.services import matters
from yifang.apps.forms.models import FormVersion, Response
from yifang.apps.places.models import Organisation
from yifang.apps.relay import outbox
from yifang.apps.relay.kinds.sender import From, author
from yifang.apps.relay.models import Peer, Shared, Side
from yifang.kernel import protocols
from yifang.kernel.digest import digest_of
from yifang.kernel.protocols import RelayEntry
from yifang.knowledge import load
from yifang.knowledge.models.forms import Form
from yifang.knowledge.models.matters import MatterKind

NAME = "matter"
LEDGER = frozenset({"care.matter_opened", "care.step_taken"})
_PLAIN = ("kind", "area_code", "department", "disease", "topic", "sex", "age", "opener_role")
Json = dict[str, Any]
Refused = tuple[RelayEntry, str, Mapping[str, Any]]


def register() -> None:
    """Let matters go from node to node."""
    relayed = protocols.Relayed(
        NAME, _("院内流程"), LEDGER, concerned, build, take, everything=everything, page="care:matter"
    )
    outbox.carry(relayed)


def concerned(subjects: Sequence[UUID], peer: Peer) -> Collection[UUID]:
    """Up: those in which somebody of the area takes part by now. Down: what came from there."""
    if peer.side == Side.UP:
        rows = _outward().filter(id__in=subjects) if peer.role == "district" else ()
        return {one.id for one in rows if _waits_outside(one)}
    told = Shared.objects.filter(peer=peer, kind=NAME, subject__in=subjects, seen__gt=0)
    return set(told.values_list("subject", flat=True))


def everything(peer: Peer) -> Iterable[UUID]:
    """All that are open."""
    return _outward().filter(state="open").order_by("opened_at").values_list("id", flat=True)


def _outward() -> Any:
    """Matters of the kinds in which somebody of an area ever takes a step."""
    kinds = [kind.id for kind in load().matters.kinds if any(_outside(step.by) for step in kind.steps)]
    return Matter.objects.filter(kind__in=kinds)


def _outside(roles: Iterable[str]) -> bool:
    return any(role in ROLES and ROLES[role].scope == "area" for role in roles)


def _waits_outside(matter: Matter) -> bool:
    """Whether a seat of the area belongs to it: from the start of a whistle, from a suspicious conclusion on …"""
    return any("@area:" in seat for seat in matter.seats)


# -- building


def build(subjects: Sequence[UUID], peer: Peer) -> Mapping[UUID, Json]:
    """Each matter with the steps that may be known outside."""
    found: dict[UUID, Json] = {}
    steps: dict[UUID, list[Step]] = {}
    taken = Step.objects.filter(matter__in=subjects).select_related("response__form").order_by("noted_at", "id")
    for step in taken:
        steps.setdefault(step.matter_id, []).append(step)
    for one in Matter.objects.select_related("organisation").filter(id__in=subjects):
        kind = matters.kind_of(one.kind)
        inside = {step.id for step in kind.steps if step.inside}
        found[one.id] = {
            **{name: getattr(one, name) for name in _PLAIN},
            "organisation": one.organisation.code if one.organisation else None,
            "day": one.day.isoformat(), "opened_at": one.opened_at.isoformat(),
            "named": one.opened_by_id is not None,
            "steps": [_step(step) for step in steps.get(one.id, ()) if step.step not in inside],
        }  # fmt: skip
    return found


def _step(step: Step) -> Json:
    return {
        "id": str(step.id), "step": step.step, "at": step.at.isoformat(), "noted_at": step.noted_at.isoformat(),
        "role": step.role, "named": step.by_id is not None,
        "response": _response(step.response) if step.response else None,
    }  # fmt: skip


def _response(one: Response) -> Json:
    """The answers that are not sealed, with the questions as they were asked."""
    return {
        "id": str(one.id), "filled_at": one.filled_at.isoformat(), "answers": one.answers,
        "version": one.form.version, "form": one.form.content,
    }  # fmt: skip


# -- taking


def take(entries: Sequence[RelayEntry], peer: Peer) -> list[Refused]:
    """Walk the steps that are not here yet. Refuses what the peer may not begin or does not know."""
    refused: list[Refused] = []
    for entry in entries:
        matter = Matter.objects.select_for_update(of=("self",)).filter(id=entry.subject).first()
        wrong = _wrong(entry, matter, peer)
        if wrong is not None:
            refused.append((entry, *wrong))
            continue
        by = From(purpose=peer.name[:120])
        if matter is None:
            matter = _made(entry, peer, by)
        _walk(matter, entry, peer, by)
    return refused


def _wrong(entry: RelayEntry, matter: Matter | None, peer: Peer) -> tuple[str, Json] | None:
    body = entry.body
    code, kind = body["organisation"], next((one for one in load().matters.kinds if one.id == body["kind"]), None)
    if kind is None or not {one["step"] for one in body["steps"]} <= {step.id for step in kind.steps}:
        return "relay.unknown_kind", {"kind": str(body["kind"])[:40]}
    if body["disease"] and body["disease"] not in load().diseases:
        return "relay.unknown_kind", {"kind": str(body["disease"])[:40]}
    if matter is not None:
        shared = Shared.objects.filter(peer=peer, kind=NAME, subject=entry.subject).exists()
        return None if shared else ("relay.not_theirs", {"organisation": str(code)[:30]})
    if peer.side == Side.UP:
        return "relay.not_known", {}
    if code not in peer.organisations if code else not kind.anonymous:
        return "relay.not_theirs", {"organisation": str(code)[:30]}
    if code and not Organisation.objects.filter(code=code).exists():
        return "relay.no_organisation", {"organisation": code}
    return None


def _made(entry: RelayEntry, peer: Peer, by: From) -> Matter:
    body = entry.body
    kind = matters.kind_of(body["kind"])
    home = Organisation.objects.filter(code=body["organisation"]).first() if body["organisation"] else None
    area = home.area_code if home else peer.area_code or body["area_code"]
    start = matters.Start(home, area, disease=body["disease"], at=parse_datetime(body["opened_at"]))
    matter = matters.made(kind, start, by)
    matter.id, matter.day = entry.subject, parse_date(body["day"]) or matter.day
    for name in ("department", "topic", "sex", "age", "opener_role"):
        setattr(matter, name, body[name])
    matter.group = group_of(matter.disease) if matter.disease else ""
    matter.opened_by = author(peer) if body["named"] else None
    matter.seats = desks.seats_of(matter, kind)
    matter.save(force_insert=True)
    matters.say(matter, "care.matter_opened", by, {"parent": None, "node": peer.node})
    return matter


def _walk(matter: Matter, entry: RelayEntry, peer: Peer, by: From) -> None:
    kind = matters.kind_of(matter.kind)
    told = [one for one in entry.body["steps"] if _theirs(one, kind, peer)]
    here = set(Step.objects.filter(id__in=[one["id"] for one in told]).values_list("id", flat=True))
    seq = entry.steps[-1][0] if entry.steps else 0
    for one in told:
        if UUID(one["id"]) in here:
            continue
        step, named = kind.step(one["step"]), author(peer) if one["named"] else None
        response = _kept(one["response"], matter, named) if one["response"] else None
        Step(
            id=UUID(one["id"]), matter=matter, step=step.id, at=parse_datetime(one["at"]),
            noted_at=parse_datetime(one["noted_at"]), by=named, role=str(one["role"])[:30], response=response,
        ).save(force_insert=True)  # fmt: skip
        answers = response.answers if response else {}
        matters.advance(matter, kind, step, answers, by, {"step": step.id, "node": peer.node, "seq": seq})


def _theirs(one: Mapping[str, Any], kind: MatterKind, peer: Peer) -> bool:
    """Whether it is a step that the peer's people take: those of an area above, all others below."""
    role = ROLES.get(one["role"])
    above = role is not None and role.scope == "area"
    return above == (peer.side == Side.UP) and (role is None or one["role"] in kind.step(one["step"]).by)


def _kept(said: Mapping[str, Any], matter: Matter, by: Any) -> Response:
    content = said["form"]
    form = Form.model_validate(content)
    digest = digest_of(content)
    version = FormVersion(
        digest=digest,
        form=form.id,
        version=form.version,
        content=content,
        first_filled=parse_datetime(said["filled_at"]),
    )
    FormVersion.objects.bulk_create([version], ignore_conflicts=True)
    response = Response(
        id=UUID(said["id"]), form_id=digest, subject=matter.id, organisation_id=matter.organisation_id,
        answers={name: value for name, value in said["answers"].items() if name in form.questions},
        filled_by=by, filled_at=parse_datetime(said["filled_at"]), seats=list(matter.seats), group=matter.group,
    )  # fmt: skip
    response.save(force_insert=True)
    return response
