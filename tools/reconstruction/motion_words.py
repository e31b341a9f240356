"""A camera's motion in words, with handles; the embedded rules read them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sightline.tools.reconstruction.epipolar import Floats
    from sightline.tools.reconstruction.two_view import CameraMotion, Interval


def describe_motion(motion: CameraMotion, first: str, second: str, no_way: str = "") -> str:
    """A motion in words, with handles.

    Args:
        motion: Which it is.
        first: Handle of the picture it starts from.
        second: Handle of the other.
        no_way: Why no direction is given, where that is not the motion's own doing.
    """
    doubt = (
        " Warning: all of this rests on one flat thing that both pictures show; nothing around it was found in both. "
        f"If {first} and {second} are not of one place (two places may have the same rug or poster), it means nothing."
        if motion.unconfirmed
        else ""
    )
    return _turn_words(motion, first, second) + " " + _way_words(motion, first, no_way) + doubt


def _turn_words(motion: CameraMotion, first: str, second: str) -> str:
    if motion.same:
        return f"The camera did not move from {first} to {second}: they show the same place from the same spot."
    parts = [
        words
        for span, plus, minus in (
            (motion.yaw, "to the right", "to the left"),
            (motion.pitch, "up", "down"),
            (motion.roll, "with its head tilting right", "with its head tilting left"),
        )
        if (words := _component(span, plus, minus))
    ]
    total = f"turned {motion.angle.value:.1f} degrees in all ({motion.angle.low:.1f} to {motion.angle.high:.1f})"
    turn = f": {', '.join(parts)}" if parts else ""
    return f"From {first} to {second} the camera {total}{turn}."


def _component(span: Interval, plus: str, minus: str) -> str:
    """One of yaw, pitch and roll; left out where it is nothing, without a direction where that is not sure."""
    size = abs(span.value)
    if max(abs(span.low), abs(span.high)) < 1.0:
        return ""
    if span.low <= 0 <= span.high:
        way = plus if span.value > 0 else minus
        return f"{size:.1f} degrees {way} ({span.low:.1f} to {span.high:.1f}: the direction is not sure)"
    low, high = sorted((abs(span.low), abs(span.high)))
    return f"{size:.1f} degrees {plus if span.value > 0 else minus} ({low:.1f} to {high:.1f})"


def _way_words(motion: CameraMotion, first: str, no_way: str) -> str:
    if motion.same:
        return ""
    if motion.turned_only:
        return "It turned on the spot: no change of place can be seen."
    if motion.translation is None:
        lenses = ", or the lenses are not known well enough" if motion.focal_guessed else ""
        why = no_way or f"it is too little{lenses}."
        return f"It also changed its place; which way cannot be told: {why}"
    way = _direction_words(motion.translation)
    return (
        f"It moved {way}, as seen in {first} (direction +- {motion.translation_error:.0f} degrees; how far cannot be "
        "told from two pictures)."
    )


def _direction_words(way: Sequence[float] | Floats) -> str:
    """E.g. `mostly to the right and a little forward`."""
    x, y, z = (float(v) for v in way)
    parts = sorted(
        (
            (abs(x), "to the right" if x > 0 else "to the left"),
            (abs(y), "down" if y > 0 else "up"),
            (abs(z), "forward" if z > 0 else "back"),
        ),
        reverse=True,
    )
    words = [parts[0][1]]
    if parts[1][0] > 0.3:
        words.append(f"{'and' if parts[1][0] > 0.6 else 'and a little'} {parts[1][1]}")
    return " ".join(words)
