"""A few agencies in memory and the engine over them: what planning and execution are tested with."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from adapters.coalescing import CoalescingSource
from adapters.contract import Child, CollectionSpec, FieldBinding, Predicate
from adapters.errors import SourceError, SourceUnavailable
from adapters.memory import MemorySource, Row
from gateway.execution import Engine, build_engine
from gateway.planning.catalog import Owner
from gateway.policy.view import View
from gateway.request import Answer, Principal, RequestContext
from gateway.settings.config import Limits
from resolvers.schema import master
from tests.kit.plain import plain

MASTER = master()._schema
KEYS = (b"k" * 32,)
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def fields(text: str) -> dict[str, FieldBinding]:
    """``"number validTo:Date"`` → bindings; ``String`` unless said."""
    pairs = [(one.partition(":")[0], one.partition(":")[2] or "String") for one in text.split()]
    return {path: FieldBinding(path, kind, (path,)) for path, kind in pairs}


def collection(agency: str, provides: str, text: str, name: str = "", **more: Any) -> CollectionSpec:
    return CollectionSpec(agency, "db", name or provides.lower(), provides, fields(text), **more)


def child(name: str, type_: str, text: str) -> Child:
    return Child(name, type_, fields=fields(text))


HOLD = (
    "key scope reasonCode placedAt:DateTime liftedAt:DateTime canMove:Boolean place:Locode "
    "container:ContainerNumber shipment.ccn:CargoControlNumber"
)
PERMIT = "number type status:PermitStatus holder.name holder.businessNumber:BusinessNumber validFrom:Date validTo:Date"
RECORD = "key familyName givenNames birthDate searchName document.issuer:CountryCode document.number"
DECISION = "transactionNumber:TransactionNumber sequence:Int status reasonCode at:DateTime"

COLLECTIONS: Mapping[str, tuple[CollectionSpec, ...]] = {
    "CUSTOMS": (
        collection(
            "CUSTOMS",
            "Shipment",
            "ccn:CargoControlNumber status:ShipmentStatus portOfArrival:Locode eta:DateTime arrivedAt:DateTime "
            "carrierCode carrierName importer.name importer.businessNumber:BusinessNumber held:Boolean",
            children={"containers": child("containers", "TransportEquipment", "number:ContainerNumber sizeType")},
        ),
        collection(
            "CUSTOMS",
            "Declaration",
            "transactionNumber:TransactionNumber version:Int acceptedAt:DateTime shipment.ccn:CargoControlNumber "
            "importer.name importer.businessNumber:BusinessNumber",
        ),
        collection(
            "CUSTOMS",
            "GoodsItem",
            "transactionNumber:TransactionNumber sequence:Int hs:HsCode description",
            children={"citedPermits": child("citedPermits", "CitedPermit", "issuer:AgencyCode number")},
        ),
        collection("CUSTOMS", "RequiredDecision", "transactionNumber:TransactionNumber sequence:Int agency:AgencyCode"),
        collection("CUSTOMS", "Hold", HOLD),
    ),
    "FOOD": (
        collection("FOOD", "Permit", PERMIT, children={"lines": child("lines", "PermitLine", "hs:HsCode")}),
        collection("FOOD", "Hold", HOLD),
        collection("FOOD", "AgencyDecision", DECISION),
    ),
    "TRADE_CONTROLS": (
        collection("TRADE_CONTROLS", "Permit", PERMIT),
        collection("TRADE_CONTROLS", "Hold", HOLD),
    ),
    "REVENUE": (collection("REVENUE", "Organization", "businessNumber:BusinessNumber legalName country:CountryCode"),),
    "IMMIGRATION": (
        collection("IMMIGRATION", "PersonRecord", RECORD),
        collection("IMMIGRATION", "TravelDocument", "personKey issuer:CountryCode number type expiresOn:Date"),
    ),
    "POLICE": (
        collection("POLICE", "PersonRecord", RECORD),
        collection(
            "POLICE",
            "EnforcementAction",
            "key personKey kind at:DateTime document.issuer:CountryCode document.number",
        ),
    ),
    "TRAVELLER": (
        collection(
            "TRAVELLER",
            "Crossing",
            "key state direction at:DateTime expectedAt:DateTime place:Locode document.issuer:CountryCode "
            "document.number",
        ),
    ),
}


@dataclass(frozen=True)
class MemoryAgency:
    code: str
    name: Mapping[str, str]
    collections: Sequence[CollectionSpec]


@dataclass
class World:
    """``data``: agency → collection → rows; what is not named is empty. ``wait_s``: for how long lookups wait for each
    other."""

    data: Mapping[str, Mapping[str, Sequence[Row]]]
    limits: Limits = field(default_factory=Limits)
    timeout: float = 5.0
    flags: Mapping[str, Any] = field(default_factory=dict)
    agencies: Sequence[str] = tuple(COLLECTIONS)
    as_of: datetime | None = NOW
    wait_s: float | None = None

    def __post_init__(self) -> None:
        self.sources = {
            code: MemorySource(
                "db",
                code,
                COLLECTIONS[code],
                self.data.get(code, {}),
                flags=self.flags.get(code, {}),
                as_of=self.as_of,
            )
            for code in self.agencies
        }
        self.engine: Engine = build_engine(
            MASTER,
            [MemoryAgency(code, {"en": code.title(), "fr": code.lower()}, COLLECTIONS[code]) for code in self.agencies],
            {
                (code, "db"): source if self.wait_s is None else CoalescingSource(source, self.wait_s)
                for code, source in self.sources.items()
            },
            self.limits,
            KEYS,
            self.timeout,
        )

    async def ask(
        self,
        query: str,
        variables: dict[str, Any] | None = None,
        *,
        view: View | None = None,
        claims: Mapping[str, Any] | None = None,
        seconds: float | None = None,
        operation: str | None = None,
        request_id: str = "r1",
    ) -> Answer:
        deadline = asyncio.get_running_loop().time() + (self.timeout if seconds is None else seconds)
        answer = await self.engine.execute(
            query=query,
            operation_name=operation,
            variables=variables,
            view=view or whole(),
            context=RequestContext(request_id, principal(claims), deadline),
        )
        return plain(answer)

    async def data_of(self, query: str, variables: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
        """The data of an answer without errors."""
        answer = await self.ask(query, variables, **more)
        assert answer.errors == [], answer.errors
        assert answer.data is not None
        return answer.data

    def owner(self, agency: str, provides: str) -> Owner:
        owners = self.engine.planner.catalog.owners(provides)
        return next(owner for owner in owners if owner.agency == agency)

    def asked(self, agency: str, name: str) -> int:
        return len(self.sources[agency].asked(name))


def fail_where(source: MemorySource, where: Callable[[Any, Any, Any], bool], how: SourceError | None = None) -> None:
    """Calls that ``where`` is true of (collection, work, call) fail from now on; all others are answered."""
    answer_of = source.answer

    async def answer(collection: Any, work: Any, call: Any) -> Any:
        if where(collection, work, call):
            raise how or SourceUnavailable("x")
        return await answer_of(collection, work, call)

    source.answer = answer  # type: ignore[method-assign]  # of this one source


def whole(rows: Mapping[str, Predicate] | None = None, params: Sequence[str] = (), name: str = "whole") -> View:
    """The view of everything, with row rules if any."""
    return View(name, MASTER, rows or {}, tuple(params))


def principal(claims: Mapping[str, Any] | None = None) -> Principal:
    return Principal("officer", "customs", frozenset({"r"}), frozenset(), claims=claims or {})


def day(number: int) -> datetime:
    return NOW - timedelta(days=number)


def codes(answer: Answer) -> list[str]:
    return [error["extensions"]["code"] for error in answer.errors]


def told(answer: Answer) -> dict[str, Any]:
    """What a client can tell from an answer."""
    return {"data": answer.data, "errors": answer.errors, "extensions": answer.extensions, "status": answer.status}
