"""Reading the archive: small queries, each returning frozen rows."""
