"""Views: what is not granted is absent, everywhere, and roles do not leak through each other."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    get_introspection_query,
    graphql_sync,
    parse,
    print_schema,
    validate,
    validate_schema,
)

from adapters.contract import AnyOf, Compare, Param
from gateway.errors import Forbidden
from gateway.policy import Policy, View
from gateway.policy.coordinates import object_types
from gateway.request import Principal
from resolvers.fields import Listing, binding_of

ROLES = [
    "border-officer",
    "traveller-officer",
    "revenue-officer",
    "food-inspector",
    "permit-officer",
    "immigration-officer",
    "intelligence-analyst",
    "police-liaison",
    "partner-customs",
    "partner-immigration",
    "trader",
    "carrier",
    "traveller",
    "privacy-officer",
    "developer",
]
ENTITIES_WITH_ROWS = """
[roles.west]
query = ["shipment", "declaration"]
[roles.west.types]
Shipment = { fields = ["ccn", "eta", "declarations"], rows = { portOfArrival = { eq = "CAVAN" } } }
Declaration = { fields = ["transactionNumber", "items"], rows = { shipment.portOfArrival = { eq = "CAVAN" } } }
GoodsItem = { fields = ["sequence", "hs", "customsValue"] }
[roles.east]
query = ["shipment", "declaration"]
[roles.east.types]
Shipment = { fields = ["ccn", "status", "declarations"], rows = { portOfArrival = { eq = "CAHAL" } } }
Declaration = { fields = ["transactionNumber", "items"], rows = { shipment.portOfArrival = { eq = "CAHAL" } } }
GoodsItem = { fields = ["sequence", "hs", "lot"] }
[roles.everywhere]
query = ["shipment"]
[roles.everywhere.types]
Shipment = { fields = ["ccn", "mode"] }
[roles.west-too]
query = ["shipment"]
[roles.west-too.types]
Shipment = { fields = ["ucr"], rows = { portOfArrival = { eq = "CAVAN" } } }
[roles.west-three]
query = ["shipment"]
[roles.west-three.types]
Shipment = { fields = ["ccn"], rows = { portOfArrival = { eq = "CAVAN" } } }
[roles.narrow-party]
query = ["shipment"]
[roles.narrow-party.types]
Shipment = { fields = ["ccn", "importer"] }
Party = { fields = ["country"] }
[roles.no-eta]
query = ["shipments"]
[roles.no-eta.types]
Shipment = { fields = ["ccn", "mode"] }
"""


@pytest.fixture(scope="module")
def small(master: GraphQLSchema, tmp_path_factory: pytest.TempPathFactory) -> Policy:
    folder = tmp_path_factory.mktemp("policy")
    (folder / "roles.toml").write_text(ENTITIES_WITH_ROWS)
    return Policy.load(folder, master)


def fields(view: View, name: str) -> set[str]:
    named = view.schema.type_map.get(name)
    return set(named.fields) if isinstance(named, GraphQLObjectType) else set()


@pytest.mark.parametrize("role", ROLES)
def test_every_view_is_a_valid_schema_that_introspects(policy: Policy, role: str) -> None:
    view = policy.view_of([role])
    assert validate_schema(view.schema) == []
    assert graphql_sync(view.schema, get_introspection_query()).errors is None
    printed = print_schema(view.schema)
    assert "classified" not in printed
    assert "Classification" not in printed


@pytest.mark.parametrize("role", ROLES)
def test_a_view_adds_nothing_and_keeps_bindings(policy: Policy, master: GraphQLSchema, role: str) -> None:
    view = policy.view_of([role])
    originals = object_types(master) | {"Query": master.query_type}
    for name, named in {**object_types(view.schema), "Query": view.schema.query_type}.items():
        assert named is not None
        for field, definition in named.fields.items():
            original = originals[name].fields[field]  # type: ignore[union-attr]  # there, or the test fails
            assert str(definition.type) == str(original.type)
            assert binding_of(definition, field) == binding_of(original, field)


@pytest.mark.parametrize("role", ROLES)
def test_no_type_is_left_empty_or_unreachable(policy: Policy, role: str) -> None:
    for name, named in policy.view_of([role]).schema.type_map.items():
        if isinstance(named, GraphQLObjectType | GraphQLInputObjectType | GraphQLInterfaceType):
            assert named.fields, name
        if isinstance(named, GraphQLEnumType):
            assert named.values, name


@pytest.mark.parametrize(
    ("role", "hidden"),
    [
        (
            "border-officer",
            ["Declaration.invoiceTotal", "Declaration.duties", "GoodsItem.customsValue", "Query.people"],
        ),
        ("border-officer", ["RiskAssessment.score", "RiskAssessment.rules", "Query.permits", "Permit.shipments"]),
        ("traveller-officer", ["Lookout.reason", "Lookout.agency", "Query.permit", "Person.enforcement"]),
        ("revenue-officer", ["Shipment.risk", "Shipment.holds", "Query.person", "Query.verifyPermit"]),
        ("food-inspector", ["GoodsItem.customsValue", "Declaration.invoiceTotal", "Shipment.risk", "Query.people"]),
        ("immigration-officer", ["Query.shipments", "Person.lookouts", "Query.crossings", "Person.enforcement"]),
        ("police-liaison", ["Query.people", "Query.shipments", "Query.crossings", "Shipment.jointStatus"]),
        ("trader", ["Shipment.risk", "Query.people", "Shipment.inspections", "Query.holds"]),
        ("carrier", ["Shipment.importer", "Shipment.declarations", "Query.declaration", "Hold.reasonCode"]),
        ("traveller", ["Person.lookouts", "Person.enforcement", "Query.people", "Crossing.referredTo"]),
        ("privacy-officer", ["Query.shipments", "Query.person", "Query.node"]),
    ],
)
def test_what_roles_do_not_see(policy: Policy, role: str, hidden: list[str]) -> None:
    view = policy.view_of([role])
    for coordinate in hidden:
        owner, _, field = coordinate.partition(".")
        assert field not in fields(view, owner), coordinate


@pytest.mark.parametrize(
    ("role", "shown"),
    [
        ("border-officer", ["RiskAssessment.band", "Shipment.jointStatus", "Permit.lines", "Query.verifyPermit"]),
        (
            "traveller-officer",
            ["Lookout.refer", "Lookout.handlingCode", "Person.authorizations", "Shipment.conveyance"],
        ),
        ("revenue-officer", ["DutyAssessment.total", "GoodsItem.customsValue", "PermitLine.remaining"]),
        ("food-inspector", ["GoodsItem.lot", "Shipment.exporter", "Permit.holder"]),
        ("trader", ["Declaration.duties", "Permit.validTo", "Shipment.jointStatus"]),
        ("carrier", ["Hold.canMove", "JointStatus.state", "TransportEquipment.seals"]),
        ("intelligence-analyst", ["RiskAssessment.rules", "Lookout.reason", "EnforcementAction.kind"]),
    ],
)
def test_what_roles_see(policy: Policy, role: str, shown: list[str]) -> None:
    view = policy.view_of([role])
    for coordinate in shown:
        owner, _, field = coordinate.partition(".")
        assert field in fields(view, owner), coordinate


@pytest.mark.parametrize("role", ROLES)
def test_hidden_and_misspelt_fields_get_the_same_kind_of_refusal(policy: Policy, role: str) -> None:
    view = policy.view_of([role])
    whole = policy.view_of(["developer"])
    for name in sorted(object_types(whole.schema).keys() & object_types(view.schema).keys()):
        for field in fields(whole, name) - fields(view, name):
            (error, *_) = validate(view.schema, parse(f"fragment F on {name} {{ {field} }}"))
            assert error.message.startswith(f"Cannot query field '{field}' on type '{name}'.")
            suggested = error.message.partition("Did you mean")[2]
            assert all(each not in suggested for each in fields(whole, name) - fields(view, name))


def test_filters_and_orders_on_hidden_fields_are_absent(small: Policy) -> None:
    view = small.view_of(["no-eta"])
    inputs = {
        name: set(named.fields)
        for name, named in view.schema.type_map.items()
        if isinstance(named, GraphQLInputObjectType)
    }
    assert inputs["ShipmentFilter"] == {"ccn", "mode", "and", "or", "not"}
    order = view.schema.type_map["ShipmentOrderField"]
    assert isinstance(order, GraphQLEnumType)
    assert set(order.values) == {"CCN"}
    document = parse('{ shipments(filter: { importer: { eq: "123456782RM0001" } }) { nodes { ccn } } }')
    assert validate(view.schema, document)
    assert "BusinessNumber" not in view.schema.type_map


def test_arguments_that_have_nothing_left_to_say_are_absent(master: GraphQLSchema, tmp_path: Path) -> None:
    (tmp_path / "roles.toml").write_text(
        '[roles.r]\nquery = ["shipments"]\n[roles.r.types.Shipment]\nfields = ["packages"]\n'
    )
    query = Policy.load(tmp_path, master).view_of(["r"]).schema.query_type
    assert query is not None
    assert set(query.fields["shipments"].args) == {"first", "after", "last", "before"}
    assert isinstance(binding_of(query.fields["shipments"], "shipments"), Listing)


# ---- several roles ----------------------------------------------------------------------------


def test_roles_with_different_rows_combine_per_cell(small: Policy) -> None:
    view = small.view_of(["west", "east"])
    assert {"ccn", "eta", "status", "declarations"} <= fields(view, "Shipment")
    east, west = (index for index, _ in sorted(enumerate(view.groups), key=lambda each: str(each[1].rows["Shipment"])))
    assert view.cells["Shipment.eta"][west] == "SHOW"
    assert view.cells["Shipment.eta"][east] == "HIDE"
    assert view.is_clear("Shipment.ccn")
    rule = view.rows["Shipment"]
    assert isinstance(rule, AnyOf)
    assert len(rule.terms) == 2


def test_types_without_rows_of_their_own_count_as_reached_through_their_roles_rows(small: Policy) -> None:
    """Otherwise the customs value that west grants would show on east's declarations."""
    assert "customsValue" in fields(small.view_of(["west"]), "GoodsItem")
    both = small.view_of(["west", "east"])
    assert fields(both, "GoodsItem") == {"sequence", "hs", "customsValue", "lot", "dataFlags"}
    assert sorted(both.cells["GoodsItem.customsValue"]) == ["HIDE", "SHOW"]
    assert all(group.rows["GoodsItem"] is None and not group.whole for group in both.groups)


def test_a_role_that_sees_every_row_adds_no_fields_to_them_that_only_another_grants(small: Policy) -> None:
    view = small.view_of(["west", "everywhere"])
    assert "Shipment" not in view.rows
    assert {"ccn", "mode", "eta"} <= fields(view, "Shipment")
    whole = next(index for index, group in enumerate(view.groups) if group.whole)
    assert view.cells["Shipment.eta"][whole] == "HIDE"
    assert view.cells["Shipment.mode"][whole] == "SHOW"


def test_roles_with_the_same_rows_add_up(small: Policy) -> None:
    view = small.view_of(["west-too", "west-three"])
    assert {"ccn", "ucr"} <= fields(view, "Shipment")
    assert (view.groups, view.cells) == ((), {})
    assert isinstance(view.rows["Shipment"], Compare)


@pytest.mark.parametrize("pair", list(itertools.combinations(ROLES, 2)), ids="+".join)
def test_two_roles_never_show_what_neither_grants(policy: Policy, pair: tuple[str, str]) -> None:
    both = {each.coordinate for each in policy.view_of(pair).access}
    either = {each.coordinate for role in pair for each in policy.view_of([role]).access}
    assert both <= either
    for name, rule in policy.view_of(pair).rows.items():
        assert all(name not in policy.roles[role].coordinates or name in policy.roles[role].rows for role in pair), rule


# ---- the rest ---------------------------------------------------------------------------------


def test_followers_come_whole_unless_named(small: Policy) -> None:
    assert fields(small.view_of(["narrow-party"]), "Party") == {"country"}


def test_a_link_shows_only_with_its_target(policy: Policy) -> None:
    assert "organization" in fields(policy.view_of(["border-officer"]), "Party")
    assert "organization" not in fields(policy.view_of(["permit-officer"]), "Party")


def test_node_fetches_no_type_that_is_visible_only_through_a_parent(policy: Policy) -> None:
    def fetched(role: str) -> set[str]:
        schema = policy.view_of([role]).schema
        node = schema.type_map.get("Node")
        return (
            {each.name for each in schema.get_possible_types(node)} if isinstance(node, GraphQLInterfaceType) else set()
        )

    assert "Authorization" not in fetched("traveller")
    assert fetched("traveller") == {"Person", "Crossing"}
    assert {"Shipment", "Declaration", "Hold", "Permit"} <= fetched("border-officer")
    assert "Organization" not in fetched("border-officer")
    assert {"Authorization", "Organization", "Inspection"} <= fetched("developer")


def test_scopes_close_roots_and_hide_types(policy: Policy) -> None:
    view = policy.view_of(["traveller-officer"], ["people:read"])
    assert view.schema.extensions["guichet.closed_roots"] == {"shipments": "shipments:read"}
    assert fields(view, "Shipment") == set()
    assert fields(view, "Person")
    assert policy.view_of(["traveller-officer"], []).schema.query_type is not None


def test_a_view_is_shared_and_its_fingerprint_tells_grants_apart(policy: Policy) -> None:
    every = ["shipments:read", "permits:read", "permits:verify"]
    one = policy.view(_principal(scopes=every, ports=["CAVAN"]))
    assert policy.view(_principal(scopes=every, ports=["CAMTR"])) is one
    assert policy.view(_principal(scopes=[*every, "people:read"], ports=["CAMTR"])) is one
    fingerprints = {policy.view_of([role]).fingerprint for role in ROLES}
    assert len(fingerprints) == len(ROLES)
    assert policy.view_of(["border-officer"], ["shipments:read"]).fingerprint not in fingerprints


def test_a_token_with_an_unknown_scope_is_refused_without_naming_it(policy: Policy) -> None:
    for strange in ("shipments:write", "shipments:read people:read", "SHIPMENTS:READ"):
        with pytest.raises(Forbidden) as told:
            policy.view(_principal(scopes=["shipments:read", strange], ports=["CAVAN"]))
        assert strange not in told.value.message


def test_views_hold_parameters_not_values(policy: Policy) -> None:
    view = policy.view(_principal(scopes=["shipments:read"], ports=["CAVAN"]))
    assert view.rows["Shipment"] == Compare("portOfArrival", "in", Param("claims.ports"))
    assert view.params == ("claims.ports",)


@pytest.mark.parametrize(
    ("roles", "claims"),
    [
        (["border-officer"], {}),
        (["border-officer"], {"ports": []}),
        (["border-officer"], {"ports": [""]}),
        (["intelligence-analyst"], {}),
        (["trader"], {"bn": {"a": "b"}}),
        (["carrier"], {"carrier": ["A", "B"]}),
        (["traveller"], {"document": {"issuer": "CA"}}),
        (["traveller"], {"document": "CA"}),
        (["developer", "carrier"], {}),
    ],
)
def test_a_token_without_the_claims_of_its_role_is_refused(
    policy: Policy, roles: list[str], claims: dict[str, object]
) -> None:
    purpose = next((code for code, one in policy.purposes.items() if one.roles >= set(roles)), None)
    with pytest.raises(Forbidden):
        policy.view(Principal("s", "o", frozenset(roles), frozenset(), purpose, claims=claims))


def test_explain_access_gives_verdict_rule_and_rows(policy: Policy) -> None:
    (shown,) = policy.explain_access(["border-officer"], "Shipment.ccn")
    assert (shown.action, shown.rule, shown.rows) == ("SHOW", "role:border-officer", "portOfArrival in claims.ports")
    (hidden,) = policy.explain_access(["border-officer"], "RiskAssessment.rules")
    assert (hidden.action, hidden.rule) == ("HIDE", "no grant")
    (everyone,) = policy.explain_access(["carrier"], "Query.viewer")
    assert everyone.rule == "everyone"
    with pytest.raises(KeyError):
        policy.explain_access(["carrier"], "Shipment.nonsense")
    assert len(policy.explain_access(["carrier"])) > 200


def _principal(scopes: list[str], **claims: object) -> Principal:
    return Principal(
        "s", "CUSTOMS", frozenset({"border-officer"}), frozenset(scopes), "border-clearance", claims=claims
    )
