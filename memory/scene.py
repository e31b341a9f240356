"""The scene map: the objects a run knows, where each was seen, and who says so.

Relations between objects are computed when asked for, never stored. Objects have boxes or points per view here; their
extent in 3D joins them where a reconstruction gives one.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sightline.memory.facts import ObjectSeen
from sightline.memory.refs import box_ref, plain, point_ref

NAME_LENGTH = 60
"""Characters of an object's name that are listed: a name is a model's own words, of any length."""


MARKED = "marked by the person"
"""The source of what a person drew."""


@dataclass(frozen=True)
class Sighting:
    """One object in one picture; box and point in stored pixels of that picture."""

    picture: str
    box: tuple[float, float, float, float] | None
    point: tuple[float, float] | None
    score: float | None
    source: str

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
    """An object with its handle, name, and where it was seen, in the order it was found."""

    handle: str
    name: str
    sightings: list[Sighting] = field(default_factory=list)

    def in_picture(self, picture: str) -> Sighting | None:
        """The latest sighting in this picture, or None."""
        return next((s for s in reversed(self.sightings) if s.picture == picture), None)


class SceneMap:
    """Objects by handle."""

    def __init__(self) -> None:
        self.objects: dict[str, SceneObject] = {}

    def see(self, handle: str, fact: ObjectSeen) -> None:
        """Enter a sighting; the object's name follows the latest one."""
        known = self.objects.setdefault(handle, SceneObject(handle, fact.name))
        known.name = fact.name
        sighting = Sighting(fact.picture, fact.box, fact.point, fact.score, fact.source)
        if sighting not in known.sightings:
            known.sightings.append(sighting)

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
            name = plain(item.name if len(item.name) <= NAME_LENGTH else item.name[: NAME_LENGTH - 3] + "...")
            out.append(f'{item.handle} "{name}" {where}')
        return out
