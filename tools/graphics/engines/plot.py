"""Plots: programs in Python that make a figure with matplotlib, in 2D or 3D."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from sightline.memory import InstrumentLimit
from sightline.tools.graphics.engines.packages import python_job
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
from sightline.tools.graphics.engines.running import Played, check_program, picture, play, stage_files
from sightline.tools.sandbox import sandbox


class PlotEngine:
    """The engine `plot`, see `sightline.tools.graphics.engines.protocol.Engine`."""

    name = "plot"
    language = "python"
    start_suffix = ""
    has_cameras = False
    empty = "import matplotlib.pyplot as plt\n\nfig = plt.figure()\n"

    @property
    def notes(self) -> str:
        """What a model has to know to write for it."""
        return resources.files(__package__).joinpath("plot.md").read_text(encoding="utf-8")

    def check(self) -> None:
        """Look whether there is a sandbox; matplotlib is always there."""
        sandbox().check()

    def render(self, program: str, wanted: RenderRequest, start: StartFile | None = None) -> Rendered:
        """Run the program and draw its figure."""
        size = clamp_size(wanted.size) if wanted.size else None
        request = {"size": list(size) if size else None, "hidden": list(wanted.hidden), "most_side": MOST_SIDE}
        played = self._play(program, start, request, wanted.seconds)
        notes = list(played.notes)
        if wanted.size and size != wanted.size:
            notes.append(f"scaled down from {wanted.size[0]}x{wanted.size[1]}")
        return Rendered(
            picture("matplotlib", played), seconds=played.seconds, printed=played.printed, notes=tuple(notes)
        )

    def inspect(self, program: str, start: StartFile | None = None, frame: int | None = None) -> SceneReport:
        """Run the program and list axes and what they show."""
        played = self._play(program, start, None, DEFAULT_SECONDS)
        try:
            report: Mapping[str, Any] = played.result["report"]
            settings = {"picture": f"{report['size'][0]}x{report['size'][1]}"}
            if report["title"]:
                settings["title"] = report["title"]
            if report["left_out"]:
                settings["artists left out of this list"] = report["left_out"]
            things = tuple(
                Thing(told["name"], told["kind"], told["properties"], None, _box(told), bool(told["hidden"]))
                for told in report["artists"]
            )
        except (KeyError, TypeError, ValueError) as error:
            raise InstrumentLimit(f"The report of the figure cannot be read ({type(error).__name__}).") from None
        return SceneReport("plot", things, settings, printed=played.printed)

    def export(self, program: str, wanted: RenderRequest, start: StartFile | None = None) -> str:
        """One script that writes picture.png."""
        stage = stage_files("plot_figure.py")["plot_figure.py"].decode()
        functions = stage[stage.index("from typing import Any") :].rstrip()
        size = tuple(clamp_size(wanted.size)) if wanted.size else None
        return "\n".join(
            [
                '"""A plot made with Sightline: writes picture.png in the current folder.',
                "",
                "Run it with a Python that has matplotlib: MPLBACKEND=Agg python THIS_FILE",
                '"""',
                "",
                functions,
                "",
                "",
                "# ---- the program ----",
                "",
                program.rstrip("\n"),
                "",
                "# ---- the picture ----",
                "",
                f'figure_draw(figure_of(globals()), {size!r}, {MOST_SIDE}, "picture.png")',
                "",
            ]
        )

    def _play(self, program: str, start: StartFile | None, wanted: Mapping[str, Any] | None, seconds: float) -> Played:
        check_program(program, start, self.start_suffix)
        command, readable, environment = python_job("/in/plot_stage.py")
        inputs = stage_files("stage_request.py", "plot_stage.py", "plot_figure.py", "plot_report.py")
        fonts = _font_list()
        if fonts is not None:  # without it matplotlib looks through all fonts at each start
            inputs[fonts.name] = fonts.read_bytes()
        return play(
            "matplotlib",
            command,
            program,
            {"out": "/out", "wanted": wanted},
            inputs,
            outputs=("picture.png",) if wanted is not None else (),
            seconds=seconds,
            readable=readable,
            environment=environment,
        )


def _font_list() -> Path | None:
    """The list that matplotlib keeps of the fonts of this machine, made at the first import of its font manager."""
    import matplotlib as mpl
    from matplotlib.font_manager import FontManager

    path = Path(mpl.get_cachedir()) / f"fontlist-v{FontManager.__version__}.json"
    return path if path.is_file() else None


def _box(told: Mapping[str, Any]) -> tuple[float, float, float, float] | None:
    if "box" not in told:
        return None
    x0, y0, x1, y1 = (float(edge) for edge in told["box"])
    return x0, y0, x1, y1
