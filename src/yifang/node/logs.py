"""How processes write their log: a line each, to standard error, with the event, its fields and the time in UTC.

A traceback shows code and kinds of errors, never the values that stood in variables nor the words of an error: a
database quotes the row that it refuses, and either may be of a patient.
"""

import re
import traceback
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog

_SHARED = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper("%Y-%m-%dT%H:%M:%SZ", utc=True),
)


def traceback_without_words(out: TextIO, exc_info: Any) -> None:
    """Write where an error and those behind it arose, the first of them first, each named by its kind."""
    chain, error = [], exc_info[1]
    while error is not None and error not in chain:
        chain.append(error)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    out.write("Traceback, without the words of errors:\n")
    for one in reversed(chain):
        out.writelines(traceback.format_tb(one.__traceback__))
        out.write(f"{type(one).__module__}.{type(one).__qualname__}\n")


_LINK = re.compile(r"/w/[^\s'\"?]+")  # a signed link names a visit, and opens it for two minutes


def without_links(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A signed link is not written into a log."""
    event["event"] = _LINK.sub("/w/…", str(event.get("event", "")))
    return event


LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": structlog.stdlib.ProcessorFormatter,
            "foreign_pre_chain": _SHARED,
            "processors": (
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                without_links,
                structlog.dev.ConsoleRenderer(
                    colors=False, pad_event_to=0, exception_formatter=traceback_without_words
                ),
            ),
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {"yifang": {"level": "INFO"}},
}


def configure() -> None:
    """Send what rooms write with structlog the same way as what libraries write with `logging`."""
    structlog.configure(
        processors=(
            structlog.stdlib.filter_by_level,
            *_SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ),
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
