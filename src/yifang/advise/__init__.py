"""Advice: a person's facts → reminders of care, each with its reason. Pure; the rules are the `reminders` pack.

    book = advise.book(knowledge.load())
    shown = book.remind(visit, earlier, advised=frozenset({"dengue"}))

It advises and explains; it orders nothing, and knows no database and no clock.
"""

from yifang.advise.reminders import Advice, ReminderBook, book

__all__ = ["Advice", "ReminderBook", "book"]
