"""From text to plan: limits, codes, which operation, what is cached under what."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import FieldNode, validate
from graphql.execution.values import get_argument_values

from adapters.contract import Compare, Value
from gateway.cache import WeightedCache
from gateway.errors import ClientError, ErrorCode
from gateway.limits import DocumentLimits
from gateway.planning import operations
from gateway.planning.operations import Planner, read_document, readable_by_id
from gateway.planning.plan import Plan
from gateway.planning.shapes import ColumnField
from gateway.policy import Policy, View
from tests.kit.memory_world import MASTER, World, whole

LIMITS = DocumentLimits(tokens=60, depth=4, aliases=2)
CATALOG = World({}).engine.planner.catalog


def planner(limits: DocumentLimits = LIMITS, cache_bytes: int = 10_000_000) -> Planner:
    return Planner(MASTER, CATALOG, limits, WeightedCache(cache_bytes))


def refused(text: str, variables: dict[str, Any] | None = None, name: str | None = None) -> ClientError:
    with pytest.raises(ClientError) as told:
        planner().plan(text, name, variables, whole())
    return told.value


@pytest.mark.parametrize(
    ("text", "code", "status"),
    [
        ("", ErrorCode.GRAPHQL_PARSE_FAILED, 400),
        ("{", ErrorCode.GRAPHQL_PARSE_FAILED, 400),
        ('{ a "Document contains more than 3 tokens" ', ErrorCode.GRAPHQL_PARSE_FAILED, 400),
        ("{ a(", ErrorCode.GRAPHQL_PARSE_FAILED, 400),
        ('{ a(b: "\\uD800") }', ErrorCode.GRAPHQL_PARSE_FAILED, 400),
        ("fragment F on Query { __typename }", ErrorCode.BAD_USER_INPUT, 400),
        ("{ bogus }", ErrorCode.GRAPHQL_VALIDATION_FAILED, 400),
        ("type A { b: Int } { __typename }", ErrorCode.GRAPHQL_VALIDATION_FAILED, 400),
        ("{ ...F } fragment F on Query { ...F }", ErrorCode.GRAPHQL_VALIDATION_FAILED, 400),
        ("{ shipment { ccn } }", ErrorCode.GRAPHQL_VALIDATION_FAILED, 400),
        ("query($a: Int) { __typename }", ErrorCode.GRAPHQL_VALIDATION_FAILED, 400),
        ("query A { __typename } query A { __typename }", ErrorCode.GRAPHQL_VALIDATION_FAILED, 400),
        ("{ __typename } query A { __typename }", ErrorCode.GRAPHQL_VALIDATION_FAILED, 400),
        ("{ viewer { subject @defer } }", ErrorCode.GRAPHQL_VALIDATION_FAILED, 400),
        ("{ " + "__typename " * 60 + "}", ErrorCode.OPERATION_TOO_LARGE, 413),
        ("{ a: __typename b: __typename c: __typename }", ErrorCode.ALIAS_LIMIT, 400),
        ("{ permits { nodes { issuer { name } } } }", None, 200),
        ("{ permits { nodes { lines { product { a } } } } }", ErrorCode.DEPTH_LIMIT, 400),
    ],
)
def test_codes(text: str, code: ErrorCode | None, status: int) -> None:
    if code is None:
        planner().plan(text, None, None, whole())
        return
    error = refused(text)
    assert (error.code, error.status) == (code, status)


def test_limits_say_the_limit() -> None:
    assert refused("{ " + "__typename " * 60 + "}").extensions == {"limit": 60, "measured": "more than 60"}


@pytest.mark.parametrize("text", ["{a" * 5_000, "{ a(b: " + "[" * 5_000, "{ a(b: " + "{c:" * 3_000])
def test_nesting_beyond_the_interpreter_is_refused(text: str) -> None:
    with pytest.raises(ClientError) as told:
        read_document(text, DocumentLimits(tokens=100_000))
    assert told.value.code in (ErrorCode.DEPTH_LIMIT, ErrorCode.GRAPHQL_PARSE_FAILED)


def test_all_faults_of_a_document_are_told_with_their_places() -> None:
    errors: Any = refused("{ a\n b }")
    assert [(one.code, one.locations) for one in errors.errors] == [
        (ErrorCode.GRAPHQL_VALIDATION_FAILED, ((1, 3),)),
        (ErrorCode.GRAPHQL_VALIDATION_FAILED, ((2, 2),)),
    ]


@pytest.mark.parametrize("variables", [{}, {"c": None}, {"c": 5}, {"c": ""}, {"c": ["1234PARS00001"]}, {"c": {"a": 1}}])
def test_variables_that_do_not_fit(variables: dict[str, Any]) -> None:
    error = refused("query($c: CargoControlNumber!) { shipment(ccn: $c) { ccn } }", variables)
    assert error.code is ErrorCode.BAD_USER_INPUT


def test_variables_nested_beyond_the_interpreter() -> None:
    deep: dict[str, Any] = {"held": True}
    for _ in range(5_000):
        deep = {"not": deep}
    error = refused("query($f: ShipmentFilter) { shipments(filter: $f) { totalCount } }", {"f": deep})
    assert error.code is ErrorCode.BAD_USER_INPUT


TWO = "query A { agencies { code } } query B { permits { totalCount } }"


def test_which_operation() -> None:
    assert planner().plan(TWO, "B", None, whole()).plan.operation_name == "B"
    assert planner().plan("{ agencies { code } }", None, None, whole()).plan.operation_name is None
    assert planner().plan("{ agencies { code } }", "", None, whole()).plan.operation_name is None
    for name in (None, "", "C", "a"):
        assert refused(TWO, name=name).code is ErrorCode.BAD_USER_INPUT


# ---- what is cached ---------------------------------------------------------------------------


def test_other_values_share_a_plan_and_other_conditions_do_not() -> None:
    here = planner()
    text = (
        "query($n: String!, $s: Boolean!) { permit(issuer: FOOD, number: $n) { number type @skip(if: $s) } }".replace(
            "FOOD", '"FOOD"'
        )
    )

    def plan(number: str, skip: bool) -> Plan:
        return here.plan(text, None, {"n": number, "s": skip}, whole()).plan

    assert plan("1", True) is plan("2", True)
    assert plan("1", False) is not plan("1", True)
    with_type, without = plan("1", False).roots[0].shape, plan("1", True).roots[0].shape
    assert with_type is not None
    assert without is not None
    assert [field.key for field in with_type.fields] == ["number", "type"]
    assert [field.key for field in without.fields] == ["number"]
    assert not {id(field) for field in with_type.fields} & {id(field) for field in without.fields}
    assert not {*map(id, plan("1", False).fetches)} & {*map(id, plan("1", True).fetches)}
    assert "'1'" not in repr(plan("1", True))


def test_a_condition_by_default_value_is_part_of_the_key() -> None:
    here = planner()
    text = "query($s: Boolean! = true) { agencies { code } permits @skip(if: $s) { totalCount } }"
    assert [root.key for root in here.plan(text, None, {}, whole()).plan.roots] == ["agencies"]
    assert len(here.plan(text, None, {"s": False}, whole()).plan.roots) == 2


def test_conditions_of_other_operations_and_unused_fragments_do_not_matter() -> None:
    text = "query A { agencies { code } } query B($x: Boolean!) { agencies { code @include(if: $x) } }"
    here = planner()
    assert here.plan(text, "A", {}, whole()).plan is here.plan(text, "A", {"x": True}, whole()).plan


def test_views_share_documents_and_nothing_else() -> None:
    here = planner()
    text = "{ permits { nodes { number } } }"
    one = here.plan(text, None, None, whole())
    ruled = here.plan(text, None, None, whole({"Permit": Compare("type", "eq", Value("x"))}, name="other"))
    assert one.document is ruled.document
    assert one.plan is not ruled.plan
    assert one.plan.fetches[0].predicates == {"FOOD.permit": None, "TRADE_CONTROLS.permit": None}
    assert set(ruled.plan.fetches[0].predicates.values()) == {Compare("type", "eq", Value("x"))}


def test_a_refusal_by_one_view_is_not_that_of_another(tmp_path: Any) -> None:
    (tmp_path / "roles.toml").write_text(
        '[roles.narrow]\nquery = ["permit"]\n[roles.narrow.types]\nPermit = { fields = ["number"] }\n'
    )
    narrow = Policy.load(tmp_path, MASTER).view_of(["narrow"])
    here = planner()
    text = '{ permit(issuer: "FOOD", number: "1") { number type } }'
    for _ in range(2):
        with pytest.raises(ClientError):
            here.plan(text, None, None, narrow)
        here.plan(text, None, None, whole())


def test_faults_are_found_once_and_told_again(monkeypatch: pytest.MonkeyPatch) -> None:
    here = planner()
    asked: list[Any] = []

    def counted(*args: Any) -> Any:
        asked.append(args)
        return validate(*args)

    monkeypatch.setattr(operations, "validate", counted)
    for _ in range(2):
        with pytest.raises(ClientError, match="bogus"):
            here.plan("{ bogus }", None, None, whole())
    assert len(asked) == 1


def test_the_cache_is_bounded_whatever_is_asked() -> None:
    view = whole()
    room = view.weight + 200_000
    here = planner(cache_bytes=room)
    for n in range(300):
        here.plan(f"{{ a{n}: agencies {{ code }} }}", None, None, view)
        assert here.cache.weight <= room
    assert len(here.cache) < 40


def test_plans_go_with_their_view() -> None:
    """A plan refers to its view's schema: kept longer than the view, it would keep that alive uncounted."""
    one, other = whole(name="one"), whole(name="other")
    here = planner(cache_bytes=one.weight + other.weight + 100_000)
    text = "{ agencies { code } }"
    plan = here.plan(text, None, None, one).plan
    assert here.plan(text, None, None, other).document is here.plan(text, None, None, one).document
    assert here.plan(text, None, None, one).plan is plan
    here.plan(text, None, None, whole(name="third"))
    assert here.cache.get(other.fingerprint) is None
    assert here.plan(text, None, None, one).plan is plan
    here.plan(text, None, None, other)
    here.plan(text, None, None, whole(name="fourth"))
    assert here.cache.get(one.fingerprint) is None
    assert here.plan(text, None, None, one).plan is not plan


# ---- node(id) ---------------------------------------------------------------------------------


def test_without_row_rules_every_type_is_readable_by_id() -> None:
    assert {"Shipment", "Hold", "Person", "Crossing"} <= readable_by_id(whole())


def test_with_row_rules_a_type_without_one_needs_a_root_field(tmp_path: Any) -> None:
    (tmp_path / "roles.toml").write_text(
        '[roles.r]\nquery = ["permits", "shipment"]\n[roles.r.types]\n'
        'Shipment = { classes = ["COMMERCIAL"], rows = { carrierCode = { eq = "claims.carrier" } } }\n'
        'Permit = { fields = ["id", "number"] }\nHold = { fields = ["id", "place"] }\n'
    )
    view: View = Policy.load(tmp_path, MASTER).view_of(["r"])
    readable = readable_by_id(view)
    assert {"Shipment", "Permit"} <= readable
    assert "Hold" not in readable
    assert "Person" not in readable


# ---- reading a selection ----------------------------------------------------------------------


def columns(text: str, variables: dict[str, Any] | None = None) -> list[str]:
    root = planner(DocumentLimits()).plan(text, None, variables, whole()).plan.roots[0]
    assert root.shape is not None
    return [field.key for field in root.shape.fields if isinstance(field, ColumnField)]


def test_fragments_and_aliases_merge_in_order_of_first_mention() -> None:
    found = columns(
        'query($y: Boolean!) { permit(issuer: "FOOD", number: "1") { type ...F ... on Permit { n: number } '
        "... @include(if: $y) { status } type } } fragment F on Permit { number ... on Node { id } validTo type }",
        {"y": False},
    )
    assert found == ["type", "number", "validTo", "n"]


def test_aliases_read_one_column() -> None:
    plan = planner().plan('{ permit(issuer: "FOOD", number: "1") { a: type b: type } }', None, None, whole()).plan
    shape = plan.roots[0].shape
    assert shape is not None
    assert [field.index for field in shape.fields if isinstance(field, ColumnField)] == [0, 0]
    assert list(shape.needs.columns).count("type") == 1


def test_arguments_without_variables_are_read_once() -> None:
    plan = planner().plan("{ permits(first: 3) { totalCount } }", None, None, whole()).plan
    selected = plan.roots[0].selected
    assert selected is not None
    assert selected.values(None) == {"first": 3}
    assert selected.values(None) is selected.values(None)


ALL = {"n": 3, "t": "a", "o": "DESC", "f": {"status": {"eq": "ISSUED"}}}


@pytest.mark.parametrize("given", [ALL, *({**ALL, name: None} for name in ALL), {}], ids=repr)
@pytest.mark.parametrize(
    "arguments",
    [
        'first: $n, filter: {and: [{type: {in: [$t, "b"]}}, {validTo: {gte: "2026-01-01"}}]}',
        "first: 5, filter: $f, orderBy: [{field: VALID_TO, direction: $o}]",
        'last: $n, filter: {not: $f, type: {in: ["1"]}}, orderBy: [{field: NUMBER}, {field: VALID_TO, direction: $o}]',
    ],
)
def test_arguments_are_filled_in_as_the_library_coerces_them(arguments: str, given: dict[str, Any]) -> None:
    declared = {"n": "Int", "t": "String!", "o": "OrderDirection! = ASC", "f": "PermitFilter"}
    used = [name for name in declared if f"${name}" in arguments]
    text = (
        f"query({', '.join(f'${name}: {declared[name]}' for name in used)}) {{ permits({arguments}) {{ totalCount }} }}"
    )
    chosen = {name: value for name, value in given.items() if name in used and not (value is None and name in "to")}
    if "t" in used and "t" not in chosen:
        chosen["t"] = "c"
    planned = planner(DocumentLimits()).plan(text, None, chosen, whole())
    selected = planned.plan.roots[0].selected
    assert selected is not None
    (node,) = planned.operation.selection_set.selections
    assert isinstance(node, FieldNode)
    query = whole().schema.query_type
    assert query is not None
    found = selected.values(planned.variables)
    assert found == get_argument_values(query.fields["permits"], node, planned.variables)


@pytest.mark.parametrize("inside", ["[{type: {eq: $v}}]", "[{not: {type: {in: [$v]}}}]"])
def test_a_variable_deep_in_an_argument_is_seen(inside: str) -> None:
    text = "query($v: String!) { permits(filter: {or: " + inside + "}) { totalCount } }"
    here = planner()
    for value in ("a", "b"):
        planned = here.plan(text, None, {"v": value}, whole())
        selected = planned.plan.roots[0].selected
        assert selected is not None
        assert f"'{value}'" in repr(selected.values(planned.variables))
