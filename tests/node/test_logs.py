"""A log line names the event; a traceback in it shows no value of a variable."""

import io
import logging
import re

import structlog

from yifang.node import logs


def test_a_traceback_holds_no_values():
    patient = "王" + "小明"
    form = dict(logs.LOGGING["formatters"]["line"])
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(form.pop("()")(**form))
    logging.getLogger().addHandler(handler)
    try:
        try:
            int(patient)
        except ValueError as error:
            raise ValueError(f"not for {patient}") from error
    except ValueError:
        structlog.get_logger("yifang.test").exception("it failed", batch="b1")
        logging.getLogger("somebody.else").exception("it failed too")
    finally:
        logging.getLogger().removeHandler(handler)
    lines = written.getvalue()
    assert {"it failed too", "it failed", "batch=b1"} <= set(re.findall("it failed too|it failed|batch=b1", lines))
    assert lines.count("Traceback") == 2
    assert lines.count("builtins.ValueError") == 4  # each with what it came from
    assert "test_logs.py" in lines
    assert patient not in lines
