"""Binding: tools as the LangChain `BaseTool`s that a model sees, closed over a workspace and the model's dialect.

Bound tools work in any LangGraph agent: they look up handles in the workspace, number what they make, and answer in
text. In Sightline's own loop the same instruments are run by `sightline.tools.execution`, which lets calls of a turn
run side by side; what a model reads is the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from langchain_core.tools import BaseTool, ToolException
from pydantic import PrivateAttr

from sightline.memory import CallRecord, ToolFinished, Workspace
from sightline.memory.refs import fill
from sightline.tools.back_ends.registry import BackEnds
from sightline.tools.background import run_blocking
from sightline.tools.contract import Instrument, Look, Sees, StoredPixels, Tool, ToolContext
from sightline.tools.execution import execute
from sightline.tools.session import Session


def write_places(workspace: Workspace, sees: Sees, text: str) -> str:
    """Fill the references of a text with numbers in a model's dialect."""

    def place(handle: str, points: list[tuple[float, float]]) -> str:
        artifact = workspace.artifacts.get(handle)
        size = (1, 1) if artifact is None or artifact.size is None else artifact.size
        return sees.dialect.format(points, size, sees.limits.fit(size))

    return fill(text, place)


def bind(
    instruments: Iterable[Instrument],
    workspace: Workspace,
    profile: Sees | None = None,
    look: Look | None = None,
    back_ends: BackEnds | None = None,
) -> list[BaseTool]:
    """Tools for a model, closing over a workspace and a profile.

    Args:
        instruments: Tools, e.g. from `sightline.tools.catalog.select`.
        workspace: Where handles are looked up and results are kept; open for writing. Closing it also ends what tools
            opened for it (the Python process of `run_python`).
        profile: The model's dialect and picture limits; stored pixels by default.
        look: A model for tools that ask one.
        back_ends: What detects, estimates depth and reconstructs; the defaults if not given.

    Returns:
        One `BaseTool` each: content is text, the artifact is `{"handles": [...]}`. A failure is a tool message with
        status `error`.
    """
    sees = profile or StoredPixels()
    known = list(instruments)
    session = Session({instrument.name: instrument for instrument in known})
    workspace.closing.append(session.close)
    return [_bound(instrument, workspace, sees, look, back_ends or BackEnds(), session) for instrument in known]


def _bound(
    instrument: Instrument, workspace: Workspace, sees: Sees, look: Look | None, back_ends: BackEnds, session: Session
) -> BaseTool:
    return BoundTool(
        name=instrument.name,
        description=_description(instrument, sees),
        args_schema=instrument.schema(sees),
        response_format="content_and_artifact",
        handle_tool_error=True,
        _instrument=instrument,
        _workspace=workspace,
        _sees=sees,
        _look=look,
        _back_ends=back_ends,
        _session=session,
    )


def _description(instrument: Instrument, sees: Sees) -> str:
    """What it does; for tools that take places also how they are named, which no prompt of ours says here."""
    about = instrument.describe(sees)
    if isinstance(instrument, Tool) and any(parameter.has_places for parameter in instrument.parameters):
        about += f"\nPlaces are {sees.dialect.describe()}."
    return about


class BoundTool(BaseTool):
    """A tool bound to a workspace; made by `bind`."""

    _instrument: Instrument = PrivateAttr()
    _workspace: Workspace = PrivateAttr()
    _sees: Sees = PrivateAttr()
    _look: Look | None = PrivateAttr(default=None)
    _back_ends: BackEnds = PrivateAttr()
    _session: Session = PrivateAttr()

    def __init__(self, **fields: Any) -> None:
        private = {name: fields.pop(name) for name in list(fields) if name.startswith("_")}
        super().__init__(**fields)
        for name, value in private.items():
            setattr(self, name, value)

    def _run(self, /, **arguments: Any) -> tuple[str, dict[str, Sequence[str]]]:
        return run_blocking(self._call(arguments))

    async def _arun(self, /, **arguments: Any) -> tuple[str, dict[str, Sequence[str]]]:
        return await self._call(arguments)

    async def _call(self, arguments: dict[str, Any]) -> tuple[str, dict[str, Sequence[str]]]:
        record = await self.perform(arguments)
        text = write_places(self._workspace, self._sees, record.text)
        if record.finished is None or record.finished.outcome != "ok":
            raise ToolException(text)
        return text, {"handles": record.made_in_all}

    async def perform(self, arguments: dict[str, Any]) -> CallRecord:
        """One call, entered into the workspace; also for those who speak no LangChain.

        Returns:
            What became of it; `finished.outcome` says whether it failed, and whose fault that is.
        """
        context = ToolContext(
            self._workspace, self._look, sees=self._sees, back_ends=self._back_ends, session=self._session
        )
        call = self._workspace.begin_call(self.name, arguments)
        finished: ToolFinished = await execute(self._instrument, arguments, context, call)
        self._workspace.append(finished)
        self._workspace.commit([call])
        return self._workspace.calls[call]
