"""The rules that identification goes by: the packs with the rule set in force, asked of the database each time.

`in_force()` is what records are read by; every process takes up a newly activated version with its next batch, without
a restart. Of the packs only triggers and syndromes may differ from `knowledge.load()`.
"""

from yifang.apps.reporting.rulebook.force import MAY_CHANGE, in_force, read, version_of

__all__ = ["MAY_CHANGE", "in_force", "read", "version_of"]
