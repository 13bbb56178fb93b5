"""``--role`` and ``--persona``: from whose point of view a command looks."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Annotated, Any

import typer

from gateway.app import demo_entry
from gateway.cli.mistakes import Mistake
from gateway.policy import Policy, View
from gateway.policy.predicates import CLAIMS
from gateway.request import Principal
from gateway.settings.strict import did_you_mean

Roles = Annotated[list[str] | None, typer.Option("--role", help="A role of the policy; may be repeated.")]
PersonaName = Annotated[str | None, typer.Option("--persona", help="A persona of the demo, with its role and scopes.")]


AgreementId = Annotated[
    str | None, typer.Option("--agreement", help="The sharing agreement of a partner's role.", show_default=False)
]


def persona(name: str) -> Any:
    """The demo's record of a persona: ``role``, ``scopes``, ``purpose``, ``agreement``."""
    try:
        known = demo_entry("personas")
    except (LookupError, ImportError):
        raise Mistake("the demo is not installed, so there are no personas", 1) from None
    if name not in known:
        raise Mistake(f"there is no persona {name}{did_you_mean(name, known)}")
    return known[name]


def principal(name: str) -> Principal:
    """A persona as a token would say it. Claims that its demo directory would fill in stand open, as ``:bn``."""
    who = persona(name)
    open_claims: dict[str, Any] = {}
    for claim in CLAIMS:
        head, _, rest = claim.partition(".")
        if head in who.from_world:
            open_claims[head] = {**open_claims.get(head, {}), rest: f":{claim}"} if rest else f":{claim}"
    return Principal(
        name,
        who.org,
        frozenset({who.role}),
        frozenset(who.scopes),
        who.purpose,
        who.agreement,
        claims={**open_claims, **who.claims},
    )


Viewpoint = tuple[list[str], Collection[str] | None, str | None]


def chosen(policy: Policy, roles: Sequence[str] | None, name: str | None, agreement: str | None = None) -> Viewpoint:
    """Roles, scopes and agreement; scopes are ``None``, all of them, unless a persona says otherwise."""
    scopes: Collection[str] | None = None
    found = list(roles or ())
    if name is not None:
        who = persona(name)
        found, scopes = [*found, who.role], who.scopes
        agreement = agreement or who.agreement
    for role in found:
        if role not in policy.roles:
            raise Mistake(f"there is no role {role}{did_you_mean(role, policy.roles)}")
        if policy.roles[role].agreement and agreement is None:
            raise Mistake(f"the role {role} needs an agreement: --agreement ID")
    if agreement is not None and agreement not in policy.agreements:
        raise Mistake(f"there is no agreement {agreement}{did_you_mean(agreement, policy.agreements)}")
    return found, scopes, agreement


def view_of(policy: Policy, roles: Sequence[str] | None, name: str | None, agreement: str | None = None) -> View:
    """Raises :class:`Mistake` when no role is given, or one that is not there."""
    found, scopes, agreement = chosen(policy, roles, name, agreement)
    if not found:
        raise Mistake("say whose view: --role R or --persona P")
    return policy.view_of(found, scopes, agreement)
