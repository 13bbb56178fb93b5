"""What each principal may see: roles and scopes → ``View``, and why."""

from gateway.policy.book import Policy, UnknownAgreement, UnknownRole
from gateway.policy.params import bind_params
from gateway.policy.quotas import Quotas, quotas
from gateway.policy.recording import Recorder
from gateway.policy.scopes import refuse_closed_roots
from gateway.policy.view import FieldAccess, View

__all__ = [
    "FieldAccess",
    "Policy",
    "Quotas",
    "Recorder",
    "UnknownAgreement",
    "UnknownRole",
    "View",
    "bind_params",
    "quotas",
    "refuse_closed_roots",
]
