"""The registers of a hospital, made of its records: outpatient log, admissions, discharges, abnormal results.

`entries(…)` gives a hospital's rows of some days to other apps (as jobs); `page(…)` and `export(…)` serve the desk. The
columns and which are obligatory are the `registers` pack's.
"""

from yifang.apps.records.registers.queries import Line, departments, entries, export, page
from yifang.apps.records.registers.reading import Row, rows_of

__all__ = ["Line", "Row", "departments", "entries", "export", "page", "rows_of"]
