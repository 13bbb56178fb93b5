"""``policy/purposes.toml`` and ``policy/agreements.toml``, read strictly: every fault with its file and key path.

[purposes.border-clearance]
title = "Release of goods"
basis = "Customs Act, s. 11 and 31"
roles = ["border-officer"]               # who may hold a token for it

[agreements.us-customs-2024]
title = "…"                              # parties, from, to, purposes, roles, types, caveat, citation, …
[agreements.us-customs-2024.types]
Shipment = { fields = ["ccn"], rows = { exporter.country = { eq = "claims.country" } } }
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Literal

from graphql import GraphQLSchema
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from adapters.contract import TYPE_KEYS, AllOf, Compare, Negation, Predicate, Value
from gateway.errors import ConfigurationError, Fault
from gateway.policy.coordinates import object_types
from gateway.policy.predicates import RuleError, leaf_at, params_of, parse_rows
from gateway.policy.roles import RoleGrant
from gateway.policy.view import AgreementInForce
from gateway.settings.strict import did_you_mean, faults_of, read_toml


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=True)


class PurposeRecord(_Strict):
    title: str
    basis: str
    roles: list[str] = Field(min_length=1)


class TypeRecord(_Strict):
    fields: list[str] = Field(min_length=1)
    rows: dict[str, Any] | None = None


class QuotaRecord(_Strict):
    requests: int = Field(gt=0)
    days: int = Field(default=1, gt=0, le=366)


class AgreementRecord(_Strict):
    """As ``agreements.toml`` has it. ``exclude_nationals``: paths of citizenships; a row that has the asking state's
    (the claim ``nationality``) among them, or may have it, is excluded."""

    title: str
    parties: list[str] = Field(min_length=2)
    from_: date = Field(alias="from")
    to: date | None = None
    status: Literal["IN_FORCE", "SUSPENDED", "ENDED"]
    purposes: list[str] = Field(min_length=1)
    types: dict[str, TypeRecord] = Field(min_length=1)
    exclude_nationals: dict[str, str] = Field(default_factory=dict)
    quota: QuotaRecord | None = None
    retention_days: int = Field(gt=0)
    onward: Literal["NEVER", "WITH_APPROVAL"]
    caveat: str
    citation: str


class _Purposes(_Strict):
    purposes: dict[str, PurposeRecord]


class _Agreements(_Strict):
    agreements: dict[str, AgreementRecord]


@dataclass(frozen=True, slots=True)
class Purpose:
    """``roles``: who may hold a token issued for it."""

    code: str
    basis: str
    roles: frozenset[str]


@dataclass(frozen=True, slots=True)
class Agreement:
    """``fields``: type → what may be shown of it; ``rows``: a predicate per type, on top of the roles' own."""

    told: AgreementInForce
    status: str
    fields: Mapping[str, frozenset[str]]
    rows: Mapping[str, Predicate] = field(default_factory=dict)

    @property
    def claims(self) -> frozenset[str]:
        names = (params_of(rule) for rule in self.rows.values())
        return frozenset(each for found in names for each in found if each.startswith("claims."))

    def in_force(self, today: date) -> bool:
        told = self.told
        return (
            self.status == "IN_FORCE" and told.valid_from <= today and (told.valid_to is None or today <= told.valid_to)
        )


def load_purposes(path: Path, roles: Mapping[str, RoleGrant] | None) -> dict[str, Purpose]:
    """Raises :class:`ConfigurationError`. A directory without the file has no purposes: then none is permitted.
    ``roles`` is ``None`` when their own file is at fault."""
    if not path.exists():
        return {}
    try:
        parsed = _Purposes.model_validate(read_toml(path))
    except ValidationError as error:
        raise ConfigurationError(faults_of(error, str(path), _Purposes)) from None
    faults = [
        Fault(str(path), f"purposes.{code}.roles.{index}", f"there is no role {role}{did_you_mean(role, roles or ())}")
        for code, record in parsed.purposes.items()
        for index, role in enumerate(record.roles)
        if roles is not None and role not in roles
    ]
    if faults:
        raise ConfigurationError(faults)
    return {code: Purpose(code, one.basis, frozenset(one.roles)) for code, one in parsed.purposes.items()}


def load_agreements(path: Path, schema: GraphQLSchema, purposes: Mapping[str, Purpose] | None) -> dict[str, Agreement]:
    """Raises :class:`ConfigurationError`. ``purposes`` is ``None`` when their own file is at fault."""
    if not path.exists():
        return {}
    try:
        parsed = _Agreements.model_validate(read_toml(path))
    except ValidationError as error:
        raise ConfigurationError(faults_of(error, str(path), _Agreements)) from None
    reader = _Reader(str(path), schema, purposes)
    found = {name: reader.agreement(name, record) for name, record in parsed.agreements.items()}
    if reader.faults:
        raise ConfigurationError(reader.faults)
    return found


class _Reader:
    def __init__(self, file: str, schema: GraphQLSchema, purposes: Mapping[str, Purpose] | None) -> None:
        self.file = file
        self.schema = schema
        self.purposes = purposes
        self.types = object_types(schema)
        self.faults: list[Fault] = []

    def agreement(self, name: str, record: AgreementRecord) -> Agreement:
        key = f"agreements.{name}"
        for index, code in enumerate(record.purposes):
            if self.purposes is not None and code not in self.purposes:
                self._fault(f"{key}.purposes.{index}", f"no purpose {code}{did_you_mean(code, self.purposes)}")
        if record.to is not None and record.to < record.from_:
            self._fault(f"{key}.to", "is before from")
        fields = {each: self._fields(each, one, f"{key}.types.{each}") for each, one in record.types.items()}
        rows: dict[str, Predicate] = {}
        for type_name, one in record.types.items():
            if type_name in self.types and one.rows is not None:
                self._rule(rows, type_name, one.rows, f"{key}.types.{type_name}.rows")
        for type_name, path in record.exclude_nationals.items():
            place = f"{key}.exclude_nationals.{type_name}"
            if type_name not in record.types:
                self._fault(place, "the agreement does not cover this type")
            elif leaf_at(self.schema, type_name, path) != "CountryCode":
                self._fault(place, f"{type_name} has no country at {path}")
            else:
                mine = parse_rows({path: {"eq": "claims.nationality"}}, type_name, self.schema)
                known = Compare(path, "null", Value(False))  # who may be a national of the asking state is not shown
                excluded: Predicate = AllOf((Negation(mine), known))
                rows[type_name] = AllOf((rows[type_name], excluded)) if type_name in rows else excluded
        quota = record.quota
        told = AgreementInForce(
            name,
            record.title,
            tuple(record.parties),
            tuple(record.purposes),
            record.from_,
            record.to,
            record.caveat,
            record.citation,
            quota.requests if quota is not None else None,
            quota.days if quota is not None else 1,
            record.retention_days,
            record.onward,
        )
        return Agreement(told, record.status, fields, rows)

    def _fields(self, type_name: str, record: TypeRecord, place: str) -> frozenset[str]:
        named = self.types.get(type_name)
        if named is None:
            self._fault(place, f"the schema has no such object type{did_you_mean(type_name, self.types)}")
            return frozenset()
        for index, name in enumerate(record.fields):
            if name not in named.fields:
                hint = did_you_mean(name, named.fields)
                self._fault(f"{place}.fields.{index}", f"{type_name} has no field {name}{hint}")
        return frozenset(record.fields)

    def _rule(self, rows: dict[str, Predicate], type_name: str, table: Mapping[str, Any], place: str) -> None:
        if type_name not in TYPE_KEYS and type_name != "Person":
            self._fault(place, f"{type_name} comes with the row that holds it: put the rule on that type")
            return
        try:
            rows[type_name] = parse_rows(dict(table), type_name, self.schema)
        except RuleError as error:
            self._fault(f"{place}.{error.key}" if error.key else place, error.problem)

    def _fault(self, key: str, problem: str) -> None:
        self.faults.append(Fault(self.file, key, problem))
