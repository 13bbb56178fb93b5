"""HTTP: bytes in, bytes out. Knows tokens and views by name only; the engine is passed in."""

from gateway.http.routes import LOCAL, Parts, public
from gateway.http.view import GraphQLView

__all__ = ["LOCAL", "GraphQLView", "Parts", "public"]
