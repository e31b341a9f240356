"""SVG: the program is the document; resvg draws it."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from typing import Any

import numpy as np

from sightline.memory import InstrumentLimit
from sightline.tools.graphics.engines.fitting import fit_into
from sightline.tools.graphics.engines.packages import python_job, require
from sightline.tools.graphics.engines.protocol import (
    DEFAULT_SECONDS,
    MOST_SIDE,
    Rendered,
    RenderRequest,
    SceneReport,
    StartFile,
    Thing,
    clamp_size,
)
from sightline.tools.graphics.engines.running import Played, check_program, coverage, picture, play, stage_files
from sightline.tools.sandbox import sandbox


class SvgEngine:
    """The engine `svg`, see `sightline.tools.graphics.engines.protocol.Engine`.

    A start file is a document to go on from: its text is the program to begin with, and `start` changes nothing.
    """

    name = "svg"
    language = "svg"
    start_suffix = ".svg"
    has_cameras = False
    empty = '<svg xmlns="http://www.w3.org/2000/svg" width="512" height="512" viewBox="0 0 512 512">\n</svg>\n'

    @property
    def notes(self) -> str:
        """What a model has to know to write for it."""
        return resources.files(__package__).joinpath("svg.md").read_text(encoding="utf-8")

    def check(self) -> None:
        """Look whether there are resvg and a sandbox."""
        require("resvg_py")
        sandbox().check()

    def render(self, program: str, wanted: RenderRequest, start: StartFile | None = None) -> Rendered:
        """Draw the document, on white."""
        size = clamp_size(wanted.size) if wanted.size else None
        request = {"size": list(size) if size else None, "hidden": list(wanted.hidden)}
        played = self._play(program, start, request, wanted.seconds)
        drawn = picture("resvg", played)
        covered = coverage(played.files.get("picture.png"), drawn.shape) if wanted.silhouette else None
        notes = list(played.notes)
        if wanted.size and size != wanted.size:
            notes.append(f"scaled down from {wanted.size[0]}x{wanted.size[1]}")
        if size is not None:
            drawn, note = fit_into(drawn, size)
            notes += [note] if note else []
            if covered is not None:
                covered = fit_into(np.repeat(covered[..., None], 3, axis=2).astype(np.uint8), size, 0)[0][..., 0] > 0
        return Rendered(drawn, None, covered, None, played.seconds, played.printed, tuple(notes))

    def inspect(self, program: str, start: StartFile | None = None, frame: int | None = None) -> SceneReport:
        """List the elements, each with the box it is seen in."""
        played = self._play(program, start, None, DEFAULT_SECONDS)
        try:
            report: Mapping[str, Any] = played.result["report"]
            settings = {"picture": f"{report['size'][0]}x{report['size'][1]}", "viewBox": report["view_box"] or "none"}
            if report["left_out"]:
                settings["elements left out of this list"] = report["left_out"]
            things = tuple(
                Thing(told["name"], told["kind"], told["properties"], None, _box(told), "box" not in told)
                for told in report["elements"]
            )
        except (KeyError, TypeError, ValueError) as error:
            raise InstrumentLimit(f"resvg left a report that cannot be read ({type(error).__name__}).") from None
        return SceneReport("svg", things, settings)

    def export(self, program: str, wanted: RenderRequest, start: StartFile | None = None) -> str:
        """The document itself: any viewer shows it."""
        return program

    def _play(self, program: str, start: StartFile | None, wanted: Mapping[str, Any] | None, seconds: float) -> Played:
        require("resvg_py")
        check_program(program, start, self.start_suffix)
        command, readable, environment = python_job("/in/svg_stage.py")
        return play(
            "resvg",
            command,
            program,
            {"out": "/out", "wanted": wanted, "most_side": MOST_SIDE},
            stage_files("stage_request.py", "svg_stage.py", "svg_document.py"),
            outputs=("picture.png",) if wanted is not None else (),
            seconds=seconds,
            readable=readable,
            environment=environment,
        )


def _box(told: Mapping[str, Any]) -> tuple[float, float, float, float] | None:
    if "box" not in told:
        return None
    x0, y0, x1, y1 = (float(edge) for edge in told["box"])
    return x0, y0, x1, y1
