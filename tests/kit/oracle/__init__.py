"""The oracle: the same schema over the same sources, executed by graphql-core's stock executor, value by value."""

from tests.kit.oracle.answers import Oracle, OracleAnswer

__all__ = ["Oracle", "OracleAnswer"]
