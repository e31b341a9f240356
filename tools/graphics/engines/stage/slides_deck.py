"""The presentation that a program begins with, and the picture of one of its slides."""

from __future__ import annotations

from typing import Any


def deck_begin(start: str = "") -> Any:
    """Open the start file, or an empty presentation of 13.333 x 7.5 inches (16:9)."""
    from pptx import Presentation
    from pptx.util import Inches

    if start:
        return Presentation(start)
    deck = Presentation()
    width = Inches(13.333)
    # python-pptx's own template is 4:3: its layouts are stretched to the wider slide.
    stretch = width / deck.slide_width
    masters = [deck.slide_master, *deck.slide_layouts]
    for shape in [shape for master in masters for shape in master.placeholders]:
        if shape._element.spPr.find("{*}xfrm") is not None:
            shape.left, shape.width = round(shape.left * stretch), round(shape.width * stretch)
    deck.slide_width, deck.slide_height = width, Inches(7.5)
    return deck


def deck_show(deck: Any, number: int, size: list[int], office: str, path: str) -> None:
    """Draw a slide to a PNG with LibreOffice.

    Args:
        deck: A presentation; the other slides are taken out of it.
        number: Which slide, counted from 1.
        size: (width, height) in pixels.
        office: Path of LibreOffice.
        path: Where to.

    Raises:
        RuntimeError: LibreOffice writes no picture.
    """
    import json
    import shutil
    import subprocess
    import tempfile
    from pathlib import Path

    # LibreOffice's filter draws the first slide only.
    listed = deck.slides._sldIdLst
    for index, item in enumerate(list(listed), 1):
        if index != number:
            deck.part.drop_rel(item.rId)
            listed.remove(item)
    deck.slides[0]._element.attrib.pop("show", None)  # a hidden slide is drawn all the same
    folder = Path(tempfile.mkdtemp())
    deck.save(str(folder / "slide.pptx"))
    options = {
        "PixelWidth": {"type": "long", "value": str(size[0])},
        "PixelHeight": {"type": "long", "value": str(size[1])},
    }
    command = [
        office,
        f"-env:UserInstallation=file://{folder}/profile",
        "--headless",
        "--convert-to",
        "png:impress_png_Export:" + json.dumps(options),
        "--outdir",
        str(folder),
        str(folder / "slide.pptx"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    drawn = folder / "slide.png"
    if not drawn.is_file():
        raise RuntimeError(f"LibreOffice writes no picture (exit code {done.returncode}): {done.stderr.strip()[-300:]}")
    shutil.move(drawn, path)
