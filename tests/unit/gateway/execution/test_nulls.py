"""Nulls that must be explained: where they end up, and one error per cause and coordinate."""

from __future__ import annotations

from gateway.execution.nulls import Cause, Null, NullWalk, missing

DOWN = Cause("FOOD cannot be reached", "SOURCE_UNAVAILABLE", "FOOD")
LATE = Cause("POLICE did not answer in time", "SOURCE_TIMEOUT", "POLICE")


def test_a_null_in_place_is_reported_there() -> None:
    walk = NullWalk()
    data = {"a": {"holds": Null("Shipment.holds", (DOWN,))}, "b": 1}
    assert walk.settle(data) == {"a": {"holds": None}, "b": 1}
    assert list(walk.errors.values()) == [
        {
            "message": "FOOD cannot be reached",
            "path": ["a", "holds"],
            "extensions": {"code": "SOURCE_UNAVAILABLE", "affected": 1, "agency": "FOOD"},
        }
    ]


def test_a_raised_null_tells_where_it_came_from() -> None:
    walk = NullWalk()
    null = missing("Agency.name", "n").raised(2).raised("agencies")
    assert walk.settle({"all": [null]}) == {"all": [None]}
    (error,) = walk.errors.values()
    assert error["path"] == ["all", 0, "agencies", 2, "n"]
    assert error["extensions"] == {"code": "SOURCE_BAD_DATA", "affected": 1}


def test_one_error_per_cause_and_coordinate_with_what_it_touched() -> None:
    walk = NullWalk()
    both, one = Null("S.holds", (DOWN, LATE)), Null("S.holds", (DOWN,))
    walk.settle({"rows": [{"h": both}, {"h": one}, {"h": None}, {"p": Null("S.permit", (DOWN,))}]})
    told = [(e["path"], e["extensions"]["agency"], e["extensions"]["affected"]) for e in walk.errors.values()]
    assert told == [
        (["rows", 0, "h"], "FOOD", 2),
        (["rows", 0, "h"], "POLICE", 1),
        (["rows", 3, "p"], "FOOD", 1),
    ]


def test_the_walk_copies_so_that_shared_objects_keep_their_nulls() -> None:
    null = Null("S.permit", (DOWN,))
    shared = {"permit": null}
    walk = NullWalk()
    assert walk.settle([shared, shared]) == [{"permit": None}, {"permit": None}]
    assert shared == {"permit": null}
    assert next(iter(walk.errors.values()))["extensions"]["affected"] == 2


def test_a_null_without_causes_is_plain() -> None:
    walk = NullWalk()
    assert walk.settle({"a": Null("S.a", ())}) == {"a": None}
    assert not walk.errors
