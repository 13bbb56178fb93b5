"""`agencies/schema.json`: completion for editors, in JSON Schema draft 4. The loader writes the real errors.

``python -m gateway.settings.agency_schema schema.graphql > agencies/schema.json``
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from graphql import build_schema

from adapters.contract import TYPE_KEYS
from adapters.mapping import BUILTIN_CODES, STEPS
from gateway.settings.agency_catalog import TypeCatalog, type_catalog
from gateway.settings.agency_keys import (
    AS_OF,
    BINDING,
    CHILD,
    COLLECTION,
    FILE,
    FORMAT,
    KINDS,
    LOOKUP,
    MANY,
    NAME,
    PAGING,
    PART,
    REQUEST,
    TERMS,
)

Json = dict[str, Any]

TEXT: Json = {"type": "string"}
WHOLE: Json = {"type": "integer", "minimum": 1}
TEXTS: Json = {"type": "array", "items": TEXT}
TEXT_OR_TEXTS: Json = {"anyOf": [TEXT, TEXTS]}
TEXT_MAP: Json = {"type": "object", "additionalProperties": TEXT}
SCALAR: Json = {"type": ["string", "boolean", "number"]}
CODE_LIST: Json = {"type": "object", "additionalProperties": SCALAR}
STEP: Json = {"type": "string", "pattern": rf"^({'|'.join(STEPS)})(:[0-9-]+)?$"}


def agency_schema(types: TypeCatalog) -> Json:
    """The schema of an agency file whose collections supply the types of the catalog."""
    return {
        "$schema": "http://json-schema.org/draft-04/schema#",
        "title": "Guichet agency file",
        "definitions": {
            "binding": _binding(),
            "collection": _closed(COLLECTION, {**_SHARED, **_COLLECTION}, required=("source", "provides", "fields")),
            "request": _closed(REQUEST, _REQUEST),
            "part": _closed(PART, {**_SHARED, "on": TEXT_MAP, "fields": {"type": "object"}}),
            "child": _closed(CHILD, {**_SHARED, **_CHILD}),
            **{f"{name}.fields": _fields(types, name) for name in sorted(types.types)},
            **{f"{name}.children": _children(types, name) for name in sorted(types.types)},
        },
        **_closed(
            FILE,
            {
                "format": {"enum": [FORMAT]},
                "code": {"type": "string", "pattern": "^[A-Z][A-Z0-9_]*$"},
                "name": _closed(NAME, dict.fromkeys(NAME, TEXT), required=tuple(NAME)),
                "sources": _named({"type": "object", "properties": {"kind": {"enum": list(KINDS)}, "timezone": TEXT}}),
                "codes": _named(CODE_LIST),
                "lookups": _named(_closed(LOOKUP, dict.fromkeys(LOOKUP, TEXT), required=("source", "code", "value"))),
                "collections": _named(
                    {"allOf": [_ref("collection")], "anyOf": [_supplies(name) for name in sorted(TYPE_KEYS)]}
                ),
                "terms": _closed(TERMS, _TERMS),
            },
            required=("format", "code", "name", "sources"),
        ),
    }


def _ref(name: str) -> Json:
    return {"$ref": f"#/definitions/{name}"}


def _named(inner: Json) -> Json:
    return {"type": "object", "additionalProperties": inner}


def _closed(keys: Mapping[str, str], shapes: Mapping[str, Json], required: Sequence[str] = ()) -> Json:
    """An object with these keys and no others; every key has a shape and its description."""
    properties = {key: {**shapes[key], "description": text} for key, text in keys.items()}
    closed: Json = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**closed, "required": list(required)} if required else closed


_SHARED: Mapping[str, Json] = {
    "table": TEXT,
    "newest": TEXTS,
    "requests": {"type": "array", "items": _ref("request")},
}
_ROWS: Json = {"type": "object", "additionalProperties": {"anyOf": [SCALAR, {"type": "array", "items": SCALAR}]}}
_CHILD: Mapping[str, Json] = {
    "on": TEXT_MAP,
    "order": TEXTS,
    "from": TEXT,
    "each": {"type": "array", "items": TEXT_OR_TEXTS},
    "value": _ref("binding"),
    "fields": {"type": "object"},
    "children": _named(_ref("child")),
}
_COLLECTION: Mapping[str, Json] = {
    "source": TEXT,
    "provides": TEXT,
    "where": _ROWS,
    "except": _ROWS,
    "fields": {"type": "object"},
    "parts": _named(_ref("part")),
    "children": {"type": "object"},
    "freshness": {"type": "string", "pattern": "^[1-9][0-9]*[smhd]$"},
    "as_of": _closed(AS_OF, dict.fromkeys(AS_OF, TEXT)),
    "filterable": TEXTS,
    "orderable": TEXTS,
}
_REQUEST: Mapping[str, Json] = {
    "by": TEXTS,
    "get": TEXT,
    "post": TEXT,
    "query": TEXT_MAP,
    "body": {},
    "many": {"enum": list(MANY)},
    "max_keys": WHOLE,
    "rows": TEXT,
    "order": {"type": "object"},
    "paging": _closed(PAGING, {"size": WHOLE, "next": TEXT, "total": TEXT}, required=("size",)),
    "cap": WHOLE,
    "missing": {"type": "array", "items": {"type": "integer", "minimum": 400, "maximum": 499}},
}
_TERMS: Mapping[str, Json] = {
    "withhold": TEXTS,
    "cache_seconds": _named({"type": "integer", "minimum": 0}),
    "filterable": _named(TEXTS),
    "orderable": _named(TEXTS),
}


def _binding() -> Json:
    decision = {"type": "array", "items": {"type": "array", "items": SCALAR}}
    named = {"type": "string", "description": f"A code list of this file, or {' or '.join(BUILTIN_CODES)}."}
    long = _closed(
        BINDING,
        {
            "from": TEXT_OR_TEXTS,
            "const": {},
            "absent": {},
            "codes": {"anyOf": [named, CODE_LIST, decision]},
            "as": TEXT,
            "read": {"type": "array", "items": STEP},
            "ask": {"type": "array", "items": STEP},
            "path": TEXT,
            "split": TEXT,
        },
    )
    return {"anyOf": [TEXT, TEXTS, long]}


def _supplies(name: str) -> Json:
    """What a collection of one type can bind."""
    return {
        "properties": {
            "provides": {"enum": [name]},
            "fields": _ref(f"{name}.fields"),
            "children": _ref(f"{name}.children"),
        }
    }


def _fields(types: TypeCatalog, name: str) -> Json:
    """Dotted paths as the nested tables that TOML makes of them."""
    root: Json = {"type": "object", "properties": {}, "additionalProperties": False}
    for path in sorted(types.types[name].fields):
        *outer, last = path.split(".")
        place = root
        for step in outer:
            place = place["properties"].setdefault(
                step, {"type": "object", "properties": {}, "additionalProperties": False}
            )
        place["properties"][last] = _ref("binding")
    return root


def _children(types: TypeCatalog, name: str) -> Json:
    shape = types.types[name]
    lists = sorted([*shape.children, *(path for path, type_ in shape.fields.items() if type_.list)])
    properties: Json = {}
    for path in lists:
        element = shape.children.get(path)
        child: Json = _ref("child")
        if element:
            inner = {"properties": {"fields": _ref(f"{element}.fields"), "children": _ref(f"{element}.children")}}
            child = {"allOf": [child, inner]}
        properties[path] = child
    return {"type": "object", "properties": properties, "additionalProperties": False}


def render(types: TypeCatalog) -> str:
    """The text of the committed file."""
    return json.dumps(agency_schema(types), indent=1, ensure_ascii=False, sort_keys=False) + "\n"


def main() -> None:
    schema = build_schema(Path(sys.argv[1]).read_text(encoding="utf-8"))
    sys.stdout.write(render(type_catalog(schema)))


if __name__ == "__main__":
    main()
