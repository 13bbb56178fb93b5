"""What graphql-core drops. The siblings of a field that may not be null and is are coroutines that nobody awaits."""

from __future__ import annotations

import pytest

DROPPED = [
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning"),
    # Where they are collected in the constructor of a named tuple, which has no builtins, the warning cannot be given.
    pytest.mark.filterwarnings(
        r"ignore:Exception ignored in. <coroutine object Executor\.:pytest.PytestUnraisableExceptionWarning"
    ),
]
