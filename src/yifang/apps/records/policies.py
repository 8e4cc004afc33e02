"""Facts follow the visibility rows; identity opens only for a purpose."""

from yifang.kernel.row_security import PURPOSE, Table, seen, seen_person

TABLES = [
    Table("records_person", rows=seen_person("records_person.id")),
    Table(
        "records_personidentity", rows=f"{PURPOSE} IS NOT NULL AND {seen_person('records_personidentity.person_id')}"
    ),
    Table(
        "records_identityconflict",
        may="SELECT, UPDATE (state, answered_by_id, answered_at)",
        rows=seen_person("records_identityconflict.person_id"),
    ),
    Table("records_record", rows=seen("records_record.id")),
]
