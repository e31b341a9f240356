"""What is in a figure, as JSON data. Boxes in pixels of the picture at its own size, y down."""

from __future__ import annotations

from typing import Any

MOST_ARTISTS = 200


def named_artists(figure: Any) -> dict[str, Any]:
    """Axes and what they show by name: `axes1`, then `axes1.line1`, `axes1.patch2`, ...; legends and texts too."""
    named: dict[str, Any] = {}
    for number, axes in enumerate(figure.axes, 1):
        named[f"axes{number}"] = axes
        kinds: dict[str, int] = {}
        shown = [*axes.lines, *axes.patches, *axes.collections, *axes.images, *axes.texts]
        shown += [legend] if (legend := axes.get_legend()) else []
        for artist in shown:
            kind = _kind(artist)
            kinds[kind] = kinds.get(kind, 0) + 1
            named[f"axes{number}.{kind}{kinds[kind]}"] = artist
    for number, text in enumerate(figure.texts, 1):
        named[f"text{number}"] = text
    return named


def figure_report(figure: Any) -> dict[str, Any]:
    """Size, axes with their limits and view angles, and what is in them."""
    figure.canvas.draw()
    width, height = figure.canvas.get_width_height()
    artists = named_artists(figure)
    told = [_artist(name, artist, height) for name, artist in list(artists.items())[:MOST_ARTISTS]]
    return {
        "size": [width, height],
        "title": figure.get_suptitle(),
        "artists": told,
        "left_out": max(0, len(artists) - MOST_ARTISTS),
    }


def _artist(name: str, artist: Any, height: int) -> dict[str, Any]:
    from matplotlib.axes import Axes

    told: dict[str, Any] = {"name": name, "kind": type(artist).__name__, "hidden": not artist.get_visible()}
    box = artist.get_window_extent()
    if box.width > 0 or box.height > 0:
        told["box"] = [box.x0, height - box.y1, box.x1, height - box.y0]
    told["properties"] = _axes(artist) if isinstance(artist, Axes) else _shown(artist)
    return told


def _axes(axes: Any) -> dict[str, Any]:
    names = {"title": axes.get_title(), "x label": axes.get_xlabel(), "y label": axes.get_ylabel()}
    told: dict[str, Any] = {key: value for key, value in names.items() if value}
    told["x limits"], told["y limits"] = list(axes.get_xlim()), list(axes.get_ylim())
    if axes.name == "3d":
        told["z limits"] = list(axes.get_zlim())
        if axes.get_zlabel():
            told["z label"] = axes.get_zlabel()
        told["view (degrees)"] = {"elevation": axes.elev, "azimuth": axes.azim, "roll": axes.roll}
        told["projection"] = "orthographic" if axes._focal_length == float("inf") else "perspective"
    else:
        told["scales"] = [axes.get_xscale(), axes.get_yscale()]
    return told


def _shown(artist: Any) -> dict[str, Any]:
    import numpy as np
    from matplotlib.colors import to_hex

    told: dict[str, Any] = {}
    label = str(artist.get_label() or "")
    if label and not label.startswith("_"):
        told["label"] = label
    if hasattr(artist, "get_text"):
        told["text"] = str(artist.get_text())[:200]
    colour = None
    for getter in ("get_color", "get_facecolor"):
        if hasattr(artist, getter):
            colour = getattr(artist, getter)()
            break
    if colour is not None:
        rows = np.atleast_2d(colour) if not isinstance(colour, str) else [colour]
        if len(rows):
            told["colour"] = to_hex(rows[0]) + (f" and {len(rows) - 1} more" if len(rows) > 1 else "")
    points = _points(artist)
    if points is not None and len(points):
        told["points"] = len(points)
        with np.errstate(all="ignore"):
            told["from"], told["to"] = np.nanmin(points, axis=0).tolist(), np.nanmax(points, axis=0).tolist()
    return told


def _points(artist: Any) -> Any:
    """What an artist plots, (N, 2) or (N, 3); None where it has no data of its own."""
    import numpy as np

    if hasattr(artist, "get_data_3d"):
        return np.column_stack([np.asarray(part, dtype=float) for part in artist.get_data_3d()])
    if hasattr(artist, "_offsets3d"):
        return np.column_stack([np.ma.filled(np.asarray(part, dtype=float)) for part in artist._offsets3d])
    if hasattr(artist, "get_xydata"):
        return np.asarray(artist.get_xydata(), dtype=float)
    if type(artist).__name__ == "PathCollection":
        return np.asarray(artist.get_offsets(), dtype=float)
    return None


def _kind(artist: Any) -> str:
    return {"Line2D": "line", "Line3D": "line", "PathCollection": "scatter", "Path3DCollection": "scatter"}.get(
        type(artist).__name__, type(artist).__name__.lower()
    )
