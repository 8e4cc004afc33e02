"""A folder of another machine, mounted here: its files are read where they lie, and nothing is moved or changed."""
