"""Verbs about people: accounts and seats (`people`), and the broken glass (`glass`)."""

from yifang.apps.accounts.services.glass import ROW, answer_glass, break_glass, note_glass, row_reason
from yifang.apps.accounts.services.people import (
    create_user,
    disable,
    enable,
    end_seat,
    give_seat,
    lift_lock,
    limit_sessions,
    locked_until,
    reset_password,
)

__all__ = [
    "ROW", "answer_glass", "break_glass", "create_user", "disable", "enable", "end_seat", "give_seat", "lift_lock",
    "limit_sessions", "locked_until", "note_glass", "reset_password", "row_reason",
]  # fmt: skip
