"""Agreements and purposes: what holds, what is refused, what is left of a role, and quotas."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLSchema

from gateway.errors import ConfigurationError, ErrorCode, RequestRefused
from gateway.planning.person_rules import Known, Partly, holds
from gateway.policy import Policy
from gateway.policy.quotas import MemoryCounter, Quotas
from gateway.policy.sharing import permitted
from gateway.policy.view import AgreementInForce
from gateway.request import Principal
from tests.kit.places import ROOT


def partner(agreement: str | None, org: str = "US-CUSTOMS", purpose: str | None = None) -> Principal:
    scopes = frozenset({"shipments:read", "permits:read"})
    roles = frozenset({"partner-customs"})
    return Principal("s", org, roles, scopes, purpose, agreement, claims={"country": "US"})


def test_a_partner_sees_what_role_and_agreement_both_grant(policy: Policy) -> None:
    view = policy.view(partner("us-customs-2024"))
    assert view.agreement is not None
    assert view.agreement.id == "us-customs-2024"
    assert view.caveats == (view.agreement.caveat,)
    assert all("agreement:us-customs-2024" in one.rule or one.rule == "everyone" for one in view.access)


@pytest.mark.parametrize(
    ("principal", "code"),
    [
        (partner("us-customs-2019"), ErrorCode.AGREEMENT_EXPIRED),
        (partner("unknown"), ErrorCode.FORBIDDEN),
        (partner(None), ErrorCode.FORBIDDEN),
        (partner("us-customs-2024", org="ACME"), ErrorCode.FORBIDDEN),
        (partner("us-customs-2024", purpose="immigration"), ErrorCode.PURPOSE_NOT_PERMITTED),
        (partner("us-customs-2024", purpose="nonsense"), ErrorCode.PURPOSE_NOT_PERMITTED),
    ],
)
def test_a_token_whose_agreement_or_purpose_does_not_hold_is_refused(
    policy: Policy, principal: Principal, code: ErrorCode
) -> None:
    with pytest.raises(RequestRefused) as refused:
        policy.view(principal)
    assert refused.value.code is code


@pytest.mark.parametrize(
    ("roles", "purpose", "left"),
    [
        ({"border-officer"}, None, None),
        ({"border-officer"}, "border-clearance", {"border-officer"}),
        ({"border-officer"}, "food-safety", None),
        ({"border-officer", "carrier"}, None, {"carrier"}),
        ({"border-officer", "carrier"}, "border-clearance", {"border-officer"}),
        ({"trader"}, None, {"trader"}),
        ({"trader"}, "border-clearance", None),
    ],
)
def test_a_role_that_a_purpose_names_needs_one(
    policy: Policy, roles: set[str], purpose: str | None, left: set[str] | None
) -> None:
    if left is not None:
        assert permitted(roles, purpose, policy.purposes, None) == left
        return
    with pytest.raises(RequestRefused) as refused:
        permitted(roles, purpose, policy.purposes, None)
    assert refused.value.code is ErrorCode.PURPOSE_NOT_PERMITTED


def test_a_token_has_the_one_purpose_of_its_agreement_and_none_of_several(policy: Policy) -> None:
    agreement = policy.agreements["us-customs-2024"]
    assert permitted({"partner-customs"}, None, policy.purposes, agreement) == {"partner-customs"}
    several = replace(agreement, told=replace(agreement.told, purposes=("customs-cooperation", "immigration")))
    assert permitted({"partner-customs"}, "customs-cooperation", policy.purposes, several)
    with pytest.raises(RequestRefused):
        permitted({"partner-customs"}, None, policy.purposes, several)


def test_only_those_who_ask_for_their_own_need_no_purpose(policy: Policy) -> None:
    """A role that is left out of every purpose by mistake would need none: the list is looked at here."""
    named = {role for purpose in policy.purposes.values() for role in purpose.roles}
    assert policy.roles.keys() - named == {"trader", "carrier", "traveller", "developer"}


def test_faults_of_all_files_come_at_once(master: GraphQLSchema, tmp_path: Path) -> None:
    for name in ("roles.toml", "purposes.toml", "agreements.toml"):
        (tmp_path / name).write_text((ROOT / "policy" / name).read_text())
    purposes = tmp_path / "purposes.toml"
    purposes.write_text(purposes.read_text().replace('"border-officer"', '"border-oficer"'))
    agreements = tmp_path / "agreements.toml"
    agreements.write_text(agreements.read_text().replace('"ccn", "mode"', '"cnn", "mode"', 1))
    with pytest.raises(ConfigurationError) as caught:
        Policy.load(tmp_path, master)
    keys = [fault.key for fault in caught.value.faults]
    expected = ["purposes.border-clearance.roles.0", "agreements.us-customs-2024.types.Shipment.fields.0"]
    assert keys == expected


@pytest.mark.parametrize(
    ("citizenships", "shown"),
    [
        ([["FR"]], True),
        ([["US"]], False),
        ([["FR"], ["FR", "US"]], False),
        ([[]], False),
        ([None], False),
        ([], False),
        ([Partly(["FR"])], False),
        ([["FR"], Partly([])], False),
    ],
)
def test_nationals_of_the_asking_state_are_excluded_and_so_is_whoever_may_be_one(
    policy: Policy, citizenships: list[Any], shown: bool
) -> None:
    roles, scopes = frozenset({"partner-immigration"}), frozenset({"people:read"})
    claims = {"country": "US", "nationality": "US"}
    who = Principal("s", "US-IMMIGRATION", roles, scopes, None, "us-immigration-2024", claims=claims)
    rule = policy.view(who).rows["Person"]
    records = [{"agency": "IMMIGRATION", "citizenships": one} for one in citizenships]
    assert holds(rule, Known({"records": records, "documents": []}), {"claims.nationality": "US"}) is shown


async def test_a_quota_ends_and_begins_anew() -> None:
    now = datetime(2026, 11, 24, tzinfo=UTC)
    quotas = Quotas(MemoryCounter(), lambda: now)
    told = AgreementInForce("a", "A", ("X", "Y"), ("p",), now.date(), None, quota=2)
    await quotas.take(told)
    await quotas.take(told)
    with pytest.raises(RequestRefused) as refused:
        await quotas.take(told)
    assert refused.value.code is ErrorCode.RATE_LIMITED
    now = datetime(2026, 11, 25, tzinfo=UTC)
    await quotas.take(told)
