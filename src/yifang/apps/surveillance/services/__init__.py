"""The verbs of surveillance: raise a signal for a case (jobs), answer it, tell those who reported, mark as read."""

from yifang.apps.surveillance.services.answering import answer
from yifang.apps.surveillance.services.feeding_back import give_feedback, mark_read
from yifang.apps.surveillance.services.raising import consider

__all__ = ["answer", "consider", "give_feedback", "mark_read"]
