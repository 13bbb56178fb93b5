"""What a person at the terminal got wrong, as one line."""

from __future__ import annotations


class Mistake(Exception):
    """``exit_code`` 2 when the command was asked wrongly, 1 when it could not be done."""

    def __init__(self, line: str, exit_code: int = 2) -> None:
        super().__init__(line)
        self.exit_code = exit_code
