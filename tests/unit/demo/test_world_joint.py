"""Every joint state occurs in a small world, at the port that most tests look at."""

from collections import Counter
from datetime import date

from demo.world.declarations import Declaration, release_chunk
from demo.world.food import food_chunk
from demo.world.scale import SCALES
from demo.world.shipments import Shipment, cargo_chunk
from demo.world.tables import Batch
from demo.world.world import World

WORST_FIRST = (
    "SEIZED",
    "REFUSED",
    "REJECTED",
    "HOLD",
    "DOCUMENTS_REQUIRED",
    "UNDER_REVIEW",
    "UNKNOWN",
    "MOVE_DETAIN_AT_DESTINATION",
    "MAY_PROCEED",
    "RELEASED",
)
CUSTOMS = {"4": "RELEASED", "5": "HOLD", "9": "MAY_PROCEED", "14": "REJECTED", "23": "HOLD"}
FOOD = {
    "OK": "MAY_PROCEED",
    "REL": "RELEASED",
    "INSP": "HOLD",
    "DOC": "DOCUMENTS_REQUIRED",
    "REV": "UNDER_REVIEW",
    "REF": "REFUSED",
    "MOV": "MOVE_DETAIN_AT_DESTINATION",
}
TRADE = {"P": "MAY_PROCEED", "W": "UNDER_REVIEW", "D": "DOCUMENTS_REQUIRED", "N": "REFUSED"}
STATUS = {"H": "HOLD", "S": "SEIZED", "F": "REFUSED", "R": "UNDER_REVIEW", "Q": "UNKNOWN", "L": "RELEASED"}


class Records:
    """What the agencies say, by transaction; of each (agency, line) the newest."""

    def __init__(self, batch: Batch) -> None:
        self.decided: dict[tuple[str, str], dict[object, tuple[str, str]]] = {}
        for number, at, code, _ in batch.table("customs", "rlse.rlse_dcsn"):
            self._note("01", number, None, at, CUSTOMS[str(code)])
        for number, line, code, _, at in batch.table("food", "decision"):
            self._note("04", number, line, at, FOOD[str(code)])
        for number, line, code, _, at in batch.table("trade_controls", "lic.release_check"):
            self._note("07", number, line, at, TRADE[str(code)])
        self.required: dict[str, list[str]] = {}
        for number, _, agency in batch.table("customs", "rlse.b3_ogd"):
            self.required.setdefault(str(number), []).append(str(agency))
        self.held = {row[4] for row in batch.table("customs", "cargo.evt") if row[2] == "HLD" and row[8] is None}
        self.held |= {row[1] for row in batch.table("food", "hold") if row[6] is None}

    def _note(self, agency: str, number: object, line: object, at: object, status: str) -> None:
        lines = self.decided.setdefault((agency, str(number)[:14]), {})
        lines[line] = max(lines.get(line, ("", "")), (str(at), status))

    def state(self, shipment: Shipment, declarations: list[Declaration]) -> str:
        """The joint state, as the domain's rule has it."""
        found = [STATUS.get(shipment.status, "MAY_PROCEED")]
        if shipment.place.ccn in self.held:
            found.append("HOLD")
        for declaration in declarations:
            for agency in self.required.get(declaration.number, []):
                if agency not in ("01", "04", "07"):
                    found.append("UNKNOWN")
                    continue
                lines = self.decided.get((agency, declaration.number), {})
                found += [status for _, status in lines.values()] or ["UNDER_REVIEW"]
        worst = min(found, key=WORST_FIRST.index)
        return "RELEASED" if worst == "MAY_PROCEED" and shipment.status == "L" else worst


def test_every_joint_state_occurs_at_vancouver() -> None:
    world = World.of(1, SCALES["small"], date(2026, 3, 2))
    batch = Batch()
    shipments = cargo_chunk(world, 0, batch)
    declared = release_chunk(world, 0, shipments, batch)
    food_chunk(world, 0, declared, batch)
    of: dict[int, list[Declaration]] = {}
    for declaration in declared:
        of.setdefault(declaration.shipment.serial, []).append(declaration)
    records = Records(batch)
    states = Counter(
        records.state(shipment, of.get(shipment.serial, []))
        for shipment in shipments
        if shipment.place.port.locode == "CAVAN"
    )
    assert {*states} == {*WORST_FIRST}, states
    assert states["RELEASED"] > 100
