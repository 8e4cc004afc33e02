"""In which state, and where, a card or a suspicion may take a step. Who may at all stands in `accounts.roles`.

What the standard says: the states and their transitions (`models`). What we decided: a hospital acts on its own cards,
a CDC on those reported in its area; the district of residence looks, it does not audit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from yifang.apps.accounts.viewers import Viewer
from yifang.apps.accounts.words import both
from yifang.apps.reporting.models import (
    NO_REPORT,
    SUSPICION_TRANSITIONS,
    Card,
    CardState,
    Suspicion,
    SuspicionState,
)
from yifang.kernel import areas
from yifang.kernel.errors import NotAllowed, WrongState, YifangError

_EDITED = frozenset({CardState.DRAFT, CardState.RETURNED_BY_HOSPITAL, CardState.RETURNED_BY_DISTRICT})
_WITH_DISTRICT = frozenset({CardState.SUBMITTED, CardState.AUDITED})
_LIVE = frozenset(CardState) - frozenset(NO_REPORT)


@dataclass(frozen=True, slots=True)
class Verb:
    """One step: its name, the permission it needs, the states it starts from and ends in (None: it stays)."""

    label: Any
    permission: str
    states: frozenset[CardState]
    to: CardState | None = None


VERBS: dict[str, Verb] = {
    "save": Verb(_("保存"), "card.draft", _EDITED),
    "report": Verb(_("上报"), "card.report", _EDITED, CardState.HOSPITAL_REVIEW),
    "discard": Verb(_("弃置草稿"), "card.draft", frozenset({CardState.DRAFT}), CardState.DISCARDED),
    "return_by_hospital": Verb(
        _("退回医生"), "card.review", frozenset({CardState.HOSPITAL_REVIEW}), CardState.RETURNED_BY_HOSPITAL
    ),
    "approve": Verb(_("审核通过"), "card.review", frozenset({CardState.HOSPITAL_REVIEW}), CardState.SUBMITTED),
    "enter": Verb(_("登记网报卡号"), "card.enter", _WITH_DISTRICT | {CardState.RETURNED_BY_DISTRICT}),
    "correct_entry": Verb(_("更正网报卡号"), "card.enter", _LIVE),
    "explain": Verb(_("说明迟报原因"), "card.enter", _LIVE),
    "register": Verb(_("登记专病系统编号"), "card.enter", _LIVE),
    "audit": Verb(_("终审"), "card.audit", frozenset({CardState.SUBMITTED}), CardState.AUDITED),
    "audit_revision": Verb(_("审核订正"), "card.audit", frozenset({CardState.AUDITED})),
    "undo_audit": Verb(_("撤销终审"), "card.audit", frozenset({CardState.AUDITED}), CardState.SUBMITTED),
    "return_by_district": Verb(
        _("退卡"), "card.audit", frozenset({CardState.SUBMITTED}), CardState.RETURNED_BY_DISTRICT
    ),
    "correct": Verb(_("订正"), "card.correct", _WITH_DISTRICT),
    "delete": Verb(_("删除"), "card.delete", _LIVE, CardState.DELETED),
}


def check(card: Card, verb: str, viewer: Viewer) -> None:
    """Raises NotAllowed (role or place) or WrongState `reporting.card_state` unless the viewer may do it now."""
    step = VERBS[verb]
    viewer.check(step.permission)
    if not in_place(card, viewer):
        raise NotAllowed("reporting.not_your_card")
    if card.state not in step.states:
        raise WrongState("reporting.card_state", state=both(CardState(card.state).label), verb=both(step.label))
    if verb == "delete" and card.state == CardState.AUDITED and not viewer.can("card.audit"):
        # national_system pack, transitions: the reporting unit deletes before the audit, the CDC after it
        raise WrongState("reporting.delete_after_audit")


def can(card: Card, verb: str, viewer: Viewer) -> bool:
    """Whether `check` would pass: for buttons."""
    try:
        check(card, verb, viewer)
    except YifangError:
        return False
    return True


def verbs(card: Card, viewer: Viewer) -> tuple[str, ...]:
    """The steps open to the viewer now, in the order of the life of a card."""
    return tuple(verb for verb in VERBS if can(card, verb, viewer))


def check_answer(suspicion: Suspicion, viewer: Viewer, to: SuspicionState) -> None:
    """Raises NotAllowed or WrongState `reporting.suspicion_state` unless the viewer may answer it so now."""
    viewer.check("suspicion.answer")
    if viewer.organisation_id != suspicion.organisation_id:
        raise NotAllowed("reporting.not_your_suspicion")
    if to not in SUSPICION_TRANSITIONS[SuspicionState(suspicion.state)]:
        raise WrongState("reporting.suspicion_state", state=both(SuspicionState(suspicion.state).label))


def in_place(card: Card, viewer: Viewer) -> bool:
    """Whether the viewer sits at the card's hospital, or looks from an area that it was reported in."""
    if viewer.organisation_id == card.organisation_id:
        return True
    looks_from_area = any(scope.startswith("area:") for scope in viewer.scopes)
    return looks_from_area and areas.contains(viewer.area_code, card.report_area)
