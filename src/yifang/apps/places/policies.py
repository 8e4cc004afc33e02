"""Organisations and places are known to every page of the node; texts that wait for a match to those who may answer.

A record's own words may say more than a place. A queued text is seen where the record is (its hospital's desk) and by
the CDC of the areas it concerns; who it is about and of what they are ill stands nowhere here.
"""

from yifang.kernel.row_security import ROLE, SCOPES, Table

# The roles of the permission `place.match`; a test compares, for the roles are a later room.
MATCHERS = ("hospital_desk", "epidemiologist", "duty_officer")
# The roles of `place.create`: a CDC puts a school or an employer of its area on the list; no page changes one there.
CREATORS = ("epidemiologist", "duty_officer")
_CREATORS = ", ".join(f"'{role}'" for role in CREATORS)
# The county and each area above it, one of which is the viewer's.
_ABOVE = "ARRAY['area:' || area_code, 'area:' || left(area_code, 4) || '00', 'area:' || left(area_code, 2) || '0000']"
_ROLES = ", ".join(f"'{role}'" for role in MATCHERS)

TABLES = [
    Table(
        "places_organisation",
        may="SELECT, INSERT",
        added=f"{ROLE} IN ({_CREATORS}) AND kind IN ('school', 'worksite') AND {_ABOVE} && {SCOPES}",
    ),
    Table("places_membership", secure=False),
    Table("places_place", secure=False),
    Table("places_mention", rows=f"{ROLE} IN ({_ROLES}) AND scopes::text[] && {SCOPES}"),
    Table(
        "places_placematch",
        may="SELECT, UPDATE (state, organisation_id, place_id, answered_by, answered_at)",
        rows="EXISTS (SELECT 1 FROM places_mention m WHERE m.match_id = places_placematch.id)",
    ),
]
