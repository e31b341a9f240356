"""Make the pictures of docs/synthetic.md anew.

python scripts/make_synthetic_pictures.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from sightline.evals.synthetic import CameraSpec, cameras_around, make_room
from sightline.evals.synthetic.render import render

PICTURES = Path(__file__).resolve().parent.parent / "docs" / "pictures"
QUALITY = 84


def main() -> None:
    """A gallery of four rooms, and a panorama."""
    rooms = (
        make_room(3, walker=True, mirror=True, chessboard=True),
        make_room(7),
        make_room(4, glass=True),
        make_room(1, walker=True),
    )
    views = [[render(room, cameras_around(room, 3)[k], (320, 240), 2.0).colour for room in rooms] for k in (1, 2)]
    gallery = np.concatenate([np.concatenate(row, axis=1) for row in views])
    Image.fromarray(gallery).save(PICTURES / "synthetic_rooms.jpg", quality=QUALITY)
    around = render(make_room(7), CameraSpec((0.3, -1.2, 1.6), kind="panorama"), (900, 450))
    Image.fromarray(around.colour).save(PICTURES / "synthetic_panorama.jpg", quality=QUALITY)


if __name__ == "__main__":
    main()
