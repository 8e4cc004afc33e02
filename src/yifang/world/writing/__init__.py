"""How the county's systems write: HL7 v2, FHIR, tables, an SQL database, the national system's export.

Written by hand, segment by segment, as the old systems do; reading them back is what `yifang.formats` is for.
"""
