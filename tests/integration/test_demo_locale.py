"""The locale by which the demo's customs agency sorts, where the system has none and one is made."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from demo.installation import LINGUISTIC, Installation, discard, installed_locales, linguistic_locale
from demo.supervisor import Supervisor

pytestmark = pytest.mark.skipif(
    bool(installed_locales()) or shutil.which("localedef") is None, reason="the system has one, or cannot make one"
)


async def test_one_that_was_begun_when_the_demo_was_killed_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    installation = Installation.prepare(tmp_path)
    try:
        made = installation.base / "locale" / LINGUISTIC[0]
        made.mkdir(parents=True)
        (made / "LC_CTYPE").write_bytes(b"half")
        assert await linguistic_locale(installation, Supervisor(tmp_path / "run"), tmp_path) == LINGUISTIC[0]
        assert (made / "LC_COLLATE").stat().st_size > 1000
        assert [one.name for one in made.parent.iterdir()] == [LINGUISTIC[0]]
        assert await linguistic_locale(installation, Supervisor(tmp_path / "run"), tmp_path) == LINGUISTIC[0]
    finally:
        discard(tmp_path)
