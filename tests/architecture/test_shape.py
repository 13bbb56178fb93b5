"""Shapes that reviewers would otherwise have to watch for."""

from __future__ import annotations

import ast
import re

from tests.kit.places import ROOT

PRODUCT = [
    path
    for package in ("gateway", "resolvers", "adapters", "demo")
    for path in sorted((ROOT / package).rglob("*.py"))
    if "node_modules" not in path.parts
]


def test_every_module_opens_with_its_purpose() -> None:
    bare = [str(path.relative_to(ROOT)) for path in PRODUCT if not ast.get_docstring(ast.parse(path.read_text()))]
    assert [name for name in bare if not name.endswith("__init__.py")] == []


def test_no_vague_module_names() -> None:
    vague = re.compile(r"(^|_)(utils?|helpers?|managers?|common|base|misc)(_|$)")
    assert [str(path) for path in PRODUCT if vague.search(path.stem)] == []


def test_answers_become_bytes_in_one_place() -> None:
    encoders = {path.name for path in PRODUCT if re.search(r"\bencode\(answer", path.read_text())}
    assert encoders <= {"finish.py", "schema.py", "view.py"}
