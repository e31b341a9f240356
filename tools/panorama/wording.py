"""Directions in a panorama in words: yaw 0 is its centre column and + is right, pitch + is up."""

from __future__ import annotations

from sightline.geometry.panorama_boxes import AngularBox
from sightline.geometry.panoramas import FACES, PanoramaView, wrap_yaw

_LEAST = 0.05
"""Degrees that are not 0 when written with one decimal."""
POLE = 89.95
"""Pitch from which on every yaw is right."""


def number(value: float) -> str:
    """Degrees with their sign, one decimal at most: `12.5`, `-30`, `0`."""
    return "0" if abs(value) < _LEAST else _trimmed(value)


def degrees(value: float) -> str:
    """E.g. `30 degrees`, without a sign."""
    text = _trimmed(abs(value))
    return f"{text} degree" if text == "1" else f"{text} degrees"


def _trimmed(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def yaw_words(yaw: float) -> str:
    """Which way a yaw points: `straight ahead`, `30 degrees to the right`, `straight behind`."""
    yaw = float(wrap_yaw(yaw))
    if abs(yaw) < _LEAST:
        return "straight ahead"
    if 180 - abs(yaw) < _LEAST:
        return "straight behind"
    return f"{degrees(yaw)} to the {'right' if yaw > 0 else 'left'}"


def pitch_words(pitch: float) -> str:
    """How high a pitch points: `level`, `10 degrees up`, `straight down`."""
    if abs(pitch) < _LEAST:
        return "level"
    if abs(pitch) >= POLE:
        return "straight up" if pitch > 0 else "straight down"
    return f"{degrees(pitch)} {'up' if pitch > 0 else 'down'}"


def direction(yaw: float, pitch: float) -> str:
    """In numbers and in words: `yaw 30, pitch -10 (30 degrees to the right, 10 degrees down)`."""
    if abs(pitch) >= POLE:
        return f"pitch {number(pitch)} ({pitch_words(pitch)}, where every yaw is the same)"
    return f"{numbers(yaw, pitch)} ({yaw_words(yaw)}, {pitch_words(pitch)})"


def numbers(yaw: float, pitch: float) -> str:
    """E.g. `yaw 30, pitch -10`; a yaw lies between -180 and 180."""
    return f"yaw {_yaw(yaw)}, pitch {number(pitch)}"


def span(box: AngularBox) -> str:
    """What a box on the sphere covers: `yaw 150 to -170 (across the seam), pitch -10 to 20`."""
    heights = f"pitch {number(box.bottom)} to {number(box.top)}"
    if box.right - box.left >= 360 - _LEAST:
        poles = [name for name, there in (("up", box.top >= 90), ("down", box.bottom <= -90)) if there]
        around = f", with straight {' and '.join(poles)} inside" if poles else ""
        return f"all yaws, {heights}{around}"
    seam = " (across the seam, straight behind)" if box.crosses_seam else ""
    return f"yaw {_yaw(box.left)} to {_yaw(box.right)}{seam}, {heights}"


def view_words(panorama: str, view: PanoramaView) -> str:
    """What a view is: `pano1 seen towards yaw 30, pitch 0 (...), field of view 90 degrees`."""
    if abs(view.pitch) >= POLE:
        side = "lower" if view.pitch > 0 else "upper"
        edge = f"its {side} edge is towards yaw {_yaw(view.yaw)}"
        towards = f"pitch {number(view.pitch)} ({pitch_words(view.pitch)}; {edge})"
    else:
        towards = direction(view.yaw, view.pitch)
    across, high = view.intrinsics.horizontal_fov, view.intrinsics.vertical_fov
    return f"{panorama} seen towards {towards}, field of view {degrees(across)} across and {degrees(high)} high"


def turned(yaw: float, pitch: float) -> str:
    """What a turn does: `30 degrees right and 10 degrees up`; "not at all" for nothing."""
    parts = []
    if abs(yaw) >= _LEAST:
        parts.append(f"{degrees(yaw)} {'right' if yaw > 0 else 'left'}")
    if abs(pitch) >= _LEAST:
        parts.append(f"{degrees(pitch)} {'up' if pitch > 0 else 'down'}")
    return " and ".join(parts) or "not at all"


def caption(face: str) -> str:
    """What stands above a face of a cube map: `right (yaw 90)`."""
    yaw, pitch = {str(name): angles for name, angles in FACES.items()}[face]
    return f"{face} (pitch {number(pitch)})" if pitch else f"{face} (yaw {number(yaw)})"


def _yaw(yaw: float) -> str:
    """A yaw as written, -180 to 180; straight behind is 180."""
    wrapped = float(wrap_yaw(yaw))
    return "180" if 180 - abs(wrapped) < _LEAST else number(wrapped)
