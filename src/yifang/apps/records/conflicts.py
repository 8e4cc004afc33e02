"""One identity number, two names: noted for the hospital that sent the second, which says what is true of it.

Nothing is merged here. Where the source was wrong it sends the record again, corrected, and the record moves to the
right person by itself.
"""

from uuid import UUID

from django.db import transaction

from yifang.apps.accounts.viewers import Viewer
from yifang.apps.accounts.words import both
from yifang.apps.ledger.services import NODE, Change, append
from yifang.apps.places.models import Organisation
from yifang.apps.records.models import CONFLICT_TRANSITIONS, ConflictState, IdentityConflict
from yifang.apps.work import services as work
from yifang.kernel import clock
from yifang.kernel.errors import NotFound, UserError, WrongState
from yifang.kernel.ids import new_id

WORK = "identity_conflict"


def note(person: UUID, holder: UUID, organisation: Organisation) -> None:
    """Ask the hospital's desk about a person with the number of `holder`; once, however often they come. Jobs only."""
    _, fresh = IdentityConflict.objects.get_or_create(
        person_id=person, defaults={"id": new_id(), "holder_id": holder, "found_at": clock.now()}
    )
    if fresh:
        facts = {"holder": holder, "organisation": organisation.id}
        append(Change("records.identity_conflict", "person", person, facts=facts, scopes=[organisation.scope]), NODE)
        desks = [work.DeskAt(organisation.scope, "hospital_desk")]
        work.open_item(WORK, "person", person, desks, NODE, title=organisation.name, title_en=organisation.name)


def of(person: UUID) -> IdentityConflict | None:
    """The conflict about a person, as far as the entered viewer sees them."""
    return IdentityConflict.objects.filter(person_id=person).first()


def answer(person: UUID, viewer: Viewer, to_state: str) -> IdentityConflict:
    """Say what is true. Raises NotAllowed, NotFound `records.no_conflict`, UserError or WrongState."""
    viewer.check("person.match")
    with transaction.atomic():
        found = IdentityConflict.objects.select_for_update().filter(person_id=person).first()
        if found is None:
            raise NotFound("records.no_conflict")
        if to_state not in ConflictState.values:
            raise UserError("records.conflict_answer")
        if to_state not in CONFLICT_TRANSITIONS[ConflictState(found.state)]:
            raise WrongState("records.conflict_state", state=both(ConflictState(found.state).label))
        found.state, found.answered_by_id, found.answered_at = to_state, viewer.user_id, clock.now()
        found.save(update_fields=["state", "answered_by", "answered_at"])
        facts = {"state": to_state}
        scopes = [scope for scope in viewer.scopes if not scope.startswith("user:")]
        append(
            Change("records.conflict_answered", "person", person, fields=["state"], facts=facts, scopes=scopes), viewer
        )
        work.end(WORK, person, viewer, outcome=to_state)
    return found
