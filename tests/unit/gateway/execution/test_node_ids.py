"""Node ids: opaque, the same for everyone, and nothing but themselves."""

from __future__ import annotations

from base64 import urlsafe_b64decode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.execution.node_ids import SHORT_ID, SHORT_TEXT, WIDE_ID, WIDE_TEXT, NodeIds

OLD, NEW = b"o" * 32, b"n" * 32
TAG, OTHER = b"\x01\x02", b"\xff\x00"

keys = st.one_of(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40), st.integers(0, 10**9))


@given(st.lists(st.tuples(st.sampled_from([TAG, OTHER]), keys), max_size=20))
def test_a_column_reads_back_and_is_what_single_ids_are(rows: list[tuple[bytes, str | int]]) -> None:
    ids = NodeIds([NEW])
    column = ids.column([tag for tag, _ in rows], [key for _, key in rows])
    assert [ids.read(one) for one in column] == [(tag, str(key)) for tag, key in rows]
    assert column == [ids.column(tag, [key])[0] for tag, key in rows]
    assert column == NodeIds([NEW]).column([tag for tag, _ in rows], [key for _, key in rows])


def test_one_tag_serves_a_whole_column() -> None:
    ids = NodeIds([NEW])
    assert ids.column(TAG, ["a", "b"]) == ids.column([TAG, TAG], ["a", "b"])
    assert ids.column(TAG, []) == []
    with pytest.raises(ValueError, match="zip"):
        ids.column([TAG], ["a", "b"])


EDGES = {
    "x" * (SHORT_TEXT - 1): SHORT_ID,
    "x" * SHORT_TEXT: WIDE_ID,
    "x" * (WIDE_TEXT - 1): WIDE_ID,
    "x" * WIDE_TEXT: None,
    "": SHORT_ID,
    "é" * 6: None,
    "é" * 20: None,
    "\0": None,
    "a\0": None,
    "x" * SHORT_TEXT + "\0": None,
}


@pytest.mark.parametrize("key", EDGES)
def test_keys_at_the_edge_of_a_block(key: str) -> None:
    ids = NodeIds([NEW])
    (made,) = ids.column(TAG, [key])
    assert ids.read(made) == (TAG, key)
    assert "=" not in made
    if EDGES[key] is not None:
        assert len(made) == EDGES[key]


def test_keys_that_share_most_have_nothing_in_common() -> None:
    """Every part of an id depends on every part of its key."""
    ids = NodeIds([NEW])
    one, other, third = ids.column(TAG, ["9095PARS0000000-0001", "9095PARS0000000-0002", "8095PARS0000000-0001"])
    for a, b in ((one, other), (one, third)):
        assert not {a[at : at + 4] for at in range(4, WIDE_ID, 4)} & {b[at : at + 4] for at in range(4, WIDE_ID, 4)}


def test_nothing_of_the_key_can_be_read_off_it() -> None:
    ids = NodeIds([NEW])
    for key in ("1234PARS00001", "1234PARS00001-0001", "a rather long key of some permit"):
        (made,) = ids.column(TAG, [key])
        assert key.encode()[:6] not in urlsafe_b64decode(made + "=" * (-len(made) % 4))
    assert len(set(ids.column(TAG, [f"{n:05}" for n in range(1_000)]))) == 1_000
    assert ids.column(TAG, ["a"]) != ids.column(OTHER, ["a"])


def test_after_a_rotation_old_ids_are_read_and_new_ones_made() -> None:
    before, after = NodeIds([OLD]), NodeIds([NEW, OLD])
    for key in ("short", "a key of two blocks", "a key that is longer than two blocks"):
        (old,) = before.column(TAG, [key])
        (new,) = after.column(TAG, [key])
        assert old != new
        assert after.read(old) == after.read(new) == (TAG, key)
        assert NodeIds([NEW]).read(old) != (TAG, key)


@given(st.one_of(st.text(max_size=80), st.binary(max_size=60).map(lambda raw: raw.hex())))
def test_anything_else_is_no_id(text: str) -> None:
    read = NodeIds([NEW]).read(text)
    assert read is None or read[0] not in (TAG, OTHER)


@given(st.sampled_from(["short", "a key of two blocks", "a key that is longer than two blocks"]), st.data())
def test_a_changed_id_is_another_or_none(key: str, data: st.DataObject) -> None:
    ids = NodeIds([NEW])
    (made,) = ids.column(TAG, [key])
    place = data.draw(st.integers(0, len(made) - 1))
    letter = data.draw(st.sampled_from("ABCxyz019-_"))
    changed = made[:place] + letter + made[place + 1 :]
    assert changed == made or ids.read(changed) != (TAG, key)


@pytest.mark.parametrize("around", ["{}=", "{}\n", " {}", "!{}", "{}AAAA", "{}.", "{}===="])
def test_there_is_one_spelling_of_an_id(around: str) -> None:
    ids = NodeIds([NEW])
    for key in ("short", "a key of two blocks", "a key that is longer than two blocks"):
        assert ids.read(around.format(ids.column(TAG, [key])[0])) is None
