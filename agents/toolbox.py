"""Which tools an agent has: families and names of ours, tools of one's own, LangChain's, MCP servers'."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from sightline.memory import InputError, Video, Workspace
from sightline.tools import FAMILIES, Instrument, Tool, select
from sightline.tools.parameters import HANDLES, Panorama

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool

    from sightline.agents.strategies import Strategy

_TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
"""What every provider takes as a tool's name."""


NAMED_ONLY = ("graphics",)
"""Families that a model is given only where they are named, or by a strategy that needs them: a dozen tools and an
engine's notes cost thousands of tokens at every step, and no question about a picture is answered by drawing one."""


def toolbox(tools: Sequence[str | Tool | BaseTool] | None, strategy: Strategy | None = None) -> dict[str, Instrument]:
    """The instruments of an agent, by name.

    Args:
        tools: Families or names of ours, tools of your own, LangChain tools. Where it is None: those that the strategy
            works with, else all of ours but for families that must be named (`NAMED_ONLY`).
        strategy: One that calls tools from code has `run_python` in any case, one with families of its own has these.

    Raises:
        InputError: A name is not known, twice there, taken, or one that providers reject.
    """
    own = () if strategy is None else strategy.families
    if tools is None:
        by_default = own or [family for family in FAMILIES if family not in NAMED_ONLY]
        return {tool.name: tool for tool in select(by_default)}
    named = [*(tool for tool in tools if isinstance(tool, str)), *own]
    if strategy is not None and strategy.calls_in_code:
        named.append("code")
    chosen: list[Instrument] = list(select(named))
    for tool in tools:
        if isinstance(tool, Tool):
            chosen.append(tool)
        elif not isinstance(tool, str):
            from sightline.tools.foreign import ForeignTool

            chosen.append(ForeignTool(tool))
    names = [instrument.name for instrument in chosen]
    for name in names:
        if name == "answer" or names.count(name) > 1:
            raise InputError(
                f"There are two tools named {name}.", "Rename one: a model tells tools apart by their names."
            )
        if not _TOOL_NAME.fullmatch(name):
            raise InputError(
                f"The tool name {name!r} is one that providers reject.", "Use 1 to 64 letters, digits, _ and -."
            )
    return {instrument.name: instrument for instrument in chosen}


def split_for_code(enabled: Sequence[Instrument], instructions: str) -> tuple[list[Instrument], str]:
    """What a model that calls tools from cells is given as tools, and its instructions with the others as functions."""
    from sightline.tools.code.functions import RUN_PYTHON, signatures

    declared = [tool for tool in enabled if tool.name == RUN_PYTHON or tool.family == "memory"]
    functions = [tool for tool in enabled if tool.name != RUN_PYTHON]
    return declared, (
        f"{instructions}\n\nFunctions in `run_python`, with the types of their arguments (pictures, objects, ... are "
        f"handles):\n{signatures(functions)}"
    )


def fitting(instruments: Iterable[Instrument], workspace: Workspace) -> list[Instrument]:
    """The instruments that a run's inputs give work to: tools that need a video or a panorama wait for one.

    A model that is told of sixty tools reads them all at every step; these could only be refused.
    """
    given = {workspace.artifacts[handle].kind for handle in workspace.inputs}
    return [
        instrument
        for instrument in instruments
        if not isinstance(instrument, Tool) or all(kinds & given for kinds in _needs(instrument))
    ]


def _needs(tool: Tool) -> list[set[str]]:
    """The kinds of input that a tool cannot do without, one of each set."""
    only_given = (Video, Panorama)
    return [set(HANDLES[p.kind].kinds) for p in tool.parameters if p.required and p.kind in only_given]
