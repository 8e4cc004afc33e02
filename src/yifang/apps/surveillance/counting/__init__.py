"""Counting every case and visit: by disease or syndrome, area, age, sex, kind of day and kind of place.

What is counted of a subject is kept (`Counted`); a change appends the difference to `Count`, whose rows of a key add up
to its number. `verify` recounts, `compact` brings rows of a key together.
"""

from yifang.apps.surveillance.counting.keeping import Fact, compact, count_cases, count_facts
from yifang.apps.surveillance.counting.series import daily
from yifang.apps.surveillance.counting.verifying import Difference, Verified, verify
from yifang.apps.surveillance.counting.visits import count_visits

__all__ = ["Difference", "Fact", "Verified", "compact", "count_cases", "count_facts", "count_visits", "daily", "verify"]
