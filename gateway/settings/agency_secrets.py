"""The references inside a ``[sources.*]`` table, resolved last: to any depth, all faults at once, values never told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adapters.errors import Fault
from gateway.settings.secrets import SecretRef, SecretUnavailable


def is_reference(value: Any) -> bool:
    """Whether a value is ``{ env = … }`` or ``{ file = … }``."""
    return isinstance(value, Mapping) and len(value) == 1 and next(iter(value)) in ("env", "file")


def resolve(value: Any, environ: Mapping[str, str], *, file: str = "", key: str = "") -> tuple[Any, list[Fault]]:
    """A copy of ``value`` with every reference replaced by a :class:`~gateway.settings.secrets.Secret`; a reference
    that points at nothing is ``None`` and a fault at its key, which names the variable or file."""
    faults: list[Fault] = []
    return _resolve(value, environ, file, key, faults), faults


def _resolve(value: Any, environ: Mapping[str, str], file: str, key: str, faults: list[Fault]) -> Any:
    if is_reference(value):
        try:
            if not all(isinstance(target, str) and target for target in value.values()):
                raise SecretUnavailable("a reference names an environment variable or a file")
            return SecretRef(**value).resolve(environ)
        except SecretUnavailable as error:
            faults.append(Fault(file, key, str(error)))
            return None
    if isinstance(value, Mapping):
        return {
            name: _resolve(inner, environ, file, f"{key}.{name}" if key else name, faults)
            for name, inner in value.items()
        }
    if isinstance(value, list | tuple):
        return [_resolve(inner, environ, file, f"{key}[{index}]", faults) for index, inner in enumerate(value)]
    return value
