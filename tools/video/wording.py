"""Motion in words: of a camera, and of a thing on the picture."""

from __future__ import annotations

import math

from sightline.geometry.background_motion import CameraMotion
from sightline.geometry.cameras import GUESS_FACTOR, GUESSED_FOCAL
from sightline.geometry.tracks import SPEEDS, PictureMotion, direction_of

_PAN = 0.7
"""Degrees a second from which a turn is named."""
_ROLL = 1.0
_ZOOM = 0.015
"""ln of the growth a second from which zooming is named."""


def camera_words(camera: CameraMotion, size: tuple[int, int]) -> str:
    """The gate, in a sentence: whether the things' motion on the picture is their own.

    The degrees come from a guessed focal length, and say how far that may be off.
    """
    if camera.verdict == "unknown":
        return (
            "whether the camera moves cannot be told (too little of the background can be followed, or its parts do "
            "not move as one): motion on the picture may be the camera's."
        )
    if camera.verdict == "still":
        return (
            f"the camera is still (the background stays within {camera.farthest:.1f} pixels): motion on the picture is "
            "the things' own."
        )
    parts = camera_parts(camera, size)
    how = ", ".join(parts) if parts else f"it sways, by up to {camera.farthest:.0f} pixels, and comes back"
    lost = "" if camera.unknown == 0 else f" In {100 * camera.unknown:.0f} % of the frames it cannot be told how."
    return (
        f"the camera itself moves ({how}): a thing's motion in the picture is not its own, and is given against the "
        f"background.{lost} Turning cannot be told from moving sideways here, nor zooming from moving ahead; where the "
        "camera moves from its place, things near it seem to move against a far background."
    )


def camera_parts(camera: CameraMotion, size: tuple[int, int]) -> list[str]:
    """What the camera does, e.g. `panning left about 12 degrees a second (7 to 21: ...)`; empty where it sways."""
    focal = GUESSED_FOCAL * max(size)
    right, down = camera.shift
    parts = []
    # What a camera turns away from moves in the opposite way: the background goes right when it pans left.
    for moved, plus, minus in ((right, "panning left", "panning right"), (down, "tilting up", "tilting down")):
        degrees, low, high = (math.degrees(abs(moved) / (focal * f)) for f in (1.0, GUESS_FACTOR, 1 / GUESS_FACTOR))
        if degrees >= _PAN:
            parts.append(
                f"{plus if moved > 0 else minus} about {degrees:.0f} degrees a second ({low:.0f} to {high:.0f}, for "
                f"the focal length is a guess; {abs(moved):.0f} pixels a second)"
            )
    if abs(camera.roll) >= _ROLL:
        parts.append(f"rolling {'right' if camera.roll > 0 else 'left'} {abs(camera.roll):.0f} degrees a second")
    if abs(math.log(camera.zoom)) >= _ZOOM:
        percent = 100 * abs(camera.zoom - 1)
        way = "zooming in or moving ahead" if camera.zoom > 1 else "zooming out or moving back"
        parts.append(f"{way}, the picture {'growing' if camera.zoom > 1 else 'shrinking'} {percent:.0f} % a second")
    return parts


def motion_words(motion: PictureMotion) -> str:
    """How a thing moves, with the numbers."""
    size = _size_words(motion)
    seen = f"seen {motion.start:.1f} to {motion.end:.1f} s in {motion.seen} frames"
    if motion.direction is None:
        most = max(SPEEDS[0], motion.speed + motion.speed_error)
        return f"stays where it is (under {most:.2f} own diagonals a second){size}; {seen}"
    error = f" +- {motion.speed_error:.2f}" if motion.speed_error >= 0.005 else ""
    far = ""
    if motion.agreement < 0.7:
        dx, dy = motion.shift
        far = (
            f", but not only: {100 * motion.agreement:.0f} % of its way lies that way, and it ends "
            f"{math.hypot(dx, dy):.0f} pixels from its start after {motion.path_length:.0f} pixels of way"
        )
    return (
        f"moves {_way_words(motion)}{far}, {motion.speed_word}: {motion.speed:.2f}{error} own diagonals a second"
        f"{size}; {seen}"
    )


def _way_words(motion: PictureMotion) -> str:
    """The direction of most steps, and the angle from the first place to the last; both by name where they differ."""
    if motion.angle is None:
        return str(motion.direction)
    angle = f"picture angle {round(motion.angle) % 360} degrees, 0 is right, 90 up"
    whole = direction_of(motion.angle)
    if whole == motion.direction:
        return f"{motion.direction} ({angle})"
    return f"mostly {motion.direction}; from its first place to its last {whole} ({angle})"


def _size_words(motion: PictureMotion) -> str:
    if motion.size_change is None:
        return "; cut off at the picture's edge: its change of size is not known"
    times = math.exp(motion.size_change)
    words = {
        "approaching": f"; it comes nearer or grows: its area times {times:.2f}",
        "receding": f"; it goes away or shrinks: its area times {times:.2f}",
        "steady": f"; its size is steady (area times {times:.2f}): neither approaching nor receding",
    }
    assert motion.size_word is not None
    return words[motion.size_word]
