"""The archive: one SQLite file per vault, locked by one run at a time."""
