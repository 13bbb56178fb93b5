"""Four simulated HTTP agencies: each a server of its own over its own SQLite file."""
