"""The operator's files, read strictly."""

from gateway.settings.config import Limits, Settings, load
from gateway.settings.secrets import Secret, SecretRef, SecretUnavailable

__all__ = ["Limits", "Secret", "SecretRef", "SecretUnavailable", "Settings", "load"]
