"""The ledger: everyone writes, nobody changes; the auditor reads all, others what concerns a subject they may see."""

from yifang.kernel.row_security import ROLE, Table, seen

_READERS = f"{ROLE} IN ('auditor', 'administrator') OR (stream = 'change' AND {seen('subject')})"

TABLES = [
    Table("ledger_entry", may="SELECT, INSERT", rows=_READERS, added="true", jobs="SELECT, INSERT"),
    Table("ledger_seal", secure=False, jobs="SELECT, INSERT"),
    Table("ledger_cursor", secure=False),
]
