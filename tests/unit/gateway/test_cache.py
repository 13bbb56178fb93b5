"""The cache is bounded by weight and forgets what was not used for longest."""

from __future__ import annotations

import gc
import weakref

from hypothesis import given
from hypothesis import strategies as st

from gateway import settings as configuration
from gateway.app import build
from gateway.cache import WeightedCache
from gateway.cli.inspection import Unset
from tests.kit.places import ROOT


def test_least_recently_used_goes_first() -> None:
    cache: WeightedCache[int] = WeightedCache(30)
    for name in "abc":
        cache.put(name, ord(name), 10)
    assert cache.get("a") == ord("a")
    cache.put("d", 4, 10)
    assert [cache.get(name) is not None for name in "abcd"] == [True, False, True, True]
    assert (cache.hits, cache.misses, len(cache), cache.weight) == (4, 1, 3, 30)


def test_an_entry_heavier_than_all_is_not_kept_and_displaces_nothing_else() -> None:
    cache: WeightedCache[int] = WeightedCache(10)
    cache.put("a", 1, 10)
    cache.put("b", 2, 11)
    assert (cache.get("a"), cache.get("b")) == (1, None)
    cache.put("a", 3, 11)
    assert (cache.get("a"), cache.weight, len(cache)) == (None, 0, 0)


def test_what_stands_under_an_entry_goes_with_it_and_is_not_kept_without_it() -> None:
    cache: WeightedCache[int] = WeightedCache(40)
    cache.put("view", 1, 10)
    cache.put("plan", 2, 10, under="view")
    cache.put("orphan", 3, 10, under="nothing")
    assert (cache.get("orphan"), cache.weight) == (None, 20)
    cache.put("other", 4, 10)
    cache.get("plan")  # used more lately than its view, and yet it goes
    cache.put("last", 5, 20)
    assert [cache.get(key) for key in ("view", "plan", "other", "last")] == [None, None, 4, 5]
    assert (cache.weight, len(cache)) == (30, 2)
    cache.put("plan", 6, 5, under="other")
    cache.put("other", 7, 10)  # a new entry of the same name: what stood under the former goes
    assert (cache.get("plan"), cache.weight) == (None, 30)


class Knot:
    """Refers to itself, as a schema's types do to each other."""

    def __init__(self) -> None:
        self.me = self


def test_a_batch_that_leaves_is_garbage_no_longer() -> None:
    cache: WeightedCache[Knot] = WeightedCache(40, batch=20)
    watched = []
    gc.disable()
    try:
        for n in range(5):
            knot = Knot()
            watched.append(weakref.ref(knot))
            cache.put(n, knot, 10)
            del knot
    finally:
        gc.enable()
    assert [ref() is None for ref in watched] == [True, True, True, False, False]
    assert cache.weight == 20


def test_clear() -> None:
    cache: WeightedCache[int] = WeightedCache(10)
    cache.put("a", 1, 10)
    cache.clear()
    assert (cache.get("a"), cache.weight, len(cache)) == (None, 0, 0)


NAMES = st.sampled_from("abcdef")


@given(st.lists(st.tuples(NAMES, st.integers(0, 12), st.none() | NAMES), max_size=40))
def test_the_weight_is_what_the_entries_weigh_and_never_more_than_allowed(
    puts: list[tuple[str, int, str | None]],
) -> None:
    cache: WeightedCache[int] = WeightedCache(20)
    for name, weight, under in puts:
        cache.put(name, weight, weight, under)
        assert cache.weight == sum(cache.get(key) or 0 for key in "abcdef") <= 20


def test_policy_and_planner_of_a_deployment_share_one_cache() -> None:
    built = build(configuration.load(ROOT / "guichet.toml", Unset()), Unset())
    view = built.policy.view_of(["carrier"])
    built.engine.planner.plan("{ viewer { subject } }", None, None, view)
    assert built.engine.planner.cache is built.cache
    assert built.cache.get(view.fingerprint) is view
