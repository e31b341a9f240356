"""Render the photos of a room in demos/samples: three of one room, walking round it, and a panorama of the same room.

They are JPEGs as a phone would write them, with the focal length in EXIF. Run again after the renderer has changed:

    python scripts/make_room_samples.py
"""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from sightline.evals.synthetic.cameras import CameraSpec
from sightline.evals.synthetic.render import cameras_around, render
from sightline.evals.synthetic.rooms import make_room

FOLDER = Path(__file__).resolve().parent.parent / "demos" / "samples"
SIZE = (800, 600)
FIELD_OF_VIEW = 70.0
FOCAL_35MM = 25
"""Millimetres of a 35 mm camera with this field of view (by the diagonal: 24.7, and EXIF holds whole ones)."""


def main() -> None:
    """Write room1.jpg to room3.jpg, and room_panorama.jpg."""
    room = make_room(seed=0)
    cameras = cameras_around(room, 3, fov=FIELD_OF_VIEW, arc=40.0)
    exif = Image.Exif()
    lens = exif.get_ifd(0x8769)
    lens[0xA405], lens[0xA002], lens[0xA003] = FOCAL_35MM, *SIZE
    for number, camera in enumerate(cameras, start=1):
        picture = Image.fromarray(render(room, camera, SIZE).colour)
        picture.save(FOLDER / f"room{number}.jpg", quality=85, exif=exif)
    middle = CameraSpec((0.0, -0.4, 1.5), kind="panorama")
    panorama = Image.fromarray(render(room, middle, (1600, 800)).colour)
    panorama.save(FOLDER / "room_panorama.jpg", quality=85)


if __name__ == "__main__":
    main()
