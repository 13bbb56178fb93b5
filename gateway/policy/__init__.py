"""What each principal may see: roles and scopes → ``View``, and why."""

from gateway.policy.book import Policy, UnknownRole
from gateway.policy.params import bind_params
from gateway.policy.scopes import refuse_closed_roots
from gateway.policy.view import FieldAccess, View

__all__ = ["FieldAccess", "Policy", "UnknownRole", "View", "bind_params", "refuse_closed_roots"]
