"""The rules of the report card, pure: answers in, every finding at once out.

`check` looks at each field of the pack's form (required, shape, code list), at the 31 logic rules and at the
supplement of the disease. It decides nothing and knows no database; whether an error blocks is the service's business.
"""

from yifang.apps.reporting.rules.answers import Alike, Answers, Situation
from yifang.apps.reporting.rules.checking import Finding, blocking, check
from yifang.apps.reporting.rules.form import IDENTITY, Field, Form, form_of
from yifang.apps.reporting.rules.windows import illness_days

__all__ = [
    "IDENTITY",
    "Alike",
    "Answers",
    "Field",
    "Finding",
    "Form",
    "Situation",
    "blocking",
    "check",
    "form_of",
    "illness_days",
]
