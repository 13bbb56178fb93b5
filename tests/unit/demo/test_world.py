"""The generated world: same seed, same bytes; good identifiers; links that join; every case is there."""

from collections import Counter
from datetime import date
from hashlib import sha256

import pytest
import stdnum.ca.bn
import stdnum.ean
import stdnum.imo
import stdnum.iso6346

from demo.world import chunks, identifiers
from demo.world.people import fold
from demo.world.scale import SCALES
from demo.world.summary import summary
from demo.world.tables import POSTGRES, SQLITE, Batch, Row
from demo.world.world import SPECIAL, World

DAY = date(2026, 3, 2)
Rows = dict[tuple[str, str], list[Row]]


def make(seed: int = 1, day: date = DAY) -> tuple[World, Rows]:
    world = World.of(seed, SCALES["small"], day)
    batch = Batch()
    for task in chunks.tasks(world.scale):
        for key, rows in chunks.rows(world, task).rows.items():
            batch.table(*key).extend(rows)
    return world, batch.rows


@pytest.fixture(scope="module")
def made() -> tuple[World, Rows]:
    return make()


@pytest.fixture(scope="module")
def rows(made: tuple[World, Rows]) -> Rows:
    return made[1]


def column(rows: Rows, agency: str, table: str, name: str) -> list[object]:
    at = POSTGRES[agency][table].index(name)
    return [row[at] for row in rows[agency, table]]


def digest(rows: Rows) -> str:
    return sha256(repr(sorted(rows.items())).encode()).hexdigest()


def test_same_seed_and_day_same_rows(rows: Rows) -> None:
    assert digest(make()[1]) == digest(rows)


def test_another_seed_or_day_other_rows(rows: Rows) -> None:
    assert digest(make(seed=2)[1]) != digest(rows)
    assert digest(make(day=date(2026, 3, 3))[1]) != digest(rows)


def test_sizes(rows: Rows) -> None:
    assert 1.9e3 < sum(1 for row in rows["customs", "cargo.ccd_hdr"] if row[1] == "C" and row[2] != "Y") < 2.1e3
    items = {(str(row[0])[:14], row[2]) for row in rows["customs", "rlse.b3_line"]}
    assert 4_200 < len(items) < 5_800
    assert len(rows["traveller", "ee.pax_last"]) == 1_500
    expected = {row[:3] for row in rows["traveller", "ee.api_pnr"]}
    assert len(rows["traveller", "ee.xing"]) + len(expected) == 6_000
    live = [row for row in rows["trade_controls", "lic.permit"] if row[8] is None]
    assert len(rows["food", "permit"]) + len(live) == 800


def test_every_row_has_its_columns(rows: Rows) -> None:
    for (agency, table), found in rows.items():
        width = len(POSTGRES[agency][table]) if agency in POSTGRES else SQLITE[agency][table]
        assert {len(row) for row in found} == {width}, table
        assert found


@pytest.mark.parametrize("serial", [0, 1, 7, 999_999, 1_000_000, 3_141_592, 11_999_999])
def test_check_digits(serial: int) -> None:
    assert stdnum.iso6346.is_valid(identifiers.container(serial))
    assert stdnum.ca.bn.is_valid(identifiers.business_number(serial))
    assert not stdnum.ca.bn.is_valid(identifiers.business_number(serial, wrong=True))
    assert stdnum.imo.is_valid(identifiers.imo(serial))
    assert stdnum.ean.is_valid(identifiers.gtin(serial))
    prefix, _, number = identifiers.air_waybill("014", serial).partition("-")
    assert (prefix, int(number[:7]) % 7) == ("014", int(number[7]))


def test_check_digits_of_published_samples() -> None:
    values = {str(d): d for d in range(10)} | {c: ord(c) - 55 for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
    for serial in (0, 5, 483_999_999):
        text = identifiers.travel_document(serial)
        assert sum(values[c] * (7, 3, 1)[i % 3] for i, c in enumerate(text[:8])) % 10 == int(text[8])
    assert identifiers.luhn_digit("12345678") == "2"
    assert identifiers.vin(7)[8] in "0123456789X"


def test_identifiers_are_distinct() -> None:
    assert len({identifiers.container(n) for n in range(30_000)}) == 30_000
    assert len({identifiers.travel_document(n) for n in range(30_000)}) == 30_000
    assert len({identifiers.business_number(n + 1) for n in range(20_001)}) == 20_001


def test_containers_are_valid_but_for_one_or_two_in_a_hundred(rows: Rows) -> None:
    numbers = [str(n) for n in column(rows, "customs", "cargo.ccd_eqp", "eqp_nbr")]
    dirty = [n for n in numbers if not stdnum.iso6346.is_valid(n) or n != n.upper() or " " in n]
    assert 0.005 < len(dirty) / len(numbers) < 0.03


def test_named_importers_are_registered(rows: Rows) -> None:
    accounts = {row[0] for row in rows["revenue", "account"]}
    named = {
        str(bn) for bn in column(rows, "customs", "cargo.ccd_hdr", "imp_bn") if bn is not None and len(str(bn)) == 15
    }
    named |= {str(bn) for bn in column(rows, "customs", "rlse.b3_hdr", "brk_bn")}
    named |= {str(row[6]) for row in rows["food", "permit"]}
    assert named <= accounts
    assert any(not stdnum.ca.bn.is_valid(bn) for bn in named)


def test_importers_are_heavy_tailed(rows: Rows) -> None:
    counts = Counter(column(rows, "customs", "cargo.ccd_hdr", "imp_bn"))
    counts.pop(None)
    top = sum(n for _, n in counts.most_common(5))
    assert top > 0.25 * sum(counts.values())


def test_cited_permits_mostly_exist(rows: Rows) -> None:
    food = {str(row[0]) for row in rows["food", "permit"]}
    trade = {str(row[1]).replace("-", "") for row in rows["trade_controls", "lic.permit"]}
    outcomes = Counter[str]()
    for row in rows["customs", "rlse.b3_lpco"]:
        number = "".join(c for c in str(row[5]).upper() if c.isalnum())
        known = {"04": food, "07": trade}.get(str(row[4]))
        outcomes["unknown issuer" if known is None else "found" if number in known else "missing"] += 1
    assert outcomes["found"] > 0.97 * outcomes.total()
    assert outcomes["missing"]
    assert outcomes["unknown issuer"]


def test_declarations_join(rows: Rows) -> None:
    ccns = set(column(rows, "customs", "cargo.ccd_hdr", "ccn_nbr"))
    assert set(column(rows, "customs", "rlse.b3_hdr", "ccn_nbr")) <= ccns
    transactions = {str(n)[:14] for n in column(rows, "customs", "rlse.b3_hdr", "txn_nbr")}
    assert {len(str(n)) for n in column(rows, "customs", "rlse.b3_hdr", "txn_nbr")} == {14, 19}
    assert {row[0] for row in rows["revenue", "assessment"]} <= transactions
    assert {row[0] for row in rows["food", "decision"]} <= transactions
    assert {row[0] for row in rows["trade_controls", "lic.release_check"]} <= transactions
    assert {row[1] for row in rows["food", "hold"]} <= ccns
    headers = {(row[0], row[1]) for row in rows["customs", "rlse.b3_hdr"]}
    for table in ("rlse.b3_line", "rlse.b3_vin", "rlse.b3_lpco"):
        assert {(row[0], row[1]) for row in rows["customs", table]} <= headers


def test_no_line_is_dropped_by_a_later_version(rows: Rows) -> None:
    lines: dict[str, dict[object, set[object]]] = {}
    for row in rows["customs", "rlse.b3_line"]:
        lines.setdefault(str(row[0])[:14], {}).setdefault(row[1], set()).add(row[2])
    assert all(len({frozenset(found) for found in versions.values()}) == 1 for versions in lines.values())
    assert any(len(versions) > 1 for versions in lines.values())


def test_superseded_versions_have_moved_port(rows: Rows) -> None:
    offices: dict[str, set[object]] = {}
    for row in rows["customs", "rlse.b3_hdr"]:
        offices.setdefault(str(row[0])[:14], set()).add(row[8])
    assert any(len(found) > 1 for found in offices.values())


def test_held_flag_and_status_follow_the_newest_in_the_history(rows: Rows) -> None:
    newest: dict[object, Row] = {}
    for row in rows["customs", "cargo.ccd_sts_hist"]:
        if row[0] not in newest or (str(row[2]), int(str(row[1]))) > (
            str(newest[row[0]][2]),
            int(str(newest[row[0]][1])),
        ):
            newest[row[0]] = row
    for row in rows["customs", "cargo.ccd_hdr"]:
        if row[1] == "C" and row[2] != "Y":
            last = newest[row[0]]
            assert (row[-2] == "Y") == (last[3] == "H" and last[4] == "N")
            assert row[-1] == ("S" if last[4] == "Y" else last[3])


def test_crossers_are_known_to_the_agencies(rows: Rows) -> None:
    crossers = {(row[7], row[8]) for row in rows["traveller", "ee.xing"]}
    assert crossers <= {(row[0], row[1]) for row in rows["traveller", "ee.pax_last"]}
    clients = {(row[2], row[3]) for row in rows["immigration", "document"]}
    foreign = {pair for pair in crossers if pair[0] != "CAN"}
    assert len(foreign & clients) > 0.8 * len(foreign)
    assert not {pair for pair in crossers if pair[0] == "CAN"} & clients


def test_agencies_disagree_about_a_few(rows: Rows) -> None:
    seen = {(row[0], row[1]): row for row in rows["traveller", "ee.pax_last"]}
    clients = {row[0]: row for row in rows["immigration", "client"]}
    differ = total = 0
    for key, _, country, number, _ in rows["immigration", "document"]:
        if (country, number) in seen:
            theirs, ours = seen[country, number], clients[key]
            total += 1
            differ += (theirs[2], theirs[6]) != (ours[2], ours[5])
    assert 0.01 < differ / total < 0.09


def test_containers_held_by_two_at_one_place(made: tuple[World, Rows]) -> None:
    world, rows = made
    ports = {row[0]: row[1] for row in rows["customs", "ref.port_loc"]}
    ours = {
        (row[11], ports[row[10]])
        for row in rows["customs", "cargo.evt"]
        if row[2] == "HLD" and row[8] is None and row[11]
    }
    theirs = {(row[9], row[8]) for row in rows["food", "hold"] if row[6] is None and row[9]}
    both = ours & theirs
    assert sum(1 for _, place in both if place == "CAVAN") >= 3
    special = summary(world)["special"]
    assert isinstance(special, dict)
    assert (special["heldByTwo"]["container"], "CAVAN") in both


def test_every_decision_occurs(rows: Rows) -> None:
    assert {row[2] for row in rows["food", "decision"]} == {"OK", "REL", "INSP", "DOC", "REV", "REF", "MOV"}
    assert {row[2] for row in rows["trade_controls", "lic.release_check"]} == {"P", "W", "D", "N"}
    assert {row[2] for row in rows["customs", "rlse.rlse_dcsn"]} == {"4", "5", "9", "14", "23"}
    assert {row[2] for row in rows["customs", "rlse.b3_ogd"]} == {"01", "04", "07", "11", "19"}
    assert {row[3] for row in rows["customs", "cargo.ccd_sts_hist"]} == set("PARHXLFQ")


def test_special_shipments(made: tuple[World, Rows]) -> None:
    world, rows = made
    special = summary(world)["special"]
    assert isinstance(special, dict)
    assert list(special) == list(SPECIAL)
    assert {case["place"] for case in special.values()} == {"CAVAN"}
    headers = {row[3]: row for row in rows["customs", "cargo.ccd_hdr"] if row[1] == "C" and row[2] != "Y"}
    boxes = {row[0]: str(row[2]) for row in reversed(rows["customs", "cargo.ccd_eqp"])}
    assert not stdnum.iso6346.is_valid(boxes[headers[special["wrongContainer"]["ccn"]][0]])
    assert boxes[headers[special["untidyContainer"]["ccn"]][0]].islower() is True
    assert headers[special["blankImporter"]["ccn"]][19] is None
    assert headers[special["badEta"]["ccn"]][10] == "20261399"
    assert all(case["transactionNumber"] for case in special.values())


def test_anna_is_known_everywhere(made: tuple[World, Rows]) -> None:
    world, rows = made
    facts = summary(world)
    document = facts["traveller_document"]
    assert isinstance(document, dict)
    number = document["number"]
    assert any(row[8] == number for row in rows["traveller", "ee.xing"])
    assert any(row[7] == number for row in rows["traveller", "ee.api_pnr"])
    keys = {row[0] for row in rows["immigration", "document"] if row[3] == number}
    assert any(row[1] in keys for row in rows["immigration", "application"])
    persons = {row[0] for row in rows["police", "person_document"] if row[3] == number}
    assert persons
    assert not [row for row in rows["police", "lookout"] if row[1] in persons]


def test_keys_are_unique(rows: Rows) -> None:
    for agency, table, width in (
        ("customs", "cargo.ccd_hdr", 1),
        ("customs", "rlse.b3_hdr", 2),
        ("customs", "rlse.b3_line", 3),
        ("customs", "cargo.evt", 2),
        ("immigration", "client", 1),
        ("immigration", "application", 1),
        ("food", "hold", 1),
        ("food", "decision", 2),
        ("police", "file", 1),
        ("traveller", "ee.api_pnr", 4),
    ):
        keys = [row[:width] for row in rows[agency, table]]
        assert len(keys) == len(set(keys)), table


def test_folding() -> None:
    assert fold("Côté-Weiß") == "COTEWEISS"
    assert fold("van den Berg") == "VANDENBERG"
