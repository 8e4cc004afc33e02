"""What can go wrong, told apart by whose fault it is.

An error carries a message code and its parameters; the words live in `kernel/messages/*.yaml`, so that one error reads
in Chinese or English. A bug is not a `YifangError`: it stays an ordinary exception and ends loudly.
The table at the end is the only place that turns an error into an HTTP status.
"""

from __future__ import annotations

import traceback
from typing import Any

from yifang.kernel import messages


class YifangError(Exception):
    """An error a person can read: `code` names the text (`kernel.not_found`), `params` fill its placeholders."""

    def __init__(self, code: str, /, **params: Any) -> None:
        super().__init__(code, params)
        self.code = code
        self.params = params

    def __reduce__(self) -> tuple[Any, ...]:
        # A worker process hands its error on; the parameters are keywords, which `args` alone would lose.
        return _again, (type(self), self.args, self.__dict__)

    def render(self, lang: str = "zh") -> str:
        """The message in `lang` (zh or en). Raises `messages.MessageError` for an unknown code or missing parameter."""
        return messages.render(self.code, self.params, lang)

    def __str__(self) -> str:
        try:
            return self.render("en")
        except messages.MessageError:
            return f"{self.code} {self.params}"


def _again(kind: type[YifangError], args: tuple[Any, ...], state: dict[str, Any]) -> YifangError:
    """An error that was pickled, as it was, whatever its own `__init__` asks for."""
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error


class UserError(YifangError):
    """A person gave something wrong: an option, a field, a file."""


class NotAllowed(YifangError):
    """This person may not do this."""


class NotFound(YifangError):
    """There is no such thing, or this person may not know that there is."""


class WrongState(YifangError):
    """The thing exists, but cannot make this step from its present state."""


class ConfigError(YifangError):
    """The installation is set up wrongly: a setting, a pack, a key file."""


def place_of(error: BaseException) -> str:
    """The kind of an error and where we raised or met it: `IntegrityError yifang.apps.records.people:88`.

    For logs and tables. Its words are left out: a database quotes the row that it refuses, a parser the text it cannot
    read, and either may be somebody's name.
    """
    places = [(frame.f_globals.get("__name__", "?"), line) for frame, line in traceback.walk_tb(error.__traceback__)]
    ours = [place for place in places if place[0].startswith("yifang.")] or places
    return f"{type(error).__name__} {ours[-1][0]}:{ours[-1][1]}" if ours else type(error).__name__


_HTTP_STATUS: dict[type[YifangError], int] = {
    UserError: 400,
    NotAllowed: 403,
    NotFound: 404,
    WrongState: 409,
    ConfigError: 500,
}
EXIT_CODE = 2  # every YifangError on the command line; a bug exits 1 with its traceback


def http_status(error: YifangError) -> int:
    """The HTTP status of an error; a kind the table does not name is ours, hence 500."""
    for kind in type(error).__mro__:
        if kind in _HTTP_STATUS:
            return _HTTP_STATUS[kind]
    return 500
