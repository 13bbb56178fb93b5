"""Who asks: bearer tokens and the issuer's keys → ``Principal``."""

from gateway.identity.keys import KeyRing, key_ring
from gateway.identity.tokens import Verifier

__all__ = ["KeyRing", "Verifier", "key_ring"]
