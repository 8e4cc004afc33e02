"""The verbs of surveillance.

In jobs: raise a signal for a case or a strong suspicion (`consider…`), for the units of cases (`consider_units`), for
series that changed (`note`, `judge_due`). For people: answer a signal, tell those who reported, mark as read.
"""

from yifang.apps.surveillance.services.answering import answer
from yifang.apps.surveillance.services.due import note
from yifang.apps.surveillance.services.feeding_back import give_feedback, mark_read, publish_warning
from yifang.apps.surveillance.services.notices import receive as receive_notices
from yifang.apps.surveillance.services.raising import consider, consider_suspicion, watched, watched_suspicions
from yifang.apps.surveillance.services.replaying import Alarm, replay
from yifang.apps.surveillance.services.series import judge_due
from yifang.apps.surveillance.services.tallying import judge_tallies
from yifang.apps.surveillance.services.tallying import receive as receive_tallies
from yifang.apps.surveillance.services.thresholds import consider_units

__all__ = [
    "Alarm",
    "answer",
    "consider",
    "consider_suspicion",
    "consider_units",
    "give_feedback",
    "judge_due",
    "judge_tallies",
    "mark_read",
    "note",
    "publish_warning",
    "receive_notices",
    "receive_tallies",
    "replay",
    "watched",
    "watched_suspicions",
]
