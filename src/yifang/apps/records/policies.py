"""Facts follow the visibility rows; identity opens only for a purpose; whoever sees both persons sees their pair."""

from yifang.apps.accounts.roles import ROLES, may
from yifang.kernel.row_security import PURPOSE, ROLE, USER, Table, seen, seen_person

# Whoever sees the survivor sees the aliases: they are one person. The own policy of the persons says of whom it is.
_ALIAS = "EXISTS (SELECT 1 FROM records_person p WHERE p.id = {} AND p.merged_into_id IS NOT NULL)"
_SEES = "EXISTS (SELECT 1 FROM records_person p WHERE p.id = {})"
_BOTH = f"{_SEES.format('records_personpair.one_id')} AND {_SEES.format('records_personpair.other_id')}"
_LINKERS = ", ".join(sorted(f"'{key}'" for key in ROLES if may(key, "person.link")))

# A CASE, for PostgreSQL takes COALESCE for leaky: the index of the visibility rows by person would not serve it, and
# each person of a list would be looked for through all that a large place sees.
_ITSELF = (
    "CASE WHEN records_person.merged_into_id IS NULL THEN records_person.id ELSE records_person.merged_into_id END"
)

TABLES = [
    Table("records_person", rows=seen_person(f"({_ITSELF})")),
    Table(
        "records_personidentity",
        rows=f"{PURPOSE} IS NOT NULL AND ({seen_person('records_personidentity.person_id')} OR "
        f"{_ALIAS.format('records_personidentity.person_id')})",
    ),
    Table("records_personkey", rows="false"),  # found and compared in jobs only
    Table(
        "records_personpair",
        may="SELECT, UPDATE (state, answered_by_id, answered_at)",
        rows=_BOTH,
        changes=f"{ROLE} IN ({_LINKERS}) AND {_BOTH}",
        changed=f"{_BOTH} AND (answered_by_id IS NULL OR answered_by_id = {USER})",
    ),
    Table("records_personmerge", rows=_SEES.format("records_personmerge.alias_id")),
    Table(
        "records_identityconflict",
        may="SELECT, UPDATE (state, answered_by_id, answered_at)",
        rows=seen_person("records_identityconflict.person_id"),
    ),
    Table("records_record", rows=seen("records_record.id")),
]
