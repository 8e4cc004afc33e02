"""Two ways between nodes: requests over HTTPS, files in a folder for a one-way gateway. Both carry the same bytes."""
