"""guichet.toml: strict, overridable, and silent about secrets."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from gateway.errors import ConfigurationError
from gateway.settings import Settings, load

KEY = base64.b64encode(b"k" * 32).decode()
GOOD = """
agencies = ["agencies/*.toml"]
[gateway]
opaque_keys = [{ env = "GUICHET_KEY" }]
[identity]
issuer = "https://issuer.example"
audience = "guichet"
jwks_file = "jwks.json"
"""


def written(folder: Path, text: str) -> Path:
    (folder / "agencies").mkdir(exist_ok=True)
    (folder / "agencies" / "a.toml").touch()
    (folder / "guichet.toml").write_text(text)
    return folder / "guichet.toml"


def loaded(folder: Path, text: str = GOOD, **environment: str) -> Settings:
    return load(written(folder, text), {"GUICHET_KEY": KEY, **environment})


def faults(folder: Path, text: str = GOOD, **environment: str) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        loaded(folder, text, **environment)
    return [str(fault) for fault in caught.value.faults]


def test_defaults_and_paths(tmp_path: Path) -> None:
    settings = loaded(tmp_path)
    assert (settings.gateway.host, settings.gateway.port, settings.limits.page_size) == ("127.0.0.1", 8000, 1000)
    assert settings.agencies == (tmp_path / "agencies" / "a.toml",)
    assert settings.policy == tmp_path / "policy"
    assert settings.identity.jwks_file == str(tmp_path / "jwks.json")
    assert settings.opaque_key_bytes == [b"k" * 32]
    assert settings.demo_dir is None


def test_secrets_are_not_printed(tmp_path: Path) -> None:
    settings = loaded(tmp_path)
    assert KEY not in repr(settings)
    assert KEY not in str(settings.opaque_keys)


def test_secrets_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(KEY + "\n")
    text = GOOD.replace('{ env = "GUICHET_KEY" }', f'{{ file = "{tmp_path}/key" }}')
    assert loaded(tmp_path, text).opaque_key_bytes == [b"k" * 32]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (GOOD.replace("[gateway]", "[gatewy]\nport = 1\n[gateway]"), "gatewy: unknown key; did you mean gateway?"),
        (GOOD.replace("[gateway]", "[gateway]\nprot = 1"), "gateway.prot: unknown key; did you mean port?"),
        (GOOD.replace("[gateway]", '[gateway]\nport = "80"'), "gateway.port: input should be a valid integer"),
        (GOOD.replace("[gateway]", "[gateway]\nport = 70000"), "gateway.port: input should be less than"),
        (GOOD + '[identity.claims]\nrols = "x"\n', "identity.claims.rols: unknown key; did you mean roles?"),
        (GOOD + "[limits]\ndepth = 0\n", "limits.depth: input should be greater than"),
        (GOOD + "[limits]\npage_size = 10\n", "limits: default_page is larger than page_size"),
        (GOOD + '[http]\ncors_origins = ["*"]\n', "http.cors_origins.0:"),
        (GOOD + '[http]\ncors_origins = ["https://a.example/path"]\n', "http.cors_origins.0:"),
        (GOOD + '[telemetry]\nlog_level = "loud"\n', "telemetry.log_level:"),
        (GOOD.replace('jwks_file = "jwks.json"', ""), "identity: needs exactly one of jwks_url and jwks_file"),
        (GOOD + 'jwks_url = "https://a.example"\n', "identity: needs exactly one of jwks_url and jwks_file"),
        (GOOD.replace('jwks_file = "jwks.json"', 'jwks_url = "http://a.example"'), "identity: jwks_url must be https"),
        (GOOD.replace('audience = "guichet"', ""), "identity: needs audience"),
        (GOOD + 'algorithms = ["HS256"]\n', "identity.algorithms.0:"),
        (GOOD + "algorithms = []\n", "identity.algorithms:"),
        (GOOD.replace("opaque_keys", "# "), "gateway.opaque_keys: is required"),
        (GOOD.replace('{ env = "GUICHET_KEY" }', '"c2VjcmV0"'), "gateway.opaque_keys.0: input should be"),
        (GOOD.replace('{ env = "GUICHET_KEY" }', '{ env = "NOPE" }'), "environment variable NOPE is not set"),
        (GOOD.replace('{ env = "GUICHET_KEY" }', '{ file = "/nope" }'), "file /nope cannot be read"),
        (GOOD.replace('{ env = "GUICHET_KEY" }', '{ env = "A", file = "B" }'), "gateway.opaque_keys.0: is a reference"),
        (GOOD.replace("agencies/*.toml", "agency/*.toml"), "agencies.0: no file matches agency/*.toml"),
        ("[identity\n", "is not TOML"),
        ("", "identity: is required"),
    ],
)
def test_faults_name_file_and_key(tmp_path: Path, text: str, expected: str) -> None:
    found = faults(tmp_path, text)
    assert any(expected in line for line in found), found
    assert all(line.startswith(str(tmp_path / "guichet.toml")) for line in found)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="there is no such file"):
        load(tmp_path / "nope.toml", {})


def test_all_faults_at_once(tmp_path: Path) -> None:
    text = GOOD.replace("[gateway]", "[gateway]\nport = -1\nprot = 1") + "[limits]\ndepth = 0\n"
    assert len(faults(tmp_path, text)) == 3


def test_no_fault_tells_a_secret(tmp_path: Path) -> None:
    found = faults(tmp_path, GUICHET_KEY="hunter2")
    assert found == [f"{tmp_path}/guichet.toml: gateway.opaque_keys.0: is not 32 bytes in base64"]


def test_overrides(tmp_path: Path) -> None:
    settings = loaded(
        tmp_path,
        GUICHET_GATEWAY_PORT="9000",
        GUICHET_GATEWAY_HOST="0.0.0.0",
        GUICHET_GATEWAY_ADMIN_PORT="9001",
        GUICHET_IDENTITY_JWKS_FILE="/elsewhere.json",
        GUICHET_IDENTITY_CLAIMS_ROLES="realm_access.roles",
        GUICHET_HTTP_CORS_ORIGINS='["http://localhost:*"]',
        GUICHET_TELEMETRY_LOG_LEVEL="warning",
        GUICHET_POLICY="rules/",
        GUICHET_DEMO_DIR=str(tmp_path),
        GUICHET_STATE_DSN="not ours",
    )
    assert (settings.gateway.host, settings.gateway.port, settings.gateway.admin_port) == ("0.0.0.0", 9000, 9001)
    assert settings.identity.jwks_file == "/elsewhere.json"
    assert settings.identity.claims.roles == "realm_access.roles"
    assert settings.http.cors_origins == ["http://localhost:*"]
    assert settings.telemetry.log_level == "warning"
    assert settings.policy == tmp_path / "rules"
    assert settings.demo_dir == tmp_path


def test_a_key_set_variable_replaces_the_other_way(tmp_path: Path) -> None:
    text = GOOD.replace('jwks_file = "jwks.json"', 'jwks_url = "https://issuer.example/keys"')
    assert loaded(tmp_path, text, GUICHET_IDENTITY_JWKS_FILE="/a.json").identity.jwks_url == ""


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        (
            "GUICHET_GATEWAY_PROT",
            "1",
            "GUICHET_GATEWAY_PROT: is no setting; did you mean GUICHET_GATEWAY_PORT?",
        ),
        ("GUICHET_GATEWAY_PORT", "eighty", "environment: GUICHET_GATEWAY_PORT: is not a JSON value"),
    ],
)
def test_overrides_at_fault(tmp_path: Path, name: str, value: str, expected: str) -> None:
    assert any(expected in line for line in faults(tmp_path, **{name: value}))
