"""Personas' tokens carry what the interface's table promises, under keys that survive a restart."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from demo.keys import LIFETIME, PERSONAS, Keys, UnknownPersona, WorldMissing, token

WORLD = {
    "trader_bn": "123456782RM0001",
    "carrier": "1234",
    "traveller_document": {"issuer": "UTO", "number": "L898902C3"},
}

# Role, own claims, purpose, agreement: the table of the interface.
TABLE: dict[str, tuple[str, dict[str, Any], str | None, str | None]] = {
    "officer-vancouver": ("border-officer", {"ports": ["CAVAN"]}, "border-clearance", None),
    "officer-montreal": ("border-officer", {"ports": ["CAMTR"]}, "border-clearance", None),
    "traveller-officer": ("traveller-officer", {"ports": ["CAVAN"]}, "traveller-processing", None),
    "revenue-officer": ("revenue-officer", {}, "duty-assessment", None),
    "food-inspector": ("food-inspector", {"agency": "FOOD"}, "food-safety", None),
    "permit-officer": ("permit-officer", {"agency": "TRADE_CONTROLS"}, "permit-administration", None),
    "immigration-officer": ("immigration-officer", {}, "immigration", None),
    "analyst": ("intelligence-analyst", {"case": "C-2026-001"}, "targeting", None),
    "police-liaison": ("police-liaison", {}, "law-enforcement", None),
    "partner-us": ("partner-customs", {"country": "US"}, None, "us-customs-2024"),
    "partner-us-immigration": (
        "partner-immigration",
        {"country": "US", "nationality": "US"},
        None,
        "us-immigration-2024",
    ),
    "partner-expired": ("partner-customs", {"country": "US"}, None, "us-customs-2019"),
    "trader-acme": ("trader", {"bn": ["123456782RM0001"]}, None, None),
    "carrier": ("carrier", {"carrier": "1234"}, None, None),
    "traveller-anna": ("traveller", {"document": {"issuer": "UTO", "number": "L898902C3"}}, None, None),
    "privacy-officer": ("privacy-officer", {}, "oversight", None),
    "developer": ("developer", {}, None, None),
}


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    (tmp_path / "world.json").write_text(json.dumps(WORLD))
    return tmp_path


def decoded(directory: Path, text: str) -> tuple[dict[str, Any], dict[str, Any]]:
    public = KeySet.import_key_set(json.loads((directory / "keys" / "jwks.json").read_text()))
    found = jwt.decode(text, public, algorithms=["ES256"])
    return found.header, found.claims


def test_every_persona_of_the_table_and_no_other() -> None:
    assert list(PERSONAS) == list(TABLE)


@pytest.mark.parametrize("persona", TABLE)
def test_a_token_says_what_the_table_says(directory: Path, persona: str) -> None:
    role, own, purpose, agreement = TABLE[persona]
    header, claims = decoded(directory, token(directory, persona))
    assert header["alg"] == "ES256"
    assert header["kid"]
    assert claims["iss"] == "https://demo.guichet.example"
    assert claims["aud"] == "guichet"
    assert claims["sub"] == persona
    assert claims["org"]
    assert claims["roles"] == [role]
    assert claims["exp"] - claims["iat"] == LIFETIME == 12 * 3600
    assert claims["nbf"] <= claims["iat"]
    assert set(claims["scope"].split()) <= {
        "shipments:read",
        "people:read",
        "permits:read",
        "permits:verify",
        "oversight:read",
    }
    assert claims.get("purpose") == purpose
    assert claims.get("agreement") == agreement
    fixed = {"iss", "aud", "sub", "org", "roles", "exp", "nbf", "iat", "jti", "scope", "purpose", "agreement"}
    assert {name: value for name, value in claims.items() if name not in fixed} == own


def test_two_tokens_differ_in_their_id(directory: Path) -> None:
    first, second = (decoded(directory, token(directory, "carrier"))[1] for _ in range(2))
    assert first["jti"] != second["jti"]


def test_claims_can_be_replaced_and_left_out(directory: Path) -> None:
    _, claims = decoded(directory, token(directory, "analyst", exp=1, case=None))
    assert claims["exp"] == 1
    assert "case" not in claims


def test_keys_are_private_and_stay(directory: Path) -> None:
    first = Keys.open(directory)
    again = Keys.open(directory)
    assert again.secrets == first.secrets
    decoded(directory, first.token("developer"))
    for name in ("signing.json", "secrets.json"):
        assert stat.S_IMODE((directory / "keys" / name).stat().st_mode) == 0o600
    public = json.loads(first.jwks.read_text())["keys"]
    assert [set(key) & {"d", "k"} for key in public] == [set()]


def test_directories_share_no_secret(tmp_path: Path) -> None:
    one, two = Keys.open(tmp_path / "one").secrets, Keys.open(tmp_path / "two").secrets
    assert all(getattr(one, name) != getattr(two, name) for name in one.__dataclass_fields__)
    assert one.opaque not in repr(one)


def test_unknown_persona_names_the_known(directory: Path) -> None:
    with pytest.raises(UnknownPersona, match="officer-vancouver"):
        token(directory, "officer-toronto")


def test_claims_of_the_world_need_a_world(tmp_path: Path) -> None:
    with pytest.raises(WorldMissing, match=r"world\.json"):
        token(tmp_path, "carrier")
    assert token(tmp_path, "developer")
