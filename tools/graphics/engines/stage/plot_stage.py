"""Inside the sandbox: run a matplotlib program, then draw its figure or report what is in it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

from plot_figure import figure_draw, figure_of
from plot_report import figure_report, named_artists
from stage_request import HERE, Impossible, fresh, serve


def begin(request: dict[str, Any]) -> dict[str, Any]:
    """Nothing is given: programs import matplotlib themselves, and find the list of fonts made."""
    settings = Path(os.environ["MPLCONFIGDIR"])
    settings.mkdir(parents=True)
    for fonts in HERE.glob("fontlist-*.json"):
        shutil.copy(fonts, settings)
    return {}


def answer(request: dict[str, Any], namespace: dict[str, Any], result: dict[str, Any]) -> None:
    """Draw the figure, or report."""
    figure = figure_of(namespace)
    if figure is None:
        raise Impossible(
            "The program leaves no figure open. Make one with plt.figure or plt.subplots, and do not close it."
        )
    wanted = request["wanted"]
    if wanted is None:
        result["report"] = figure_report(figure)
        return
    artists = named_artists(figure)
    for name in wanted["hidden"]:
        if name not in artists:
            raise Impossible(f"The figure has nothing named {name!r}; it has: {', '.join(list(artists)[:40])}.")
        artists[name].set_visible(False)
    result["notes"] = figure_draw(figure, wanted["size"], wanted["most_side"], fresh(request, "picture.png"))


serve(begin, answer)
