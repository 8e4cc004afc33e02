"""The composition root: settings, database, supervisor, background process, backup; it makes rooms a running node.

Only here are all rooms known at once. Nothing of the domain belongs here.
"""
