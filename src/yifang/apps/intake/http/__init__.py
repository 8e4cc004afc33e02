"""The HTTP doors' two halves: web asks (`asking`), doors stores (`door`); a socket between them (`wire`)."""
