"""What the records say to care: visits, results of the clinics, pathogens of the wards. Jobs only.

Runs where records are identified (`protocols.identified`), in that transaction; said twice it changes nothing more.
"""

from yifang.apps.care.from_records.hearing import on_identified

__all__ = ["on_identified"]
