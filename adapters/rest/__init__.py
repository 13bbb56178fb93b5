"""HTTP APIs that answer in JSON, described by an agency file alone."""

from adapters.rest.source import RestSource, create

__all__ = ["RestSource", "create"]
