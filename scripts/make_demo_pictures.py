"""Make the pictures of docs/demo.md anew: the web demo as a person uses it, photographed in Chromium.

    python scripts/make_demo_pictures.py

Needs the extras `demo` and `recon`, playwright, and Debian's `chromium`.
"""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "pictures"
sys.path.insert(0, str(ROOT / "tests"))

from web_kit import Tab, browser, demo, tab  # noqa: E402


def keep(shown: Tab, name: str) -> None:
    """A screenshot with few colours: of text and flat areas it keeps everything, at a third of the size."""
    shown.page.mouse.move(2, 2)
    shown.page.wait_for_timeout(800)
    picture = Image.open(io.BytesIO(shown.page.screenshot())).convert("RGB")
    picture.quantize(256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(
        PICTURES / f"{name}.png", optimize=True
    )


def room(opened: Any, url: str) -> None:
    """Three photos of a room, asked about and answered, with the reconstruction."""
    with tab(opened, url) as shown:
        keep(shown, "demo_start")
        shown.ask_sample(1, 0)
        shown.wait_for("done")
        keep(shown, "demo_room")
        shown.page.get_by_role("tab", name="3D").click()
        shown.page.wait_for_selector("#cloud canvas")
        shown.page.wait_for_timeout(3000)
        keep(shown, "demo_cloud")


def edited(opened: Any, url: str) -> None:
    """A step that is being edited, in the dark."""
    with tab(opened, url, color_scheme="dark") as shown:
        shown.ask_sample(0, 0)
        shown.wait_for("done")
        shown.page.get_by_role("button", name="Edit step 1 and go on from there").click()
        shown.page.locator("form.editor").scroll_into_view_if_needed()
        keep(shown, "demo_edit")


def main() -> None:
    """Serve the page, use it, photograph it."""
    with tempfile.TemporaryDirectory() as name, demo(Path(name)) as served, browser() as opened:
        room(opened, served.url)
        edited(opened, served.url)


if __name__ == "__main__":
    main()
