"""Which media type an answer gets, which status with it (GraphQL over HTTP, sections 5 and 6.4), in which language."""

from __future__ import annotations

from functools import lru_cache

from gateway.request import Answer
from resolvers.enums import Language

GRAPHQL_JSON = "application/graphql-response+json"
JSON = "application/json"
_BOTH = ((JSON, ("application/json", "application/*", "*/*")), (GRAPHQL_JSON, (GRAPHQL_JSON,)))


@lru_cache(maxsize=256)
def media_type(accept: str | None) -> str | None:
    """What to answer with, or ``None`` when the client takes neither. Nothing said, or anything, means JSON: that is
    what plain clients expect."""
    if accept is None or not accept.strip():
        return JSON
    weights = _weights(accept)
    best, found = 0.0, None
    for offered, names in _BOTH:
        weight = next((weights[name] for name in names if name in weights), 0.0)
        # The newer type wins a tie: who names it knows what its statuses mean.
        if weight > 0 and weight >= best:
            best, found = weight, offered
    return found


@lru_cache(maxsize=256)
def wants_page(accept: str | None) -> bool:
    """A browser that was sent here, rather than a client."""
    return accept is not None and _weights(accept).get("text/html", 0.0) > 0


@lru_cache(maxsize=256)
def wants_stream(accept: str | None) -> bool:
    return accept is not None and _weights(accept).get("text/event-stream", 0.0) > 0


@lru_cache(maxsize=256)
def language(accept: str | None) -> Language:
    """What the schema is described in: French for who prefers it to English (``fr-CA, en;q=0.8``), else English."""
    weights = _weights(accept or "")
    best = {"en": weights.get("*", 0.0), "fr": 0.0}
    for tag, weight in weights.items():
        name = tag.partition("-")[0]
        if name in best:
            best[name] = max(best[name], weight)
    return Language.FR if best["fr"] > best["en"] else Language.EN


def _weights(accept: str) -> dict[str, float]:
    weights: dict[str, float] = {}
    for part in accept.split(",")[:32]:
        name, *parameters = (each.strip() for each in part.split(";"))
        weight = 1.0
        for parameter in parameters:
            key, _, value = parameter.partition("=")
            if key.strip().lower() == "q":
                try:
                    weight = min(1.0, max(0.0, float(value)))
                except ValueError:
                    weight = 0.0
        weights[name.lower()] = max(weight, weights.get(name.lower(), 0.0))
    return weights


def status_of(answer: Answer, media: str) -> int:
    """Of a well-formed request. Under ``application/json`` a document that fails is still a 200: another status would
    be taken for that of something on the way. Other refusals, and faults of ours, show in both."""
    if answer.executed or (media == JSON and answer.status == 400):
        return 200
    return answer.status
