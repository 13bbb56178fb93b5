"""PostgreSQL: pure translation to one statement per fetch, and the connections that run it."""

from adapters.postgres.source import PostgresSource, create

__all__ = ["PostgresSource", "create"]
