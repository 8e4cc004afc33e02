"""For how long a glass is broken: what we decided, with the reason. By whom and why stands in the visibility pack."""

from datetime import timedelta

from yifang.apps.accounts.roles import ROLES
from yifang.knowledge import load

# DESIGN §6: three hours are a shift's emergency; the pack's 24 hours are the time in which a second person answers.
GLASS_OPEN = timedelta(hours=3)
GLASS_ANSWER = timedelta(hours=24)

# Signed in at one time in so many browsers: a desk, a phone and a ward's shared machine.
SESSIONS = 3


def glass_reasons() -> tuple[str, ...]:
    """The reasons for which a glass may be broken, in the pack's words."""
    return tuple(load().visibility.rules.break_glass.reasons)


def may_break_glass(role: str) -> bool:
    """Whether the pack allows it to holders of `role`."""
    return role in ROLES and ROLES[role].pack_role in load().visibility.rules.break_glass.allowed


def glass_answerers(owner_scope: str) -> tuple[str, ...]:
    """The roles at `owner_scope` of which a second person answers."""
    return ("hospital_desk",) if owner_scope.startswith("org:") else ("epidemiologist", "duty_officer")
