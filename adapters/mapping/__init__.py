"""Native ↔ harmonised, column-wise and without I/O.

``reading`` compiles a binding into what turns columns of native values into one harmonised column; ``asking`` is its
inverse, for filters and keys; ``CodeTables`` holds what the ``[lookups.*]`` tables last said.
"""

from adapters.mapping.asking import ANY, PRESENT, Asking, asking
from adapters.mapping.codes import BUILTIN_CODES, CodeTables
from adapters.mapping.columns import misfits
from adapters.mapping.formats import FormatError, parse_format
from adapters.mapping.paths import PathError, parse_path, walk
from adapters.mapping.reading import Reading, reading
from adapters.mapping.scalars import PATTERNS, SCALARS
from adapters.mapping.stages import looked_up
from adapters.mapping.steps import STEPS, StepError, apply_steps, effective_steps, parse_step

__all__ = [
    "ANY",
    "BUILTIN_CODES",
    "PATTERNS",
    "PRESENT",
    "SCALARS",
    "STEPS",
    "Asking",
    "CodeTables",
    "FormatError",
    "PathError",
    "Reading",
    "StepError",
    "apply_steps",
    "asking",
    "effective_steps",
    "looked_up",
    "misfits",
    "parse_format",
    "parse_path",
    "parse_step",
    "reading",
    "walk",
]
