"""What is installed from a wheel is all that runs from the checkout."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from tests.kit.places import ROOT

BUILD = "import setuptools.build_meta as b, sys; b.build_wheel(sys.argv[1])"
PACKAGES = ("gateway", "resolvers", "adapters", "demo")


def test_a_wheel_holds_every_file_of_the_packages(tmp_path: Path) -> None:
    """SQL of the demo's world as well as modules. Built from a copy: nothing is left in the checkout."""
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path)
    for name in PACKAGES:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "wheel").mkdir()
    command = [sys.executable, "-W", "ignore", "-c", BUILD, "wheel"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=120)
    (wheel,) = (tmp_path / "wheel").glob("*.whl")
    files = {
        str(path.relative_to(tmp_path)) for name in PACKAGES for path in (tmp_path / name).rglob("*") if path.is_file()
    }
    assert any(name.endswith(".sql") for name in files)
    assert files - set(zipfile.ZipFile(wheel).namelist()) == set()
