"""Calls that a cell makes: through the same registry as a model's, under the same budget, into the same journal.

A call inside call 3.1 is 3.1.1, 3.1.2, ...; it takes effect at once, so that the cell can use the handles it made.
Where a cell has to be run again (its run was killed, or its kernel is new), the calls it had completed are answered
from the journal, as long as it asks for the same in the same order.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
import time
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightline.geometry.dialects import PIXELS
from sightline.memory import (
    CallRecord,
    Draft,
    InstrumentLimit,
    ModelMistake,
    ObjectSeen,
    Outcome,
    PictureRecalled,
    ToolFinished,
    ToolStarted,
)
from sightline.memory.refs import fill, places, stored_pixels
from sightline.tools.characters import from_outside
from sightline.tools.code.queries import QUERIES, answer_query
from sightline.tools.code.staging import Staging
from sightline.tools.contract import Instrument, Sees, StoredPixels, ToolContext, ToolResult
from sightline.tools.execution import perform, sort_failure

SHOW = "show"

MOST_INNER = 100
"""Calls of one cell."""

MOST_SHOWN = 8
"""Pictures that one cell shows."""

MOST_ARGUMENTS = 64_000
"""Characters of a call's arguments: they are kept in the journal."""

LONGEST_SIDE = 2048
"""Pixels of a picture that a cell shows."""

PLACES: Sees = StoredPixels(PIXELS)
"""How cells name places: as the arrays of the pictures do."""


class Diverged(Exception):
    """A cell that is run again asks for something that it had not asked for."""


class InnerCalls:
    """The calls of one run of a cell.

    Args:
        context: Of the call that runs the cell.
        functions: What it may call, by name.
        staging: Where what is made has to appear.
        recorded: What the cell had asked for before, where it is run again.
        live: Whether calls beyond those recorded are made.
    """

    def __init__(
        self,
        context: ToolContext,
        functions: Mapping[str, Instrument],
        staging: Staging,
        recorded: list[CallRecord] | None = None,
        *,
        live: bool = True,
    ) -> None:
        self._context = context
        self._functions = functions
        self._staging = staging
        self._recorded = list(recorded or [])
        self._next = 0
        self._same = True
        self._live = live
        self.made: list[CallRecord] = []

    async def answer(self, name: str, arguments: dict[str, Any]) -> tuple[dict[str, Any], float]:
        """Answer what a cell asks for; also returns the seconds that are the tool's, not the cell's."""
        begun = time.monotonic()
        try:
            if name in QUERIES:
                return {"outcome": "ok", "about": answer_query(self._context, name, arguments)}, 0.0
            instrument, kept = self._instrument(name, arguments)
            record = await self._call(instrument, kept)
        except (ModelMistake, InstrumentLimit) as error:
            outcome, text = sort_failure(error)
            return {"outcome": outcome, "text": fill(text, stored_pixels)}, 0.0
        return self._told(record), time.monotonic() - begun

    def _instrument(self, name: str, arguments: dict[str, Any]) -> tuple[Instrument, dict[str, Any]]:
        """What is called, and its arguments as the journal keeps them."""
        if name == SHOW:
            return self._shown(arguments)
        if name not in self._functions:
            raise ModelMistake(f"there is no tool named {from_outside(name[:80])!r}.", "See the list of functions.")
        if len(json.dumps(arguments)) > MOST_ARGUMENTS:
            raise ModelMistake(f"{name}: its arguments are too long.", f"Keep to {MOST_ARGUMENTS} characters.")
        return self._functions[name], arguments

    def _shown(self, arguments: dict[str, Any]) -> tuple[Instrument, dict[str, Any]]:
        if sum(record.call.name == SHOW for record in self.made) >= MOST_SHOWN:
            raise InstrumentLimit(f"a cell shows at most {MOST_SHOWN} pictures.", "Put several into one figure.")
        if "image" in arguments:
            handle = arguments["image"]
            artifact = self._context.workspace.artifacts.get(handle) if isinstance(handle, str) else None
            if artifact is None or not artifact.is_picture:
                known = ", ".join(self._context.workspace.pictures[-12:])
                raise ModelMistake(f"show: there is no picture {str(handle)[:40]!r}.", f"Pictures: {known}.")
            return _Show(None, str(handle), ""), {"image": handle}
        pixels = unpacked(arguments)
        title = from_outside(str(arguments.get("title", ""))[:200]) or "made by a cell"
        digest = hashlib.sha256(pixels.tobytes()).hexdigest()[:16]
        size = [pixels.shape[1], pixels.shape[0]]
        return _Show(pixels, "", title), {"title": title, "size": size, "pixels": digest}

    async def _call(self, instrument: Instrument, arguments: dict[str, Any]) -> CallRecord:
        workspace = self._context.workspace
        known = self._again(instrument, arguments)
        if known is not None and known.finished is not None:
            if not known.committed:
                workspace.commit([known.call.id])
                self._staging.update(workspace)
            self.made.append(known)
            return known
        if not self._live:
            raise Diverged
        if len(self.made) >= MOST_INNER:
            raise InstrumentLimit(f"a cell makes at most {MOST_INNER} calls.", "Go on in another cell.")
        if reason := self._context.session.used_up():
            raise InstrumentLimit(f"no more calls can be made: {reason}.", "Answer with what you have.")
        call = known.call.id if known is not None else self._new_id()
        workspace.append(ToolStarted(call=call, tool=instrument.name, arguments=arguments, parent=self._context.call))
        self.made.append(workspace.calls[call])
        context = ToolContext(
            workspace,
            self._context.look,
            sees=self._context.sees,
            back_ends=self._context.back_ends,
            session=self._context.session,
            places_in=PLACES,
        )
        finished = await perform(instrument, arguments, context, call)
        workspace.append(finished if instrument.name == SHOW else _unshown(finished))
        workspace.commit([call])
        self._staging.update(workspace)
        return workspace.calls[call]

    def _again(self, instrument: Instrument, arguments: dict[str, Any]) -> CallRecord | None:
        """The record of this call, where the cell had made it before."""
        if not self._same or self._next >= len(self._recorded):
            return None
        record = self._recorded[self._next]
        if record.call.name != instrument.name or record.call.arguments != arguments:
            self._same = False
            return None
        self._next += 1
        return record

    def _new_id(self) -> str:
        outer = self._context.workspace.calls[self._context.call]
        return f"{outer.call.id}.{len(outer.inner) + 1}"

    def _told(self, record: CallRecord) -> dict[str, Any]:
        """What the cell's function returns."""
        finished = record.finished
        assert finished is not None, "a call that was answered has ended"
        text = fill(record.text, stored_pixels)
        outcome: Outcome = finished.outcome
        if outcome != "ok":
            return {"outcome": outcome, "text": text}
        facts = [fact.renamed(record.handles, record.handles) for fact in finished.facts]
        objects = dict.fromkeys(fact.object for fact in facts if isinstance(fact, ObjectSeen))
        shown = [fact.picture for fact in facts if isinstance(fact, PictureRecalled)]
        known = self._context.workspace.artifacts
        handles = [*sorted(record.made, key=lambda handle: known[handle].is_picture), *finished.known, *shown]
        return {
            "outcome": outcome,
            "text": text,
            "handles": handles,
            "objects": list(objects),
            "values": {name: flat_value(value) for name, value in finished.values.items()},
            "facts": [fact.model_dump(mode="json") for fact in facts],
            "places": [
                {"kind": kind, "picture": picture, "points": points} for kind, picture, points in places(record.text)
            ],
        }


class _Show:
    """Shows a picture: new pixels, or one that there is."""

    name = SHOW
    family = "code"
    parallel_safe = False
    time_limit = 60.0

    def __init__(self, pixels: NDArray[np.uint8] | None, handle: str, title: str) -> None:
        self._pixels = pixels
        self._handle = handle
        self._title = title

    def describe(self, sees: Sees) -> str:
        return "Show a picture."

    def schema(self, sees: Sees) -> dict[str, Any]:
        return {"type": "object", "properties": {}, "required": []}

    async def run(self, arguments: dict[str, Any], context: ToolContext) -> ToolResult:
        if self._pixels is None:
            return ToolResult(f"{self._handle} is shown.", facts=[PictureRecalled(picture=self._handle)])
        draft = Draft(self._pixels, self._title)
        return ToolResult(f"{draft} is shown: {self._title}", [draft])


def unpacked(arguments: dict[str, Any]) -> NDArray[np.uint8]:
    """The pixels that a cell shows, (H, W, 3) uint8.

    They come as packed raw bytes whose number their size tells: no decoder of pictures reads what a cell wrote.

    Raises:
        ModelMistake: They are no picture, or a larger one than is shown.
    """
    match arguments:
        case {"pixels": str() as packed, "size": [int() as width, int() as height]} if (
            1 <= width <= LONGEST_SIDE and 1 <= height <= LONGEST_SIDE
        ):
            expected = width * height * 3
            try:
                reader = zlib.decompressobj()
                raw = reader.decompress(base64.b64decode(packed, validate=True), expected + 1)
            except (ValueError, zlib.error):
                raw = b""
            if len(raw) == expected:
                return np.frombuffer(raw, np.uint8).reshape(height, width, 3)
    raise ModelMistake("show: that is no picture.", f"Give (H, W, 3) uint8, no side above {LONGEST_SIDE} pixels.")


def flat_value(value: dict[str, Any]) -> dict[str, Any]:
    """A quantity as a cell is given it: one word for the unit, and what kind of scale it has.

    Args:
        value: As `Quantity.to_json` wrote it.
    """
    scale = value.get("scale") or {}
    kind, frame = str(scale.get("kind", "")), str(scale.get("frame", ""))
    square = value["unit"] == "area"
    match value["unit"]:
        case "degrees":
            unit = "degrees"
        case "ratio":
            unit = ""
        case _ if kind in ("measured", "estimated"):
            unit = "m\N{SUPERSCRIPT TWO}" if square else "m"
        case _:
            unit = f"{'square ' if square else ''}scene units of {frame}"
    low = -math.inf if value["low"] is None else value["low"]
    high = math.inf if value["high"] is None else value["high"]
    return {"value": value["value"], "low": low, "high": high, "unit": unit, "kind": kind, "frame": frame}


def _unshown(finished: ToolFinished) -> ToolFinished:
    """A result whose pictures a model is not shown: a cell may make many, and shows those it wants seen."""
    artifacts = [artifact.model_copy(update={"show": False}) for artifact in finished.artifacts]
    return finished.model_copy(update={"artifacts": artifacts})
