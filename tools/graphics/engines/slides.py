"""Slides: programs in Python that build a presentation with python-pptx; LibreOffice draws a slide of it."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from sightline.memory import InfrastructureError, InstrumentLimit
from sightline.tools.graphics.engines.fitting import fit_into
from sightline.tools.graphics.engines.packages import python_job, require
from sightline.tools.graphics.engines.protocol import (
    DEFAULT_SECONDS,
    Rendered,
    RenderRequest,
    SceneReport,
    StartFile,
    Thing,
    clamp_size,
)
from sightline.tools.graphics.engines.running import Played, check_program, picture, play, stage_files
from sightline.tools.sandbox import sandbox

WIDTH = 960
"""Width of a slide's picture where none is asked for."""


class SlidesEngine:
    """The engine `slides`, see `sightline.tools.graphics.engines.protocol.Engine`."""

    name = "slides"
    language = "python"
    start_suffix = ".pptx"
    has_cameras = False
    empty = "prs.slides.add_slide(prs.slide_layouts[6])\n"

    @property
    def notes(self) -> str:
        """What a model has to know to write for it."""
        return resources.files(__package__).joinpath("slides.md").read_text(encoding="utf-8")

    def check(self) -> None:
        """Look whether there are python-pptx, LibreOffice and a sandbox."""
        require("pptx")
        find_office()
        sandbox().check()

    def render(self, program: str, wanted: RenderRequest, start: StartFile | None = None) -> Rendered:
        """Run the program and draw a slide; `Rendered.file` is the presentation."""
        notes = []
        size = clamp_size(wanted.size) if wanted.size else None
        if wanted.size and size != wanted.size:
            notes.append(f"scaled down from {wanted.size[0]}x{wanted.size[1]}")
        request = {"hidden": list(wanted.hidden), "size": list(size) if size else None}
        played = self._play(program, start, request, wanted.frame, wanted.seconds)
        pixels = picture("LibreOffice", played)
        if size is not None:
            pixels, note = fit_into(pixels, size)
            notes += [note] if note else []
        deck = played.files.get("deck.pptx")
        return Rendered(
            pixels=pixels,
            frame=wanted.frame or 1,
            seconds=played.seconds,
            printed=played.printed,
            notes=(*notes, *played.notes),
            file=StartFile(deck, ".pptx", "deck.pptx") if deck is not None else None,
        )

    def inspect(self, program: str, start: StartFile | None = None, frame: int | None = None) -> SceneReport:
        """Run the program and list what is on a slide; nothing is drawn."""
        played = self._play(program, start, None, frame, DEFAULT_SECONDS)
        try:
            report: Mapping[str, Any] = played.result["report"]
            settings = {
                "slide": f"{report['slide']} of {report['slides']}",
                "picture": f"{report['size'][0]}x{report['size'][1]} px for"
                f" {report['inches'][0]:.4g} x {report['inches'][1]:.4g} inches",
                "layout": report["layout"],
            }
            settings |= {key: report[key] for key in ("background", "notes") if report[key]}
            if report["left_out"]:
                settings["shapes left out of this list"] = report["left_out"]
            things = tuple(
                Thing(told["name"], told["kind"], told["properties"], None, _box(told)) for told in report["shapes"]
            )
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise InstrumentLimit(f"The report of the slide cannot be read ({type(error).__name__}).") from None
        return SceneReport("slides", things, settings, printed=played.printed)

    def export(self, program: str, wanted: RenderRequest, start: StartFile | None = None) -> str:
        """One script that writes deck.pptx."""
        stage = stage_files("slides_deck.py")["slides_deck.py"].decode()
        begin = stage[stage.index("from typing import Any") : stage.index("def deck_show")].rstrip()
        beside = f"It opens {start.name}, which must lie in the current folder.\n" if start else ""
        return "\n".join(
            [
                '"""A presentation made with Sightline: writes deck.pptx in the current folder.',
                "",
                "Run it with a Python that has python-pptx; draw its first slide with:",
                "soffice --headless --convert-to png deck.pptx",
                f'{beside}"""',
                "",
                begin,
                "",
                "",
                f"prs = deck_begin({start.name!r})" if start else "prs = deck_begin()",
                "",
                "# ---- the program ----",
                "",
                program.rstrip("\n"),
                "",
                "# ---- the file ----",
                "",
                'prs.save("deck.pptx")',
                "",
            ]
        )

    def _play(
        self,
        program: str,
        start: StartFile | None,
        wanted: Mapping[str, Any] | None,
        frame: int | None,
        seconds: float,
    ) -> Played:
        require("pptx")
        office = find_office()
        check_program(program, start, self.start_suffix)
        command, readable, environment = python_job("/in/slides_stage.py")
        inputs = stage_files("stage_request.py", "slides_stage.py", "slides_deck.py", "slides_report.py")
        if start is not None:
            inputs["start.pptx"] = start.content
        return play(
            "The slide's program or LibreOffice",
            command,
            program,
            {
                "start": "start.pptx" if start else "",
                "out": "/out",
                "wanted": wanted,
                "frame": frame,
                "width": WIDTH,
                "office": str(office),
            },
            inputs,
            outputs=("picture.png", "deck.pptx") if wanted is not None else (),
            seconds=seconds,
            readable=(*readable, *_office_folders(office)),
            environment=environment,
        )


def find_office() -> Path:
    """LibreOffice's command.

    Raises:
        InfrastructureError: It is not on the path.
    """
    for name in ("soffice", "libreoffice"):
        found = shutil.which(name)
        if found is not None:
            return Path(found).resolve()
    raise InfrastructureError(
        "Slides are drawn by LibreOffice, which is not installed.", "Run: apt-get install libreoffice-impress"
    )


def _office_folders(office: Path) -> list[Path]:
    """What LibreOffice reads outside /usr: Debian keeps its settings in /etc, others install it into /opt."""
    wanted = [Path("/etc/libreoffice"), office.parent.parent]
    return [folder for folder in wanted if folder.is_dir() and not folder.is_relative_to("/usr")]


def _box(told: Mapping[str, Any]) -> tuple[float, float, float, float] | None:
    if "box" not in told:
        return None
    x0, y0, x1, y1 = (float(edge) for edge in told["box"])
    return x0, y0, x1, y1
