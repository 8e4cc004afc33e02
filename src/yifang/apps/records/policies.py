"""Facts follow the visibility rows; identity opens only for a purpose."""

from yifang.kernel.row_security import PURPOSE, Table, seen

TABLES = [
    Table("records_person", rows=seen("id")),
    Table("records_personidentity", rows=f"{PURPOSE} IS NOT NULL AND {seen('person_id')}"),
    Table("records_record", rows=seen("id")),
]
