"""Every key of an agency file, by construct: the loader refuses the rest, `agencies/schema.json` offers them."""

from __future__ import annotations

from collections.abc import Mapping

FORMAT = 1
SQL_KINDS = ("postgres",)
HTTP_KINDS = ("rest",)
KINDS = (*SQL_KINDS, *HTTP_KINDS)

MANY = ("comma", "repeat", "body")
CONTROL = ("page", "offset", "cursor", "size", "order")
OPERATORS = ("eq", "in", "ne", "lt", "lte", "gt", "gte", "startsWith", "null")

FILE: Mapping[str, str] = {
    "format": "Version of this format: 1, and the first key of the file.",
    "code": "Code of the agency: CUSTOMS, FOOD, …",
    "name": "Its name in English and French.",
    "sources": "Its systems: where they are and how to log in.",
    "codes": "Code lists that several bindings share.",
    "lookups": "Code lists kept in a table or behind an endpoint.",
    "collections": "What its tables and endpoints supply.",
    "terms": "On what terms it shares.",
}
NAME: Mapping[str, str] = {"en": "English", "fr": "French"}
LOOKUP: Mapping[str, str] = {
    "source": "The source it is read from.",
    "code": "Column or JSON path of the code.",
    "value": "Column or JSON path of the harmonised value.",
    "table": "The table, in a database.",
    "get": "The path, of an API.",
    "rows": "Path to the array of rows in the answer.",
    "refresh": "How often it is read again: 1h.",
}
COLLECTION: Mapping[str, str] = {
    "source": "The source it is read from.",
    "provides": "The harmonised type that it supplies.",
    "table": "Table or view, in a database.",
    "where": 'Rows that count: column = value or list of values; "" is null or blank.',
    "except": "Rows that do not count, likewise.",
    "newest": "Of rows with the same key, the one that is last by these columns.",
    "fields": "Harmonised path = column, JSON path or binding.",
    "parts": "More fields of the same object from another table or endpoint.",
    "children": "Lists below the object.",
    "requests": "The HTTP calls that serve it.",
    "freshness": "Older copies than this are stale: 24h.",
    "as_of": "How the age of the copy is known.",
    "filterable": "The only paths that may be filtered by.",
    "orderable": "The only paths that may be ordered by.",
}
PART: Mapping[str, str] = {
    "table": "The other table.",
    "on": "Their column = our column.",
    "newest": "Of several rows, the one that is last by these columns.",
    "requests": "The other endpoint, called by the type's key.",
    "fields": "Harmonised path = column, JSON path or binding.",
}
CHILD: Mapping[str, str] = {
    "table": "The table of the elements.",
    "on": "Their column = our column.",
    "order": "Columns that order the elements.",
    "from": "A JSON array in the row, or in a JSON column.",
    "each": "Repeated columns: one list per element; the names of the first are used in the bindings.",
    "value": "The element itself, in a list of scalars.",
    "fields": "Harmonised path = column, JSON path or binding.",
    "children": "Lists below the element.",
}
BINDING: Mapping[str, str] = {
    "from": "Column or JSON path, or several.",
    "const": "A fixed value.",
    "absent": "The value when null or blank.",
    "codes": "A code list: inline, by name, or rows of a decision.",
    "as": "A format: date tokens, cents, epoch, epoch-ms, decimal-comma.",
    "read": "Steps that clean what is read.",
    "ask": "Steps that turn an argument into what is stored; [] when it is stored clean.",
    "path": "A path inside a JSON column.",
    "split": "What separates the elements of a list in one column.",
}
REQUEST: Mapping[str, str] = {
    "by": "The keys it needs.",
    "get": "Path of a GET.",
    "post": "Path of a POST that only reads.",
    "query": "Query parameters.",
    "body": "JSON body of a POST.",
    "many": "How several keys are given: comma, repeat or body.",
    "max_keys": "How many keys a call takes.",
    "rows": "Path to the rows in the answer; `*` crosses arrays.",
    "order": "What `{order}` becomes, per path: ascending and descending.",
    "paging": "How it pages.",
    "cap": "A search answers with this many rows at most.",
    "missing": "Status codes that mean: no such row.",
}
PAGING: Mapping[str, str] = {
    "size": "Rows per page.",
    "next": "Path of the next cursor or link, or header:Link.",
    "total": "Path of the number of rows.",
}
AS_OF: Mapping[str, str] = {
    "table": "Table whose newest moment counts.",
    "column": "Its column.",
    "header": "A response header.",
    "path": "A path in the answer.",
}
TERMS: Mapping[str, str] = {
    "withhold": "Fields that are never shared: Type.field.",
    "cache_seconds": "How long answers of a collection may be kept.",
    "filterable": "Per collection, the only paths that may be filtered by.",
    "orderable": "Per collection, the only paths that may be ordered by.",
}
