"""What a broken glass opens beyond the person themself, who is told of it, and what a refusal closes.

The web role may do none of it: who else knows the person must not show to one who has just asked.
"""

from collections.abc import Sequence
from datetime import datetime

from yifang.apps.accounts import policy
from yifang.apps.accounts.models import BreakGlass, GlassState, Visibility
from yifang.apps.accounts.queries import valid_seats
from yifang.apps.accounts.services import ROW, row_reason
from yifang.apps.accounts.visibility import Subject, show_many
from yifang.apps.ledger.services import NODE, Change, append
from yifang.apps.ledger.subscriptions import Heard, subscribe
from yifang.apps.places.models import Organisation
from yifang.kernel import areas, clock


def register() -> None:
    """Called once, when the app is ready."""
    subscribe("accounts.glass", ["accounts.glass_broken", "accounts.glass_answered"], on_glass)


def on_glass(heard: Sequence[Heard]) -> None:
    """Open or close the rows of each glass; tell who answers for the person."""
    for entry in heard:
        glass = BreakGlass.objects.get(id=entry.subject)
        if entry.kind == "accounts.glass_broken":
            _tell(glass)
            _open(glass)
        elif glass.state == GlassState.REFUSED:
            Visibility.objects.filter(reason=row_reason(glass.id)).update(until=clock.now())


def _tell(glass: BreakGlass) -> None:
    """Those who hold something of the person are told, and the CDC above all of them and above the one who broke it.

    One entry for the owners' desks; none where only the desk that answers anyway knows the person.
    """
    owners, above = _owners(glass)
    BreakGlass.objects.filter(id=glass.id).update(told=sorted({*owners, *above}))
    if owners:
        append(
            Change(
                "accounts.glass_told", "glass", glass.id,
                facts={"desks": {scope: policy.glass_answerers(scope) for scope in owners}, "reason": glass.reason},
                scopes=owners,
            ),
            NODE,
        )  # fmt: skip


def _owners(glass: BreakGlass) -> tuple[list[str], list[str]]:
    """Scopes of the desks that answer for the person, and of the counties that these and the breaker lie in."""
    rows = Visibility.objects.filter(person=glass.person).exclude(reason__startswith=ROW)
    known = set(rows.order_by("scope").distinct("scope").values_list("scope", flat=True))
    desks = Organisation.objects.filter(
        id__in=[scope.partition(":")[2] for scope in known if scope.startswith("org:")],
        seats__in=valid_seats().filter(role__in=policy.glass_answerers("org:")),
    )
    hospitals = {one.scope: _county(one.area_code) for one in desks}
    breaker = Organisation.objects.filter(id=glass.seat.organisation_id).first()
    own = [_county(breaker.area_code)] if breaker is not None else []
    places = [scope.partition(":")[2] for scope in known if scope.startswith("area:")]
    owners = sorted(hospitals) or sorted(f"area:{code}" for code in places if areas.level(code) == "county")
    return [scope for scope in owners if scope != glass.owner_scope], [*hospitals.values(), *own]


def _county(code: str) -> str:
    """The scope of the county that an area lies in, of the area itself above counties."""
    return f"area:{areas.at_level(code, 'county') or areas.normalise(code)}"


def _open(glass: BreakGlass) -> None:
    if glass.state == GlassState.REFUSED or glass.until <= clock.now():
        return
    known = Visibility.objects.filter(person=glass.person).exclude(subject=glass.person)
    rows = known.order_by("subject").distinct("subject").values_list("kind", "subject", "day", "disease")
    # In the ordinary group: an exposed nurse must learn of the HIV that her own role would never show her.
    shown = [
        (
            Subject(kind, subject, day, disease, "ordinary", glass.person),
            {f"user:{glass.user_id}": row_reason(glass.id)},
        )
        for kind, subject, day, disease in rows
    ]
    until: datetime = glass.until
    show_many(shown, until=until, by=glass.user_id)
