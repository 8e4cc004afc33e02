"""A view of a hospital's database, read by a watermark: Oracle, SQL Server, MySQL, MariaDB, PostgreSQL and its kin."""
