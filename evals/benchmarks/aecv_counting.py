"""AECV-Bench, counting: doors, windows, spaces, bedrooms and toilets in floor plans."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sightline.evals.benchmark import Benchmark, Protocol, Source
from sightline.evals.item import Asked, Item
from sightline.evals.reading import DataError, Record
from sightline.evals.scorers import Mark
from sightline.evals.scorers.aggregates import Micro

FIELDS = ("Door", "Window", "Space", "Bedroom", "Toilet")
CATEGORY = "floor plan"

_INSIDE = Path("data") / "Use Case 1 - Object Counting" / "1 - Full Datasets"
_ENDINGS = (".png", ".jpg", ".jpeg")
_FLAT = re.compile(r"\{[^{}]*\}")
_FENCED = re.compile(r"```(?:json)?\s*(\{.*?\})\s*```", re.DOTALL)
_COUNTED = re.compile(
    r"\b(?P<name>door|window|space|bedroom|toilet)s?\b[\"'*]*\s*[:=]?\s*(?:is|are|-|–)?\s*(?P<after>\d+)"
    r"|\b(?P<before>\d+)\s+(?P<named>door|window|space|bedroom|toilet)s?\b",
    re.IGNORECASE,
)

RULES = (
    "Doors are hinged ones, drawn with an arc, each leaf for itself; sliding doors of closets and garage entrances are "
    "none. Windows include sliding openings, French doors and large glazing, and the small ones of toilets; several "
    "side by side without a gap are one; garage entrances are none. Spaces are all enclosed areas, with or without a "
    "name. Bedrooms are the spaces named so, in any language. Toilets are the spaces named WC, bath, shower, toilet "
    "or the like, each for itself; a lavatory is none."
)
"""What counts, after the published counting rules."""

QUESTION = f"How many doors, windows, spaces, bedrooms and toilets are in this floor plan? {RULES}"


def read(folder: Path, variant: str) -> Iterator[Item]:
    """The items: one for each folder with a `metadata.json` and a picture, in the order of their names."""
    place = folder / _INSIDE if (folder / _INSIDE).is_dir() else folder
    plans = sorted(path.parent for path in place.glob("*/metadata.json"))
    if not plans:
        raise DataError(place.name, 0, "", "it holds no folders with a metadata.json")
    for plan in plans:
        record = _record(plan / "metadata.json")
        counts = {field: _count(record, field) for field in FIELDS}
        yield Item(
            id=plan.name,
            asked=Asked(QUESTION, "text", pictures=(_picture(record, plan),)),
            target=counts,
            category=CATEGORY,
            cluster=plan.name,
        )


def _record(path: Path) -> Record:
    name = f"{path.parent.name}/{path.name}"
    try:
        data = json.loads(path.read_text("utf-8-sig"))
    except json.JSONDecodeError as error:
        raise DataError(name, error.lineno, "", f"it is no JSON ({error.msg}); it may be cut off") from None
    except UnicodeDecodeError:
        raise DataError(name, 0, "", "it is not UTF-8") from None
    if not isinstance(data, dict):
        raise DataError(name, 0, "", "an object with the five counts is needed")
    return Record(data, name, 0)


def _count(record: Record, field: str) -> int:
    """A published count; a missing one is 0, as in the published script."""
    count = record.data.get(field, 0)
    if isinstance(count, bool) or not isinstance(count, int) or count < 0:
        raise record.fault(field, f"a whole number is needed, not {count!r}")
    return count


def _picture(record: Record, plan: Path) -> Path:
    named = [path for path in sorted(plan.iterdir()) if path.suffix.lower() in _ENDINGS]
    if not named:
        raise DataError(record.file, 0, "", "there is no picture beside it")
    return next((path for path in named if path.stem == plan.name), named[0])


def official(item: Item, said: str) -> Mark:
    """The published rule: the share of the five counts that are exactly right.

    A count that the answer leaves out is taken for 0. An answer without a JSON object is left out of the mean: the
    published script drops the plan.
    """
    counts = published_counts(said)
    if counts is None:
        return Mark(None, "", parsed=False)
    return _mark(item, {field: counts.get(field, 0) for field in FIELDS})


def published_counts(text: str) -> Mapping[str, Any] | None:
    """The JSON object that the published script reads: the whole reply, else one that has a door, else a fenced one."""
    flat = _FLAT.findall(text)
    complete = [found for found in flat if _in_order(found)]
    fenced = [match[1] for match in _FENCED.finditer(text)]
    for place, candidate in enumerate([text, *complete, *flat, *fenced]):
        try:
            found = json.loads(candidate)
            if isinstance(found, str):  # encoded twice
                found = json.loads(found)
        except (ValueError, RecursionError):
            continue
        whole_or_fenced = place == 0 or place > len(complete) + len(flat)
        if isinstance(found, dict) and ("Door" in found or whole_or_fenced):
            return found
    return None


def _in_order(text: str) -> bool:
    """Whether a text has all the fields, in their order, in whatever case."""
    rest = text.lower()
    for field in FIELDS:
        _, found, rest = rest.partition(f'"{field.lower()}"')
        if not found:
            return False
    return True


def strictly(item: Item, said: str) -> Mark:
    """Strict: one JSON object, or several that agree, with all five counts as whole numbers; else wrong."""
    found = []
    for candidate in _FLAT.findall(said):
        try:
            found.append(json.loads(candidate))
        except (ValueError, RecursionError):
            continue
    if not found or any(counts != found[0] for counts in found):
        return Mark(0.0, "", parsed=False)
    counts = found[0]
    if set(counts) != set(FIELDS) or any(type(count) is not int for count in counts.values()):
        return Mark(0.0, "", parsed=False)
    return _mark(item, counts)


def _mark(item: Item, counts: Mapping[str, Any]) -> Mark:
    right = {field: float(counts[field] == item.target[field]) for field in FIELDS}
    parts = {**right, "all five": float(all(right.values()))}
    return Mark(sum(right.values()) / len(FIELDS), json.dumps(dict(counts), default=str), parts=parts)


def prompt(item: Item) -> str:
    """What the published prompt asks, in other words: it has no licence that lets it be given here."""
    counts = ", ".join(f'"{field}": 0' for field in FIELDS)
    return (
        "You read floor plans of buildings, in any language. Look at the whole drawing first; then count.\n\n"
        f"{RULES}\n\nReply with JSON and nothing else: {{{counts}}}"
    )


def render(item: Item, value: Any) -> str:
    """Counts in words, `10 doors, 11 windows, ...`, as the JSON that the scorer reads; other words as they are."""
    said = str(value)
    if _FLAT.search(said):
        return said
    counts: dict[str, int] = {}
    for match in _COUNTED.finditer(said):
        name = (match["name"] or match["named"]).capitalize()
        counts.setdefault(name, int(match["after"] or match["before"]))
    return json.dumps(counts) if counts else said


BENCHMARK = Benchmark(
    name="aecv_counting",
    title="AECV-Bench, counting",
    about="Count doors, windows, spaces, bedrooms and toilets in floor plans.",
    licence="none stated",
    size={"plans": 120},
    source=Source(
        where="Clone the GitHub repository AECFoundry/AECV-Bench.",
        layout="the clone, or a folder of plans, each a folder with metadata.json and a picture.",
    ),
    protocol=Protocol(
        repository="AECFoundry/AECV-Bench",
        commit="f779d67",
        extractor="a JSON object with five counts; exact match by field; the mean over fields and plans",
        decoding={"temperature": 0},
        departures=(
            "the published prompt has no licence and is not given here; ours states the same rules in other words",
            "the published script asks for structured output (a JSON schema) where the provider has it",
            "the published mean absolute percentage error is not computed",
        ),
    ),
    read=read,
    prompt=prompt,
    render=render,
    official=official,
    strict=strictly,
    aggregate=Micro((CATEGORY,)),
    categories=(CATEGORY,),
    binary=False,
)
