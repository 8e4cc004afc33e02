"""Tables of counts by day, week or month (汇总数据): one tally a row, known by the words of their header.

For sources that count and send no case: published monthly figures, sales, absences, sewage, weekly series.
"""

from yifang.formats.tallies.reading import columns_of, read

__all__ = ["columns_of", "read"]
