"""Whether an answer is complete or honest: each value is the agency's, each missing part has a silent agency."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, combinations
from typing import Any

from tests.kit.truth import exact
from tests.kit.truth_codes import LADDER

Silent = Collection[str]
CLEAR = ("MOVE_DETAIN_AT_DESTINATION", "MAY_PROCEED", "RELEASED")
OUTCOMES = ("ANSWERED", "TIMED_OUT", "UNAVAILABLE", "REFUSED")


@dataclass(frozen=True, slots=True)
class Part:
    """What may be missing at one place of an answer, and how its list is read.

    ``owners``: whose silence explains a null here, or a missing element that is not ``owned`` otherwise. ``key``: the
    fields by which elements are matched; without them an element is there as a whole or not at all. ``rule`` judges in
    place of all this: found, expected, silent → what is wrong."""

    owners: frozenset[str]
    key: tuple[str, ...] = ()
    owned: Callable[[Any], Collection[str]] | None = None
    page: int | None = None
    rule: Callable[[Any, Any, Silent], str | None] | None = None


def of(*owners: str, **more: Any) -> Part:
    """A part of these owners."""
    return Part(frozenset(owners), **more)


@dataclass(frozen=True, slots=True)
class Question:
    """``expected``: ``data`` when every agency answers, from the agencies' own stores; of a part with a ``page``, all
    rows. ``parts`` by path; a path without one belongs to the nearest above it."""

    name: str
    persona: str
    query: str
    variables: Mapping[str, Any]
    expected: Any
    parts: Mapping[str, Part] = field(default_factory=dict)


def faults(question: Question, body: Mapping[str, Any], repeating: Collection[str] = ()) -> list[str]:
    """What is wrong with an answer; nothing when it is complete or honest. ``repeating``: agencies that may have said
    every row of theirs several times."""
    completeness = body.get("extensions", {}).get("completeness")
    if body.get("data") is None or completeness is None:
        return [f"no data, or no completeness: {body.get('errors')}"]
    sources = {one["agency"]: one["outcome"] for one in completeness["sources"]}
    silent = silent_in(body)
    wrong = [f"{agency} is {said}" for agency, said in sources.items() if said not in OUTCOMES]
    if completeness["complete"] is bool(silent):
        wrong.append(f"complete: {completeness['complete']}, though these are silent: {sorted(silent)}")
    for error in body.get("errors", []):
        about = error["extensions"]
        if not str(about.get("code")).startswith("SOURCE_") or about.get("agency") not in silent:
            wrong.append(f"not an agency's error, or completeness does not tell of it: {error}")
    return wrong + list(_Reading(question.parts, silent, repeating).value(exact(body["data"]), question.expected, ""))


def silent_in(body: Mapping[str, Any]) -> set[str]:
    """The agencies that an answer says it lacks."""
    told = body.get("extensions", {}).get("completeness", {}).get("sources", ())
    return {one["agency"] for one in told if one["outcome"] != "ANSWERED"}


@dataclass(frozen=True, slots=True)
class _Reading:
    parts: Mapping[str, Part]
    silent: Silent
    repeating: Collection[str]

    def value(self, found: Any, expected: Any, path: str) -> Iterator[str]:
        part = self.parts.get(path)
        if part is not None and part.rule is not None and found is not None:
            if problem := part.rule(found, expected, self.silent):
                yield f"{path}: {problem}: {found}, expected {expected}"
        elif isinstance(expected, list) and isinstance(found, list):
            yield from self._list(found, expected, path, part or Part(self._owners(path)))
        elif isinstance(expected, dict) and isinstance(found, dict):
            if found.keys() != expected.keys():
                yield f"{path}: has {sorted(found)}, expected {sorted(expected)}"
            for name in found.keys() & expected.keys():
                yield from self.value(found[name], expected[name], f"{path}.{name}" if path else name)
        elif found != expected:
            allowed = found is None and self._may_lack(path)
            total = path.endswith("totalCount") and self.repeating
            if not allowed and not total:
                yield f"{path}: {found!r}, expected {expected!r}, silent: {sorted(self.silent)}"

    def _list(self, found: Sequence[Any], expected: Sequence[Any], path: str, part: Part) -> Iterator[str]:
        wanted = [(_key(one, part.key), one) for one in expected]
        given = [(_key(one, part.key), one) for one in found]
        if self.repeating:
            wanted, given = list(dict(wanted).items()), list(dict(given).items())
        here = [key for key, _ in given]
        if part.page is not None:
            yield from self._page(here, wanted, path, part)
            return
        there = Counter(key for key, _ in wanted)
        lacking = there - Counter(here)
        ordered = bool(part.key) and path.endswith("nodes")
        if Counter(here) - there or (ordered and here != [key for key, _ in wanted if key in here]):
            yield f"{path}: {here}, expected {[key for key, _ in wanted]}"
        for key, one in wanted:
            if lacking[key]:
                lacking[key] -= 1
                if not set(self.silent) & set(part.owned(one) if part.owned else part.owners):
                    yield f"{path}: {one} is missing, silent: {sorted(self.silent)}"
        if part.key:
            of_key = dict(wanted)
            for key, one in given:
                if key in of_key:
                    yield from self.value(one, of_key[key], path)

    def _page(self, here: list[Any], wanted: list[tuple[Any, Any]], path: str, part: Part) -> Iterator[str]:
        """Of a merged list: the first of what the agencies that answered have."""
        assert part.owned is not None
        if self.repeating:  # what one says often leaves less room for the others
            yield from (f"{path}: nobody said {one}" for one in here if one not in dict(wanted))
            return
        absent = sorted(part.owners & set(self.silent))
        for without in chain.from_iterable(combinations(absent, size) for size in range(len(absent) + 1)):
            rest = [key for key, one in wanted if not set(without) & set(part.owned(one))]
            if here == rest[: part.page]:
                return
        yield f"{path}: {here}, expected {[key for key, _ in wanted][: part.page]}, silent: {sorted(self.silent)}"

    def _may_lack(self, path: str) -> bool:
        """Nulls rise from below, where a field may not be null."""
        below = (part.owners for place, part in self.parts.items() if place.startswith(f"{path}."))
        return bool(set(self.silent) & self._owners(path).union(*below))

    def _owners(self, path: str) -> frozenset[str]:
        while path and path not in self.parts:
            path = path.rpartition(".")[0]
        return self.parts[path].owners if path else frozenset()


def _key(row: Any, key: tuple[str, ...]) -> Any:
    return tuple(row[name] for name in key) if key else _frozen(row)


def _frozen(value: Any) -> Any:
    if isinstance(value, dict):
        return tuple(sorted((name, _frozen(one)) for name, one in value.items()))
    return tuple(_frozen(one) for one in value) if isinstance(value, list) else value


# ---- the domain's rules, when an agency is silent --------------------------------------------------


def joint_status(found: Any, expected: Any, silent: Silent) -> str | None:
    """Domain rule 1. ``expected`` names too who is ``required``: without them the status is never clear. Whoever is
    silent may take a step away and put UNKNOWN in its place; nothing else changes. It is customs that says who is
    required: without it, it is enough that customs is unknown."""
    missing = set(silent) & set(expected["required"])
    state, right = found["state"], expected["state"]
    if not silent and found != {name: value for name, value in expected.items() if name != "required"}:
        return "not what the agencies say"
    if missing and state in CLEAR:
        return f"clear without {sorted(missing)}"
    if missing - set(found["unknownAgencies"]) and not {"CUSTOMS"} & set(silent) & set(found["unknownAgencies"]):
        return f"{sorted(missing)} not named as unknown"
    if set(found["blockingAgencies"]) - set(expected["blockingAgencies"]):
        return "blocked by whoever does not block"
    if set(found["unknownAgencies"]) - set(expected["unknownAgencies"]) - set(silent):
        return "unknown, though it answered"
    if state not in (right, "UNKNOWN") and not _step(right) < _step(state) < _step("UNKNOWN"):
        return "a state that nobody says"
    return None


def _step(state: str) -> int:
    return LADDER.index(state) if state in LADDER else len(LADDER)


def verification(found: Any, expected: Any, silent: Silent) -> str | None:
    """Domain rule 2: a check runs on what its issuer says of the permit and customs of the goods, or it does not run.
    ``expected`` names the ``issuer`` too."""
    if found == {name: value for name, value in expected.items() if name != "issuer"}:
        return None
    run = {check["kind"]: check["outcome"] for check in found["checks"]}
    right = {check["kind"]: check["outcome"] for check in expected["checks"]}
    if not {expected["issuer"], "CUSTOMS"} & set(silent):
        return "not what its issuer and customs say"
    if any(outcome not in ("NOT_RUN", right[kind]) for kind, outcome in run.items()):
        return "a check that does not end so"
    if found["remaining"] not in (None, expected["remaining"]):
        return "a quantity that nobody said"
    verdict = "INVALID" if "FAILED" in run.values() else "UNKNOWN" if "NOT_RUN" in run.values() else "VALID"
    return None if found["verdict"] == verdict else "a verdict that its checks do not give"
