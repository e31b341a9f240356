"""Things that a question about space names and nobody marked: found by name in all photos, each one thing once.

"The red chair" says that there is one. Where one photo shows two, none of them is meant; where the photos show one each
and matching left them apart, as it does with small parts of a thing, the one that most photos show is taken.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeAlias

from sightline.agents.models.rules_solver import UnclearError
from sightline.agents.models.space_case import Case, Next, next_calls, result_of
from sightline.agents.models.space_forms import Apart, CloserTo, SideOf, SpaceForm

Sightings: TypeAlias = list[tuple[str, str]]
"""Handles of what is one thing, each with the picture that it was seen in."""

_ONE = re.compile(r"^one (?P<name>[^:]+): (?P<where>obj\d+ in .+?)(?: \(by [^)]*\))?$", re.MULTILINE)
_SINGLE = re.compile(r"^matched with none: (?P<listed>.+?)\. That", re.MULTILINE)
_SIGHTING = re.compile(r"(obj\d+)(?: \((?P<name>[^)]*)\))? in (img\d+)")


def names_in(form: SpaceForm, case: Case) -> tuple[str, ...]:
    """The things that a form is about, in the order of the question."""
    match form:
        case Apart():
            return form.a, form.b
        case CloserTo():
            return (*form.candidates, *(() if form.anchor in case.pictures else (form.anchor,)))
        case SideOf():
            return form.standing_at, form.facing, form.what
        case _:
            return ()


def look_for(case: Case, names: Sequence[str]) -> Next | Case:
    """The next call to find the things by, or the case with what was found.

    Raises:
        UnclearError: One was not found, or more than one goes by its name.
    """
    built = ("reconstruct", {"images": list(case.pictures)})
    if result_of(case, *built) is None:
        return next_calls(case, "I reconstruct the place from the photos.", [built])
    # Detected one photo at a time: so the outlines are kept, and what lies within a box but is not the thing is not it.
    looks = [("detect", {"image": picture, "names": list(names)}) for picture in case.pictures]
    if wanting := [look for look in looks if result_of(case, *look) is None]:
        return next_calls(case, "I look for what is named.", wanting)
    call = ("match_objects", {"images": list(case.pictures)})
    said = result_of(case, *call)
    if said is None:
        return next_calls(case, "I find out what is one thing in several photos.", [call])
    groups: dict[str, list[Sightings]] = {}
    for name, sightings in _groups(said):
        groups.setdefault(name, []).append(sightings)
    objects: dict[str, list[str]] = {}
    seen_in: dict[str, list[str]] = {}
    for name in names:
        found = groups.get(name, [])
        if not found:
            raise UnclearError(f"no {name} was found in the photos. Mark it, if it is there.")
        pictures = [picture for sightings in found for _, picture in sightings]
        if len(set(pictures)) < len(pictures):
            raise UnclearError(f"more than one {name} was found in a photo. Mark the one that is meant.")
        best = max(found, key=len)
        objects[name] = [best[0][0]]
        seen_in[best[0][0]] = [picture for _, picture in best]
    return replace(case, objects=objects, seen_in=seen_in)


def _groups(said: str) -> list[tuple[str, Sightings]]:
    """Each thing that was found: its name, and its handles with the pictures that show it."""
    out: list[tuple[str, Sightings]] = [
        (found["name"], [(seen[1], seen[3]) for seen in _SIGHTING.finditer(found["where"])])
        for found in _ONE.finditer(said)
    ]
    for found in _SINGLE.finditer(said):
        out += [(seen["name"], [(seen[1], seen[3])]) for seen in _SIGHTING.finditer(found["listed"])]
    return out
