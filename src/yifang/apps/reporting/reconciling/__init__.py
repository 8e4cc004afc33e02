"""A file that was exported from the national system, held against cards that lack its number. Pure.

`export` reads the file by the words of its header (the `national_system` pack), `matching` says which line is which
card. What is done with it is `services.reconcile`.
"""

from yifang.apps.reporting.reconciling.export import Line, read_export
from yifang.apps.reporting.reconciling.matching import Candidate, Match, Verdict, match

__all__ = ["Candidate", "Line", "Match", "Verdict", "match", "read_export"]
