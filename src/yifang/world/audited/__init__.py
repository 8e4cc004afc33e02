"""One hospital of the county with what its reporting did wrong: unreported, late and wrongly classed cases, and decoys.

For trying a missed-report audit: what the hospital's systems wrote, what the national system was told, and the truth.
"""
