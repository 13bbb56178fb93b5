"""Strict reading of TOML files: every fault at once, each with file, key path and, for a wrong name, a suggestion."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from gateway.errors import ConfigurationError, Fault


def read_toml(path: Path) -> dict[str, Any]:
    """The file as a table. Raises :class:`ConfigurationError` when it is missing, unreadable or not TOML."""
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except FileNotFoundError:
        problem = "there is no such file"
    except OSError as error:
        problem = f"cannot be read: {error.strerror or type(error).__name__}"
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        problem = f"is not TOML: {error}"
    raise ConfigurationError([Fault(str(path), "", problem)])


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """``; did you mean …?`` or nothing, to end a message with."""
    near = difflib.get_close_matches(word, sorted(known), n=1, cutoff=0.6)
    return f"; did you mean {near[0]}?" if near else ""


def faults_of(error: ValidationError, file: str, model: type[BaseModel]) -> list[Fault]:
    """Pydantic's findings as faults. Values are left out of the text: one of them may be a secret."""
    faults = []
    for found in error.errors(include_url=False, include_input=False, include_context=True):
        place = [str(step) for step in found["loc"]]
        key = ".".join(place)
        if found["type"] == "extra_forbidden":
            known = _fields_at(model, place[:-1])
            faults.append(Fault(file, key, f"unknown key{did_you_mean(place[-1], known)}"))
        elif found["type"] == "missing":
            faults.append(Fault(file, key, "is required"))
        elif found["type"] == "value_error":
            faults.append(Fault(file, key, str(found["ctx"]["error"])))
        else:
            faults.append(Fault(file, key, found["msg"][0].lower() + found["msg"][1:]))
    return faults


def _fields_at(model: type[BaseModel], place: Iterable[str]) -> Mapping[str, Any]:
    """The keys that the model accepts at a key path; none when the path leaves the models."""
    for step in place:
        known = _by_key(model)
        if step not in known:
            continue  # an index, or a key of a free table
        inner = _model_in(known[step].annotation)
        if inner is None:
            return {}
        model = inner
    return _by_key(model)


def _by_key(model: type[BaseModel]) -> dict[str, Any]:
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in get_args(annotation):
        found = _model_in(argument)
        if found is not None:
            return found
    return None
