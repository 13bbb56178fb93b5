"""The docs say everything that there is: settings, error codes, commands, metrics, roles' format."""

from __future__ import annotations

import re

import typer.main

from gateway.cli.main import app
from gateway.errors import ErrorCode
from gateway.policy.predicates import CLAIMS, OPS
from gateway.policy.roles import _Role, _Type
from gateway.policy.scopes import SCOPES
from gateway.settings.config import _File, _targets
from gateway.telemetry import Metrics
from tests.kit.places import ROOT

DOCS = ROOT / "docs"


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def test_every_setting_and_no_other() -> None:
    documented = set(re.findall(r"^\| `([a-z_.]+)` \|", page("configuration.md"), re.MULTILINE))
    assert documented == {".".join(place) for place, _ in _targets().values()}


def test_documented_defaults_are_the_defaults() -> None:
    rows = dict(re.findall(r"^\| `([a-z_]+\.[a-z_]+)` \| `([^`]+)` \|", page("configuration.md"), re.MULTILINE))
    assert len(rows) > 15
    for key, shown in rows.items():
        section, name = key.split(".")
        model = _File.model_fields[section].annotation
        # Models alone have sections.
        default = model.model_fields[name].get_default(call_default_factory=True)  # type: ignore[union-attr]
        assert shown == (f'"{default}"' if isinstance(default, str) else str(default).replace("'", '"')), key


def test_every_error_code_and_no_other() -> None:
    documented = re.findall(r"^\| `([A-Z_]+)` \|", page("errors.md"), re.MULTILINE)
    assert documented == [str(code) for code in ErrorCode]


def test_every_command_with_its_options() -> None:
    text = page("commands.md")
    group = typer.main.get_command(app)
    for name, command in group.commands.items():  # type: ignore[attr-defined]  # typer's root is a group
        assert f"`guichet {name}" in text, name
        for parameter in command.params:
            option = max(parameter.opts, key=len)
            if option.startswith("--") and option not in ("--help", "--config", "--persona"):
                assert option in text, f"{name} {option}"


def test_every_metric() -> None:
    text = page("operations.md")
    for family in Metrics().registry.collect():
        assert f"`{family.name}" in text, family.name


def test_the_policy_page() -> None:
    text = page("policy.md")
    for word in (*_Role.model_fields, *_Type.model_fields, *CLAIMS, *OPS, *SCOPES):
        assert word in text, word


def test_links_between_pages_lead_somewhere() -> None:
    for file in (ROOT / "README.md", *DOCS.glob("*.md")):
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", file.read_text(encoding="utf-8")):
            assert (file.parent / target).exists(), f"{file.name}: {target}"
