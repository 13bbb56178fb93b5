"""Agreements and purposes of a token: whether they hold at all, and what an agreement leaves of a role."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date

from adapters.contract import AllOf
from gateway.errors import ErrorCode, Forbidden, RequestRefused
from gateway.policy.coordinates import COMES_WITH_THE_TYPE, is_follower
from gateway.policy.records import Agreement, Purpose
from gateway.policy.roles import RoleGrant
from gateway.request import Principal


def agreement_of(principal: Principal, agreements: Mapping[str, Agreement], today: date) -> Agreement | None:
    """The agreement that the token names. Raises :class:`RequestRefused`: AGREEMENT_EXPIRED when it has ended,
    FORBIDDEN when it is unknown, suspended, not yet in force, or not the organisation's own."""
    if principal.agreement is None:
        return None
    found = agreements.get(principal.agreement)
    if found is None or principal.organization not in found.told.parties:
        raise Forbidden("the token's agreement is not one of its organisation here")
    ends = found.told.valid_to
    if found.status == "ENDED" or (ends is not None and today > ends):
        raise RequestRefused(ErrorCode.AGREEMENT_EXPIRED, "the token's agreement has ended", status=403)
    if not found.in_force(today):
        raise Forbidden("the token's agreement is not in force")
    return found


def permitted(
    roles: Collection[str], purpose: str | None, purposes: Mapping[str, Purpose], agreement: Agreement | None
) -> frozenset[str]:
    """The roles that may ask for the token's purpose. Raises :class:`RequestRefused` (PURPOSE_NOT_PERMITTED) when none
    may. A token without a purpose has that of its agreement, when that has one alone; otherwise it has only the roles
    that no purpose names."""
    if agreement is not None:
        allowed = agreement.told.purposes
        purpose = allowed[0] if purpose is None and len(allowed) == 1 else purpose
        found = frozenset(roles) & purposes[purpose].roles if purpose in allowed and purpose in purposes else None
    elif purpose is None:
        found = frozenset(roles).difference(*[one.roles for one in purposes.values()])
    else:
        found = frozenset(roles) & purposes[purpose].roles if purpose in purposes else None
    if not found:
        raise RequestRefused(
            ErrorCode.PURPOSE_NOT_PERMITTED, "the token's purpose is not permitted to it here", status=403
        )
    return found


def under(role: RoleGrant, agreement: Agreement) -> RoleGrant:
    """What the agreement leaves of the role: fields that both name, rows that both admit. Root fields stay the role's;
    embedded objects follow, unless the agreement names their type to narrow it."""
    coordinates = {
        name: fields
        if name == "Query" or (is_follower(name) and name not in agreement.fields)
        else fields & (agreement.fields[name] | COMES_WITH_THE_TYPE if name in agreement.fields else frozenset())
        for name, fields in role.coordinates.items()
    }
    rows = dict(role.rows)
    for name, rule in agreement.rows.items():
        if name in coordinates:
            rows[name] = AllOf((rows[name], rule)) if name in rows else rule
    return replace(
        role,
        coordinates={name: fields for name, fields in coordinates.items() if fields},
        rows=rows,
        claims=role.claims | agreement.claims,
        nodes=role.nodes & rows.keys() if agreement.rows else role.nodes,
        under=agreement.told.id,
    )
