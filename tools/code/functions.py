"""Tools as functions of a cell: what a model is told of them, and what the kernel makes of them."""

from __future__ import annotations

import keyword
from collections.abc import Iterable, Mapping
from typing import Any

from sightline.tools.contract import Instrument, StoredPixels, Tool
from sightline.tools.parameters import HANDLES, Parameter, Place
from sightline.tools.sandbox.kernel import FunctionNote

RUN_PYTHON = "run_python"
"""The tool that runs cells; no function of them."""

_PLACES = {Place.POINT: "[x, y]", Place.BOX: "[x0, y0, x1, y1]", Place.PATH: "[[x, y], ...]"}


def functions_of(instruments: Mapping[str, Instrument]) -> dict[str, Instrument]:
    """The tools that a cell can call, by the name that it calls them by: hyphens are underscores in Python."""
    named = {name.replace("-", "_"): tool for name, tool in instruments.items() if name != RUN_PYTHON}
    return {name: tool for name, tool in named.items() if name.isidentifier() and not keyword.iskeyword(name)}


def note_of(name: str, instrument: Instrument) -> FunctionNote:
    """A tool as the kernel needs to know it."""
    schema = instrument.schema(StoredPixels())
    required = [p for p in schema.get("properties", {}) if p in schema.get("required", [])]
    optional = [p for p in schema.get("properties", {}) if p not in required]
    defaults = {p.name: p.default for p in instrument.parameters} if isinstance(instrument, Tool) else {}
    arguments = "\n".join(f"    {p}: {schema['properties'][p].get('description', '')}" for p in [*required, *optional])
    doc = instrument.describe(StoredPixels()) + (f"\n\nArguments:\n{arguments}" if arguments else "")
    parameters = [(p, True, None) for p in required] + [(p, False, _plain(defaults.get(p))) for p in optional]
    return FunctionNote(name, doc, [entry for entry in parameters if entry[0].isidentifier()])


def signatures(instruments: Iterable[Instrument]) -> str:
    """One line a tool: its signature and what it does, family by family."""
    lines: list[str] = []
    family = ""
    for name, instrument in functions_of({i.name: i for i in instruments}).items():
        if instrument.family != family:
            family = instrument.family
            lines.append(f"# {family}")
        lines.append(f"{name}({_parameters(instrument)}): {_summary(instrument)}")
    return "\n".join(lines)


def _parameters(instrument: Instrument) -> str:
    if isinstance(instrument, Tool):
        ordered = sorted(instrument.parameters, key=lambda p: not p.required)
        return ", ".join(_parameter(p) for p in ordered)
    schema = instrument.schema(StoredPixels())
    known = schema.get("properties", {})
    required = [p for p in known if p in schema.get("required", [])]
    return ", ".join([*required, *(f"{p}=None" for p in known if p not in required)])


def _parameter(parameter: Parameter) -> str:
    kind = parameter.kind
    if parameter.choices:
        words = " | ".join(repr(choice) for choice in parameter.choices)
    elif isinstance(kind, Place):
        words = _PLACES[kind]
    elif kind in HANDLES:
        words = HANDLES[kind].noun.split(" ", 1)[1]
    else:
        words = kind.__name__
    words = f"list of {words}" if parameter.many else words
    return f"{parameter.name}: {words}" + ("" if parameter.required else f" = {parameter.default!r}")


def _summary(instrument: Instrument) -> str:
    if isinstance(instrument, Tool):
        return instrument.summary
    return instrument.describe(StoredPixels()).strip().split("\n")[0]


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, str | bool | int | float | list) else str(value)
