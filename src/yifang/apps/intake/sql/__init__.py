"""Feeds that are views of a hospital's database: asking it (`source`), going on where one stopped (`position`), the
loop (`polling`)."""
