"""A seeded, fictional county with known truth: its people, a year of visits, the errors of real feeds, and the score.

    world = county.found(Scale(seed=7))
    making.make(world, Path("out"))

Pure: no database, no web framework, no clock but the day it is handed. Nobody in it exists; nothing in it is a pack.
"""
