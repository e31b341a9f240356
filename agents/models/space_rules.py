"""From a question about space to the next calls of instruments, and from what they said to the answer.

The steps follow from the results that there are: reconstruct the photos, state a known size, locate what is marked,
measure. Two places or lengths whose intervals overlap are not told apart, and what an instrument refuses is the reason
that is given.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sightline.agents.models.rules_solver import UnclearError
from sightline.agents.models.space_case import (
    METRES,
    NO_METRES,
    Case,
    Next,
    Told,
    find_call,
    metres_in,
    next_calls,
    result_of,
)
from sightline.agents.models.space_finding import look_for, names_in
from sightline.agents.models.space_forms import Apart, CameraTurn, CloserTo, SideOf, SpaceForm, bare
from sightline.agents.models.space_readings import Group, Length, read_bearing, read_groups, read_length
from sightline.agents.models.space_turning import camera_turn

ONLY_A_POINT = "only the surface at the marked point is known"
"""What the measuring tools say of what is marked with a point."""
MOST_LISTED = 3
"""Places of an object that the prompt lists."""
_KNOWN = re.compile(
    r"(?:(?P<what>.+?)(?:'s)? (?P<after>height|width|depth|length|size)|(?P<before>height|width|depth|length|size) of "
    r"(?P<whose>.+?))(?: is|:|=)? (?P<value>\d+(?:\.\d+)?) ?(?P<unit>[a-z]+)",
    re.IGNORECASE,
)
_DIMENSIONS = {"height": "height", "width": "width", "depth": "depth", "length": "longest", "size": "longest"}
_SIDES = {
    "front": {"front", "ahead", "forward"},
    "back": {"back", "behind", "rear"},
    "left": {"left"},
    "right": {"right"},
}
_SECTORS = ("eight", "four", "left-right")
"""What is asked of `direction_of` in turn, finer words first, until one is clear."""


def next_step(form: SpaceForm, case: Case) -> Next | Told:
    """What to do, or to say, after what was done so far.

    Raises:
        UnclearError: It cannot be told; says why.
    """
    named = names_in(form, case)
    if not set(named) <= set(case.objects):
        found = look_for(case, named)
        if isinstance(found, Next):
            return found
        case = found
    match form:
        case CameraTurn():
            return camera_turn(form, case)
        case Apart():
            return _in_space(case, [form.a, form.b], [], lambda space: _apart(form, case, space), form)
        case CloserTo():
            camera = [form.anchor] if form.anchor in case.pictures else []
            names = [*form.candidates, *([] if camera else [form.anchor])]
            return _in_space(case, names, camera, lambda space: _closer(form, case, space), form)
        case SideOf():
            names = [form.standing_at, form.facing, form.what]
            return _in_space(case, names, [], lambda space: _side(form, case, space), form)


# What is measured in space


def _in_space(
    case: Case, names: Sequence[str], cameras: Sequence[str], measure: Callable[[str], Next | Told], form: SpaceForm
) -> Next | Told:
    """Reconstruct, state what is known, locate what is marked; then measure in the reconstruction's `cloud`."""
    handles = [_handle(case, name) for name in names]
    call = ("reconstruct", {"images": list(case.pictures)})
    said = result_of(case, *call)
    if said is None:
        return next_calls(case, "I reconstruct the place from the photos.", [call])
    groups = read_groups(said)
    if not groups:
        raise UnclearError(f"I cannot read what was reconstructed in: {said}")
    cloud = _cloud(case, groups, dict(zip(handles, names, strict=True)), cameras)
    stated = _stated(case, cloud) if isinstance(form, Apart) else None
    if stated is not None and find_call(case, *stated) is None:
        return next_calls(case, "I state the size that is known.", [stated])
    located = [("locate", {"thing": handle, "cloud": cloud}) for handle in handles]
    if wanting := [call for call in located if result_of(case, *call) is None]:
        return next_calls(case, "I locate what is marked.", wanting)
    return measure(cloud)


def _handle(case: Case, name: str) -> str:
    handles = case.objects[name]
    if len(handles) > 1:
        raise UnclearError(f"{len(handles)} things are marked {name!r}; give each a name of its own.")
    return handles[0]


def _cloud(case: Case, groups: Sequence[Group], things: Mapping[str, str], cameras: Sequence[str]) -> str:
    """The largest group of pictures that shows all that is asked about."""
    whole = [group for group in groups if set(cameras) <= set(group.pictures)]
    for shows in (_shown, _may_be_shown):
        for group in whole:
            if all(shows(case, handle, group) for handle in things):
                return group.cloud
    where = [f"{group.cloud} ({', '.join(group.pictures)})" for group in groups]
    needed = [name for handle, name in things.items() if not _shown(case, handle, groups[0])]
    needed += [f"the camera of {camera}" for camera in cameras if camera not in groups[0].pictures]
    if len(groups) == 1:
        raise UnclearError(
            f"only {', '.join(groups[0].pictures)} could be placed in space, and {_and(needed)} "
            f"{'is' if len(needed) == 1 else 'are'} not there. Mark things in more photos, or give photos that overlap."
        )
    raise UnclearError(
        f"the photos fall apart into {' and '.join(where)}, which have neither scale nor place in common, and none of "
        "them holds all that is asked about. Give photos that overlap."
    )


def _shown(case: Case, handle: str, group: Group) -> bool:
    return bool(set(case.seen_in.get(handle, ())) & set(group.pictures))


def _may_be_shown(case: Case, handle: str, group: Group) -> bool:
    """The prompt lists the latest places of an object only, so that it may be marked in other pictures as well."""
    return len(case.seen_in.get(handle, ())) >= MOST_LISTED or _shown(case, handle, group)


def _stated(case: Case, cloud: str) -> tuple[str, dict[str, Any]] | None:
    """The call that states a known size of something marked; None where there is none."""
    if "set_scale" not in case.tools:
        return None
    for fact in case.known:
        found = _KNOWN.fullmatch(fact.strip())
        metres = METRES.get(found["unit"].lower()) if found is not None else None
        if found is None or metres is None:
            continue
        words = bare(found["what"] or found["whose"])
        named = [handles for name, handles in case.objects.items() if bare(name) == words]
        if len(named) == 1 and len(named[0]) == 1:
            dimension = _DIMENSIONS[(found["after"] or found["before"]).lower()]
            size = round(float(found["value"]) * metres, 6)
            return "set_scale", {"cloud": cloud, "thing": named[0][0], "dimension": dimension, "metres": size}
    return None


def _apart(form: Apart, case: Case, cloud: str) -> Next | Told:
    a, b = _handle(case, form.a), _handle(case, form.b)
    call = ("distance", {"a": a, "b": b, "cloud": cloud})
    said = result_of(case, *call)
    if said is None:
        return next_calls(case, "I measure between them.", [call])
    found = _length(said)
    words = f"{form.a} and {form.b} are {_plain(found)} apart{_between_what(said)}."
    if ONLY_A_POINT in said:
        words += " Where only a point is marked, what lies at that point counts: draw boxes for whole things."
    if found.metric:
        words += " It rests on the size that is stated." if _stated(case, cloud) else ""
    else:
        words += f" That is no length in metres: {NO_METRES}"
        stated = _stated(case, cloud)
        failed = find_call(case, *stated) if stated is not None else None
        if failed is not None and failed.failed:
            words += f" The size stated could not be used: {failed.text}"
    if found.low == 0 and found.high >= 2 * found.value:
        raise UnclearError(f"the places are not known well enough. {words}")
    if not found.metric and _wants_metres(case):
        raise UnclearError(words)
    return Told(found.value, _plain(found, interval=False), words, (found.low, found.high), found.unit)


def _between_what(said: str) -> str:
    """Between what the tool measured, in its own words."""
    found = re.search(r'", (between [^:]+): \d', said)
    return "" if found is None else f", {found[1]}"


def _closer(form: CloserTo, case: Case, cloud: str) -> Next | Told:
    """The candidate whose interval lies before all the others'."""
    camera = form.anchor in case.pictures
    base = {"camera": form.anchor} if camera else {"b": _handle(case, form.anchor)}
    calls = [("distance", {"a": _handle(case, name), **base, "cloud": cloud}) for name in form.candidates]
    if wanting := [call for call in calls if result_of(case, *call) is None]:
        return next_calls(case, "I measure from each.", wanting)
    lengths = {name: _length(result_of(case, *call) or "") for name, call in zip(form.candidates, calls, strict=True)}
    ordered = sorted(lengths, key=lambda name: lengths[name].value, reverse=form.order == "farther")
    first = lengths[ordered[0]]
    place = f"the camera of {form.anchor}" if camera else form.anchor
    unit = "m" if first.metric else "scene units (not metres)"
    listed = "; ".join(f"{n}: {_interval(found)}" for n, found in lengths.items())
    words = f"distances from {place} in {unit}: {listed}."
    rest = [lengths[name] for name in ordered[1:]]
    apart = (
        all(first.high < other.low for other in rest)
        if form.order == "closer"
        else all(first.low > other.high for other in rest)
    )
    if len({found.unit for found in lengths.values()}) > 1 or not apart:
        raise UnclearError(f"which is {form.order} is too close to call: {words}")
    words = f"{ordered[0]} is {form.order}; {words}"
    if form.claimed:
        return Told(ordered[0] == form.claimed, "yes" if ordered[0] == form.claimed else "no", words)
    return Told(ordered[0], ordered[0], words)


def _side(form: SideOf, case: Case, cloud: str) -> Next | Told:
    """Where something is for somebody who stands there, in the finest words that are clear."""
    at, facing, what = (_handle(case, name) for name in (form.standing_at, form.facing, form.what))
    frame = f"stand at {at} facing {facing}"
    unclear = ""
    for sectors in _words_asked(form, case):
        call = ("direction_of", {"thing": what, "frame": frame, "sectors": sectors, "cloud": cloud})
        said = result_of(case, *call)
        if said is None:
            return next_calls(case, f"I look from {form.standing_at} towards {form.facing}.", [call])
        found = read_bearing(said)
        if found is None:
            raise UnclearError(f"I cannot read a direction in: {said}")
        side = "right" if found.azimuth >= 0 else "left"
        words = (
            f"for somebody at {form.standing_at} facing {form.facing}, {form.what} is {abs(found.azimuth):.0f} +- "
            f"{found.error:.0f} degrees {side} of straight ahead"
        )
        if found.error >= 180:
            raise UnclearError(f"{form.what} is too close to {form.standing_at} to tell where it is from there.")
        if form.asked in ("in front", "behind"):
            off = abs(found.azimuth) if form.asked == "in front" else 180 - abs(found.azimuth)
            if off + found.error <= 45 or off - found.error >= 90:
                return Told(off < 45, "yes" if off < 45 else "no", f"{words}.")
            raise UnclearError(f"{words}: neither clearly {form.asked} nor clearly not.")
        if not found.clear:
            unclear = f"{words}: {found.word}."
            continue
        if form.asked in ("left", "right"):
            return Told(found.word == form.asked, "yes" if found.word == form.asked else "no", f"{words}.")
        return Told(found.word, found.word, f"{words}: {found.word}.", directed=True)
    raise UnclearError(unclear)


def _words_asked(form: SideOf, case: Case) -> Sequence[str]:
    """The sectors whose words are asked for."""
    if form.asked in ("left", "right", "side"):
        return ("left-right",)
    if form.asked == "left-right-back":
        return ("left-right-back",)
    if form.asked in ("in front", "behind"):
        return ("four",)
    sides = [sides_of(text) for text in case.options.values()]
    if not any(sides):
        return _SECTORS
    plain, crossed = any(len(s) == 1 for s in sides), any(len(s) == 2 for s in sides)
    if crossed:
        return ("eight",) if plain else ("quadrants",)
    named = set().union(*sides)
    if named == {"left", "right"}:
        return ("left-right",)
    return ("left-right-back",) if named == {"left", "right", "back"} else ("four",)


def sides_of(text: str) -> frozenset[str]:
    """The sides that a text names: front, back, left, right."""
    words = set(re.findall(r"[a-z]+", text.lower()))
    return frozenset(side for side, known in _SIDES.items() if words & known)


def _length(said: str) -> Length:
    found = read_length(said)
    if found is None:
        raise UnclearError(f"I cannot read a distance in: {said}")
    return found


def _wants_metres(case: Case) -> bool:
    asked = re.findall(r"\b(?:in|many) ([a-z]+)", case.question.lower())
    return any(unit in METRES for unit in asked) or metres_in(case.unit) is not None


def _plain(found: Length, interval: bool = True) -> str:
    unit = "m" if found.metric else f"{found.unit} (not metres)"
    return f"{_interval(found) if interval else f'{found.value:g}'} {unit}"


def _interval(found: Length) -> str:
    return f"{found.value:g} ({found.low:g} to {found.high:g})" if found.high > found.low else f"{found.value:g}"


def _and(names: Sequence[str]) -> str:
    return " and ".join(names)
