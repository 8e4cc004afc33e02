"""Organisations and places are known to every page of the node."""

from yifang.kernel.row_security import Table

TABLES = [
    Table("places_organisation", secure=False),
    Table("places_membership", secure=False),
    Table("places_place", secure=False),
    Table("places_placematch", may="SELECT, INSERT, UPDATE", secure=False),
]
