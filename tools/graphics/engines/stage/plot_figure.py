"""The picture that is made of a figure. An exported program holds this text."""

from __future__ import annotations

from typing import Any


def figure_of(namespace: dict[str, Any]) -> Any:
    """The figure that a program leaves: `fig` where it has one, else pyplot's current one; None where there is none."""
    import matplotlib.pyplot as plt
    from matplotlib.figure import Figure

    named = namespace.get("fig")
    if isinstance(named, Figure):
        return named
    return plt.gcf() if plt.get_fignums() else None


def figure_draw(figure: Any, size: Any, most_side: int, path: str) -> list[str]:
    """Draw a figure to a PNG. Its width in inches holds, so that text keeps its share of the picture.

    Args:
        figure: A matplotlib figure.
        size: (width, height) in pixels; None is its own.
        most_side: Longest side; larger pictures are scaled down.
        path: Where to.

    Returns:
        What was done otherwise than asked, in words.
    """
    import io

    from PIL import Image

    inches, own_dpi = figure.get_size_inches(), figure.get_dpi()
    width, height = size or (max(1, round(inches[0] * own_dpi)), max(1, round(inches[1] * own_dpi)))
    scale = min(1.0, most_side / max(width, height))
    notes = [f"scaled down from {width}x{height}"] if scale < 1 else []
    width, height = max(1, round(width * scale)), max(1, round(height * scale))
    dpi = width / inches[0]
    figure.set_size_inches(inches[0], height / dpi)
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png", dpi=dpi, bbox_inches=None, metadata={"Software": None})
    with Image.open(drawn) as picture:
        # matplotlib rounds down what is a hair below a whole pixel.
        exact = picture if picture.size == (width, height) else picture.resize((width, height))
        exact.save(path)
    return notes
