"""Make the pictures of the documentation anew: real runs of the embedded model, photographed in a headless Chromium.

    python scripts/make_pictures.py

Needs `chromium` on the path (Debian: `apt-get install chromium`).
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "pictures"
QUIET = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


def photograph(page: Path, picture: Path, size: tuple[int, int], folder: Path) -> None:
    """A screenshot of a local page."""
    browser = shutil.which("chromium")
    if browser is None:
        sys.exit("chromium is not on the path. Install it, e.g.: apt-get install chromium")
    command = [browser, *QUIET, f"--user-data-dir={folder / 'profile'}", "--hide-scrollbars"]
    command += [f"--window-size={size[0]},{size[1]}", f"--screenshot={picture}", page.as_uri()]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def draw(folder: Path) -> None:
    """What tools make of the sample photos, as a model would call them."""
    from PIL import Image

    from sightline.memory import Workspace
    from sightline.tools import bind, select

    workspace = Workspace.create(folder / "tools")
    for name in ("coffee.png", "coins.png"):
        workspace.add_picture(str(ROOT / "demos" / "samples" / name))
    tools = {tool.name: tool for tool in bind(select(["drawing", "image", "detection"]), workspace)}
    boxes = {"image": "img1", "boxes": [[174, 18, 407, 206], [328, 235, 408, 325]], "labels": ["cup", "spoon"]}
    tools["draw_box"].invoke(boxes)
    tools["draw_arrow"].invoke({"image": "view1", "arrows": [[[368, 280], [290, 112]]], "labels": ["above, left"]})
    tools["ruler"].invoke({"image": "img1", "paths": [[[174, 112], [407, 112]], [[96, 220], [290, 385], [478, 200]]]})
    tools["grid_overlay"].invoke({"image": "img1", "divisions": 8})
    tools["find_regions"].invoke({"image": "img2"})
    sheet = Image.new("RGB", (1200, 800), "white")
    for place, handle in (((0, 0), "view2"), ((600, 0), "view3"), ((0, 400), "view4"), ((647, 400), "view5")):
        picture = Image.fromarray(workspace.pixels(handle))
        sheet.paste(picture.resize((round(picture.width * 400 / picture.height), 400)), place)
    sheet.save(PICTURES / "tools.jpg", quality=88)


def main() -> None:
    """Ask, write the trace as a page, photograph it; then let the tools draw."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sightline = [str(Path(sys.executable).parent / "sightline")]
        runs = ["--runs", str(folder / "runs")]
        photo = str(ROOT / "demos" / "samples" / "coins.png")
        subprocess.run([*sightline, "ask", photo, "-q", "Which coin is the largest?", *runs], check=True)
        page = folder / "trace.html"
        subprocess.run([*sightline, "trace", "last", "--html", str(page), *runs], check=True)
        photograph(page, PICTURES / "trace.png", (1280, 1000), folder)
        draw(folder)


if __name__ == "__main__":
    main()
