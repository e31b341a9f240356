"""Which way a camera turned between two photos, and by how much, from what `relative_camera_motion` says."""

from __future__ import annotations

import re

from sightline.agents.models.rules_solver import UnclearError
from sightline.agents.models.space_case import Case, Next, Told, next_calls, result_of
from sightline.agents.models.space_forms import CameraTurn
from sightline.agents.models.space_readings import Turn, read_turn


def camera_turn(form: CameraTurn, case: Case) -> Next | Told:
    """The next step of a question about how a camera turned.

    Raises:
        UnclearError: It cannot be told; says why.
    """
    call = ("relative_camera_motion", {"first": form.first, "second": form.second})
    said = result_of(case, *call)
    if said is None:
        return next_calls(case, "I compare the two photos.", [call])
    turn = read_turn(said)
    if turn is None:
        raise UnclearError(f"I cannot read how the camera turned in: {said}")
    words = said.partition(" From ")[0]
    if form.degrees:
        return Told(turn.value, f"{turn.value:.1f} degrees", words, (turn.low, turn.high), "degrees")
    way = _way(turn, _sides_only(case), words)
    if form.claimed:
        return Told(way == form.claimed, "yes" if way == form.claimed else "no", words)
    return Told(way, way, words, directed=True)


def _way(turn: Turn, sides_only: bool, words: str) -> str:
    """Which way, by the larger of the turns to a side and up or down."""
    yaw, pitch, roll = (turn.parts.get(axis, (0.0, 0.0, 0.0)) for axis in ("yaw", "pitch", "roll"))
    if sides_only:
        pitch = roll = (0.0, 0.0, 0.0)
    if yaw[0] == pitch[0] == 0:
        if sides_only:
            raise UnclearError(f"it turned neither left nor right, as far as can be told. {words}")
        if roll[0] == 0:
            return "did not turn"
        if "roll" in turn.unsure:
            raise UnclearError(f"which way it turned is not sure. {words}")
        return f"head tilted {'right' if roll[0] > 0 else 'left'}"
    axis, larger = ("yaw", yaw) if abs(yaw[0]) >= abs(pitch[0]) else ("pitch", pitch)
    smaller = pitch if axis == "yaw" else yaw
    if axis in turn.unsure:
        raise UnclearError(f"which way it turned is not sure. {words}")
    sure = min(abs(larger[1]), abs(larger[2]))
    way = _word(axis, larger[0])
    if sure > max(abs(smaller[1]), abs(smaller[2])):
        return way
    other = "pitch" if axis == "yaw" else "yaw"
    if other in turn.unsure:
        raise UnclearError(f"whether it turned more to a side or up or down is not sure. {words}")
    side, up = (way, _word(other, smaller[0])) if axis == "yaw" else (_word(other, smaller[0]), way)
    return f"{side} and {up}"


def _word(axis: str, value: float) -> str:
    if axis == "yaw":
        return "right" if value > 0 else "left"
    return "up" if value > 0 else "down"


def _sides_only(case: Case) -> bool:
    """Whether only left or right is asked about."""
    asked = {word for text in (case.question, *case.options.values()) for word in re.findall(r"[a-z]+", text.lower())}
    return bool(asked & {"left", "right"}) and not asked & {"up", "down", "upwards", "downwards"}
