"""Putting organisations and the places inside them on the node's list: from a table or one at a time.

`read_list` makes lines of a file, `plan` says what each would do and why some cannot be taken, `carry_out` does it in
one transaction with its ledger entries. The same list twice changes nothing; what it does not name stays as it is.
"""

from yifang.apps.places.registering.lines import COLUMNS, KINDS, Line, kind_of, read_list, word_of
from yifang.apps.places.registering.plan import Plan, Step, Wish, plan
from yifang.apps.places.registering.writing import carry_out

__all__ = ["COLUMNS", "KINDS", "Line", "Plan", "Step", "Wish", "carry_out", "kind_of", "plan", "read_list", "word_of"]
