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


def main() -> None:
    """Ask, write the trace as a page, photograph it."""
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


if __name__ == "__main__":
    main()
