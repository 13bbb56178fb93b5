"""Random policies, data and queries, and a naive account of what each policy may show: for ``tests/properties``."""
