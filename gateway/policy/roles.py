"""``policy/roles.toml``: what each role may see, read strictly and checked against the schema.

[roles.border-officer]
query = ["shipment", "shipments"]        # root fields; node, nodes, viewer and agencies are everyone's
explain = false                          # true: may ask for plans
claims = ["ports"]                       # claims a token must have, beyond those that rows name
agreement = false                        # true: only under an agreement between organisations
[roles.border-officer.types.Shipment]
classes = ["COMMERCIAL"]                 # every field of the type that is in one of these classes
fields = ["ccn"]                         # and these
mask = { masterTransportDocument = "PARTIAL" }    # granted, but masked: PARTIAL or PRESENCE
withhold = ["risk.rules"]                # granted, but always null; a path stands for the field it leads to
rows = { portOfArrival = { in = "claims.ports" } }
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from graphql import GraphQLField, GraphQLObjectType, GraphQLSchema, get_named_type
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from adapters.contract import TYPE_KEYS, Predicate
from gateway.errors import ConfigurationError, Fault
from gateway.policy.actions import MASKS, Action, problem_of
from gateway.policy.coordinates import EVERYONE, close, is_follower, object_types
from gateway.policy.predicates import CLAIMS, RuleError, params_of, parse_rows, text_of, through_connection
from gateway.settings.strict import did_you_mean, faults_of, read_toml
from resolvers.classified import Classified

Granted = dict[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class RoleGrant:
    """One role, compiled: visible coordinates (``Query`` among them) and a predicate per type with a row rule."""

    name: str
    coordinates: Mapping[str, frozenset[str]]
    rows: Mapping[str, Predicate] = field(default_factory=dict)
    claims: frozenset[str] = frozenset()
    explain: bool = False
    agreement: bool = False
    actions: Mapping[str, Action] = field(default_factory=dict)
    """Coordinate → action, where it is not ``SHOW``. A coordinate means the field wherever its type appears."""
    places: Mapping[str, str] = field(default_factory=dict)
    """Coordinate → key path in the file that grants it, for what is granted by name."""
    file: str = ""
    under: str = ""
    """The agreement that narrows the role."""
    nodes: frozenset[str] = frozenset()
    """Types that ``node(id)`` may fetch: not those that have no rule of their own beside others that do, and no root
    field. They are reached through a visible parent only, or a leaked id would show a forbidden row."""
    by_root: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Of these, the types that are there for the role's root fields alone: type → those fields."""

    @property
    def label(self) -> str:
        """The grant as verdicts name it."""
        return f"role:{self.name}" + (f" under agreement:{self.under}" if self.under else "")

    def place(self, owner: str, name: str) -> str:
        """File and key path of a grant; a follower's is that of the role."""
        key = self.places.get(f"{owner}.{name}", f"roles.{self.name}.types.{owner}")
        return f"{self.file}: {key}"

    @property
    def rows_text(self) -> str:
        """All row rules as one text: equal text, equal rows."""
        return "; ".join(f"{name}: {text_of(rule)}" for name, rule in sorted(self.rows.items()))


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class _Type(_Strict):
    classes: list[str] = Field(default_factory=list)
    fields: list[str] = Field(default_factory=list)
    rows: dict[str, Any] | None = None
    mask: dict[str, Any] | None = None
    withhold: list[str] | None = None


class _Role(_Strict):
    query: list[str] = Field(default_factory=list)
    explain: bool = False
    agreement: bool = False
    claims: list[str] = Field(default_factory=list)
    types: dict[str, _Type] = Field(default_factory=dict)


class _File(_Strict):
    roles: dict[str, _Role]


def load_roles(path: Path, schema: GraphQLSchema) -> dict[str, RoleGrant]:
    """Every role of the file, by name. Raises :class:`ConfigurationError` with all faults of the file."""
    try:
        parsed = _File.model_validate(read_toml(path))
    except ValidationError as error:
        raise ConfigurationError(faults_of(error, str(path), _File)) from None
    reader = _Reader(str(path), schema)
    roles = {name: reader.role(name, role) for name, role in parsed.roles.items()}
    if reader.faults:
        raise ConfigurationError(reader.faults)
    return roles


def classes_of(graphql_field: GraphQLField) -> frozenset[str]:
    """The classes that ``@classified`` gives a field; none when it has no such directive."""
    definition = graphql_field.extensions.get("strawberry-definition")
    directives = definition.directives if definition is not None else ()
    return frozenset(
        str(each.value) for directive in directives if isinstance(directive, Classified) for each in directive.as_
    )


class _Reader:
    def __init__(self, file: str, schema: GraphQLSchema) -> None:
        self.file = file
        self.schema = schema
        self.types = object_types(schema)
        self.faults: list[Fault] = []
        self.places: dict[str, str] = {}

    def role(self, name: str, role: _Role) -> RoleGrant:
        key = f"roles.{name}"
        self.places = {f"Query.{root}": f"{key}.query.{index}" for index, root in enumerate(role.query)}
        roots = self._roots(role, key)
        granted: Granted = {}
        rows = {}
        for type_name, table in role.types.items():
            place = f"{key}.types.{type_name}"
            named = self.types.get(type_name)
            if named is None:
                self._fault(place, f"the schema has no such object type{did_you_mean(type_name, self.types)}")
                continue
            granted[type_name] = self._fields(named, table, place)
            rule = self._rows(type_name, table, place)
            if rule is not None:
                rows[type_name] = rule
        for index, claim in enumerate(role.claims):
            if claim not in CLAIMS:
                self._fault(f"{key}.claims.{index}", f"tokens have no claim {claim}{did_you_mean(claim, CLAIMS)}")
        actions = self._actions(role, granted, key)
        coordinates = close(self.schema, granted, roots)
        self._unreached(role, coordinates, key)
        for coordinate, (_, place) in actions.items():
            owner, _, name_ = coordinate.partition(".")
            if owner in self.types and name_ not in coordinates.get(owner, ()):
                self._fault(place, f"no granted field leads to {coordinate}")
        yielded = self._yielded(coordinates["Query"])
        return RoleGrant(
            name=name,
            coordinates=coordinates,
            rows=rows,
            claims=frozenset(f"claims.{claim}" for claim in role.claims).union(
                *(each for rule in rows.values() if (each := _claims(rule)))
            ),
            explain=role.explain,
            agreement=role.agreement,
            actions={coordinate: action for coordinate, (action, _) in actions.items()},
            places=self.places,
            file=Path(self.file).name,
            nodes=frozenset(each for each in coordinates if not rows or each in rows or each in yielded),
            by_root={each: found for each, found in yielded.items() if rows and each not in rows},
        )

    def _yielded(self, roots: Iterable[str]) -> dict[str, frozenset[str]]:
        """Types that granted root fields yield as such, or in a connection: type → those fields."""
        query = self.schema.query_type
        assert query is not None
        found: dict[str, frozenset[str]] = {}
        for root in sorted(set(roots) - EVERYONE):
            named = through_connection(get_named_type(query.fields[root].type))
            if named is not None:
                found[named.name] = found.get(named.name, frozenset()) | {root}
        return found

    def _roots(self, role: _Role, key: str) -> list[str]:
        assert self.schema.query_type is not None
        known = self.schema.query_type.fields
        for index, root in enumerate(role.query):
            if root not in known:
                self._fault(f"{key}.query.{index}", f"Query has no field {root}{did_you_mean(root, known)}")
            elif root in EVERYONE:
                self._fault(f"{key}.query.{index}", f"{root} is everyone's: leave it out")
        return [root for root in role.query if root in known]

    def _fields(self, named: GraphQLObjectType, table: _Type, place: str) -> frozenset[str]:
        by_class: dict[str, set[str]] = {}
        for name, each in named.fields.items():
            for classification in classes_of(each):
                by_class.setdefault(classification, set()).add(name)
        found: set[str] = set()
        for index, classification in enumerate(table.classes):
            if classification not in by_class:
                hint = did_you_mean(classification, by_class)
                self._fault(f"{place}.classes.{index}", f"{named.name} has no field of class {classification}{hint}")
            found |= by_class.get(classification, set())
            for name in by_class.get(classification, ()):
                self.places.setdefault(f"{named.name}.{name}", f"{place}.classes.{index}")
        for index, name in enumerate(table.fields):
            if name not in named.fields:
                hint = did_you_mean(name, named.fields)
                self._fault(f"{place}.fields.{index}", f"{named.name} has no field {name}{hint}")
            found |= {name} & named.fields.keys()
            self.places[f"{named.name}.{name}"] = f"{place}.fields.{index}"
        if not (table.classes or table.fields or table.mask or table.withhold):
            self._fault(place, "grants nothing: give it classes or fields, or leave it out")
        return frozenset(found)

    def _actions(self, role: _Role, granted: Granted, key: str) -> dict[str, tuple[Action, str]]:
        """Coordinate → its action and where the file says so. What is masked or withheld is granted by that."""
        found: dict[str, tuple[Action, str]] = {}
        for type_name, table in role.types.items():
            place = f"{key}.types.{type_name}"
            wanted = [(path, level, f"{place}.mask.{path}") for path, level in _flat(table.mask or {})]
            wanted += [(path, "WITHHOLD", f"{place}.withhold.{i}") for i, path in enumerate(table.withhold or ())]
            for path, level, at in wanted:
                coordinate = self._coordinate(type_name, path, at) if type_name in self.types else None
                if coordinate is None:
                    continue
                if (
                    not isinstance(level, str)
                    or level not in (*MASKS, Action.WITHHOLD)
                    or (level == "WITHHOLD" and ".mask." in at)
                ):
                    self._fault(at, f"is PARTIAL or PRESENCE{did_you_mean(str(level), sorted(MASKS))}")
                    continue
                owner, name = coordinate
                problem = problem_of(self.schema, owner, name, Action(level))
                if owner not in granted and not is_follower(owner):
                    problem = f"the role does not grant {owner}"
                elif found.get(f"{owner}.{name}", (level,))[0] != level:
                    problem = f"{owner}.{name} has another action already"
                if problem is not None:
                    self._fault(at, problem)
                    continue
                found[f"{owner}.{name}"] = (Action(level), at)
                self.places[f"{owner}.{name}"] = at
                if owner in granted:
                    granted[owner] |= {name}
        return found

    def _coordinate(self, type_name: str, path: str, place: str) -> tuple[str, str] | None:
        """The type and field that a dotted path leads to, through links and connections."""
        *links, name = path.split(".")
        current = self.types[type_name]
        for step in links:
            below = through_connection(get_named_type(current.fields[step].type)) if step in current.fields else None
            if not isinstance(below, GraphQLObjectType):
                self._fault(place, f"{current.name} has no object {step}{did_you_mean(step, current.fields)}")
                return None
            current = below
        if name not in current.fields:
            self._fault(place, f"{current.name} has no field {name}{did_you_mean(name, current.fields)}")
            return None
        return current.name, name

    def _rows(self, type_name: str, table: _Type, place: str) -> Predicate | None:
        if table.rows is None:
            return None
        if type_name not in TYPE_KEYS and type_name != "Person":
            self._fault(f"{place}.rows", f"{type_name} comes with the row that holds it: put the rule on that type")
            return None
        try:
            return parse_rows(table.rows, type_name, self.schema)
        except RuleError as error:
            self._fault(f"{place}.rows.{error.key}" if error.key else f"{place}.rows", error.problem)
            return None

    def _unreached(self, role: _Role, coordinates: Mapping[str, frozenset[str]], key: str) -> None:
        """A grant that leads nowhere is a mistake in the file, whatever its author meant."""
        for index, root in enumerate(role.query):
            # The master schema has queries.
            if root not in coordinates.get("Query", ()) and root in self.schema.query_type.fields:  # type: ignore[union-attr]
                self._fault(f"{key}.query.{index}", f"{root} yields a type that the role does not grant")
        for type_name in role.types:
            if type_name in self.types and type_name not in coordinates:
                self._fault(f"{key}.types.{type_name}", "no granted field leads to this type")

    def _fault(self, key: str, problem: str) -> None:
        self.faults.append(Fault(self.file, key, problem))


def _flat(table: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    """Leaves of nested tables with dotted paths: TOML reads ``importer.name = …`` as a table in a table."""
    found: list[tuple[str, Any]] = []
    for name, value in table.items():
        found += _flat(value, f"{prefix}{name}.") if isinstance(value, Mapping) else [(prefix + name, value)]
    return found


def _claims(rule: Predicate) -> frozenset[str]:
    return frozenset(name for name in params_of(rule) if name.startswith("claims."))
