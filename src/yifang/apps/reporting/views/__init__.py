"""The pages of reporting: thin views that parse, call a service or a query, and render."""
