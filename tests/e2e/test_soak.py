"""Twenty seconds of `make soak`: nothing wrong under load while agencies break."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.kit.soak.run import soak, soaked


@pytest.mark.skipif(sys.platform != "linux", reason="descriptors are counted in /proc")
async def test_every_answer_is_complete_or_honest_and_nothing_leaks(tmp_path: Path) -> None:
    async with soaked(tmp_path) as (border, gateway):
        result = await soak(border, gateway, 20.0, seed=1)
    assert not result.wrong, result.text()
    assert result.complete > 50
    assert result.partial > 50
    assert result.left
    assert len(result.broken) > 12, result.text()
