"""The scene map: the objects a run knows, where each was seen, where each is in 3D, and who says so.

Relations between objects are computed when asked for, never stored. An object has boxes or points per picture, and one
place for each reconstruction that holds it: places of different reconstructions share no scale and are never mixed.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from sightline.memory.facts import ObjectFaces, ObjectParted, ObjectPlaced, ObjectSeen, ObjectsMatched
from sightline.memory.refs import box_ref, plain, point_ref

NAME_LENGTH = 60
"""Characters of an object's name that are listed: a name is a model's own words, of any length."""


MARKED = "marked by the person"
"""The source of what a person drew."""


@dataclass(frozen=True)
class Sighting:
    """One object in one picture; box and point in stored pixels of that picture, mask a handle or None."""

    picture: str
    box: tuple[float, float, float, float] | None
    point: tuple[float, float] | None
    score: float | None
    source: str
    mask: str | None = None

    @property
    def centre(self) -> tuple[float, float] | None:
        """The point, or the middle of the box."""
        if self.point is not None:
            return self.point
        if self.box is not None:
            return (self.box[0] + self.box[2]) / 2, (self.box[1] + self.box[3]) / 2
        return None

    def describe(self) -> str:
        """Where, in words with references: `in img1 ⟦box ...⟧`."""
        if self.box is not None:
            place = f" box {box_ref(self.picture, self.box)}"
        elif self.point is not None:
            place = f" point {point_ref(self.picture, self.point)}"
        else:
            place = ""
        score = "" if self.score is None else f", score {self.score:.2f} (the source's own, not a probability)"
        return f"in {self.picture}{place} ({self.source}{score})"


@dataclass
class SceneObject:
    """An object with its handle, name, and where it was seen, in the order it was found.

    Attributes:
        handle: Its handle.
        name: What it is called.
        sightings: In pictures.
        places: In reconstructions, the latest by handle of the reconstruction.
        faces: Which way its front, or another attribute, points: the latest by attribute.
    """

    handle: str
    name: str
    sightings: list[Sighting] = field(default_factory=list)
    places: dict[str, ObjectPlaced] = field(default_factory=dict)
    faces: dict[str, ObjectFaces] = field(default_factory=dict)

    def in_picture(self, picture: str) -> Sighting | None:
        """The latest sighting in this picture, or None."""
        return next((s for s in reversed(self.sightings) if s.picture == picture), None)


class SceneMap:
    """Objects by handle.

    Attributes:
        objects: The objects, in the order they were found.
        aliases: Handles of objects that turned out to be another one, and that one's handle.
    """

    def __init__(self) -> None:
        self.objects: dict[str, SceneObject] = {}
        self.aliases: dict[str, str] = {}
        self._seen_as: dict[str, frozenset[str]] = {}  # by handle that became an alias: the pictures it was known in

    def knows(self, handle: str) -> bool:
        """Whether this is the handle of an object, also of one that turned out to be another."""
        return handle in self.objects or handle in self.aliases

    def get(self, handle: str) -> SceneObject | None:
        """The object with this handle, or the one it turned out to be; None where there is none."""
        return self.objects.get(self.aliases.get(handle, handle))

    def see(self, fact: ObjectSeen) -> None:
        """Enter a sighting; the object's name follows the latest one."""
        handle = self.aliases.get(fact.object, fact.object)
        known = self.objects.setdefault(handle, SceneObject(handle, fact.name))
        known.name = fact.name
        sighting = Sighting(fact.picture, fact.box, fact.point, fact.score, fact.source, fact.mask)
        if sighting not in known.sightings:
            known.sightings.append(sighting)

    def place(self, fact: ObjectPlaced) -> None:
        """Enter where an object is in a reconstruction; replaces what was known there."""
        known = self.get(fact.object)
        if known is not None:
            known.places[fact.cloud] = fact

    def face(self, fact: ObjectFaces) -> None:
        """Enter which way an object's front points; replaces what was known."""
        known = self.get(fact.object)
        if known is not None:
            known.faces[fact.attribute] = fact

    def match(self, fact: ObjectsMatched) -> None:
        """Make several objects one: the first keeps its handle, and takes over what it does not know itself."""
        handles = list(dict.fromkeys(self.aliases.get(handle, handle) for handle in fact.objects))
        known = [self.objects[handle] for handle in handles if handle in self.objects]
        if len(known) < 2:
            return
        first, *others = known
        for other in others:
            self._seen_as[other.handle] = frozenset(s.picture for s in other.sightings)
            first.sightings += [s for s in other.sightings if s not in first.sightings]
            first.places = {**other.places, **first.places}
            first.faces = {**other.faces, **first.faces}
            del self.objects[other.handle]
            for alias in [other.handle, *(a for a, target in self.aliases.items() if target == other.handle)]:
                self.aliases[alias] = first.handle

    def part(self, fact: ObjectParted) -> None:
        """Forget that an object was seen in some pictures; the handle that it had there before is free again."""
        known = self.get(fact.object)
        if known is None:
            return
        freed = self.former(known.handle, fact.pictures)
        if freed is not None:
            del self.aliases[freed]
        known.sightings = [s for s in known.sightings if s.picture not in fact.pictures]
        known.places.clear()
        known.faces.clear()

    def former(self, handle: str, pictures: Collection[str]) -> str | None:
        """The handle that what an object shows in these pictures had before it was taken for that object, or None."""
        return next(
            (
                alias
                for alias, target in self.aliases.items()
                if target == handle and self._seen_as[alias] and self._seen_as[alias] <= set(pictures)
            ),
            None,
        )

    def named(self, name: str) -> list[SceneObject]:
        """Objects with this name, whatever its case."""
        return [o for o in self.objects.values() if o.name.casefold() == name.casefold()]

    def lines(self, most: int) -> list[str]:
        """One line an object, with references, at most `most` of them, the latest last, and a line for the rest."""
        objects = list(self.objects.values())
        listed = objects
        out = []
        if len(objects) > most:
            # What a person marked is what the question is about.
            marked = [item for item in objects if any(s.source == MARKED for s in item.sightings)][:most]
            others = [item for item in objects if item not in marked]
            listed = marked + others[len(others) - (most - len(marked)) :]
            out.append(f"({len(objects) - len(listed)} earlier objects are not listed)")
        for item in listed:
            where = "; ".join(s.describe() for s in item.sightings[-3:])
            also = [handle for handle, target in self.aliases.items() if target == item.handle]
            same = f" (also {', '.join(also)})" if also else ""
            placed = f"; located in {', '.join(item.places)}" if item.places else ""
            faces = "".join(f"; {_facing(fact)}" for fact in item.faces.values())
            out.append(f'{item.handle}{same} "{short_name(item.name)}" {where}{placed}{faces}')
        return out


def short_name(name: str) -> str:
    """An object's name as texts show it."""
    return plain(name if len(name) <= NAME_LENGTH else name[: NAME_LENGTH - 3] + "...")


def _facing(fact: ObjectFaces) -> str:
    if fact.verdict != "found":
        return f"{fact.attribute} {fact.verdict}"
    return f"{fact.attribute} known from {fact.picture}"
