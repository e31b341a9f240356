"""What a detector finds, entered in the scene map: a thing that is known already keeps its handle.

The same thing found twice is one object: where a box lies on the known box of an object with the same name in the same
picture, that object is meant. What is found in a crop is also known in the photo that the crop was made from.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from sightline.geometry.cameras import Intrinsics
from sightline.memory import DataDraft, InstrumentLimit, ObjectSeen, Picture, Workspace
from sightline.memory.caching import ByteCache, fingerprint
from sightline.memory.refs import fresh_key, new_ref
from sightline.tools.back_ends import BackEnds, Detection, Seen
from sightline.tools.back_ends.linking import overlap
from sightline.tools.back_ends.naming import same
from sightline.tools.back_ends.protocols import Box
from sightline.tools.contract import ToolContext

SAME_OBJECT = 0.7
"""Overlap of two boxes of one name in one picture, as IoU, from which they are one object."""
_found: ByteCache[list[Detection]] = ByteCache(64_000_000)


@dataclass(frozen=True)
class Entered:
    """A detection with the object it stands for.

    Attributes:
        object: Handle of a known object, or the key of a new one.
        known: Whether it was known before.
        detection: What was found.
        facts: What memory learns; nothing where it is known just so.
        outline: Its mask, where the detector gave one and the object has none yet.
    """

    object: str
    known: bool
    detection: Detection
    facts: list[ObjectSeen] = field(default_factory=list)
    outline: DataDraft | None = None

    @property
    def reference(self) -> str:
        """Its handle, to write into a text."""
        return self.object if self.known else new_ref(self.object)


def as_seen(context: ToolContext, image: Picture) -> Seen:
    """A picture for what looks at pixels only.

    A turned or mirrored one, a map or a panorama will do, though no one camera saw it: the intrinsics are not used.
    """
    try:
        return context.seen(image)
    except InstrumentLimit:
        return Seen(image.handle, image.pixels, Intrinsics.guess(image.size))


def detect_once(context: ToolContext, image: Picture, names: Sequence[str], threshold: float) -> list[Detection]:
    """What the run's detector finds of these names, best first; asked twice it costs nothing."""
    key = fingerprint(
        "detect",
        contents(context.workspace, image.handle),
        list(names),
        threshold,
        context.back_ends.label("detection"),
    )
    known = _found.get(key)
    if known is None:
        known = context.back_ends.detector().detect(as_seen(context, image), names, threshold)
        _found.put(key, known, 1000 + sum(1000 + (0 if d.mask is None else d.mask.nbytes) for d in known))
    return known


def contents(workspace: Workspace, handle: str) -> list[str]:
    """What a back end sees of a picture, to make fingerprints of: its pixels, and those that are left out."""
    return [workspace.digest(handle), *(workspace.digest(fact.mask) for fact in workspace.ignored.get(handle, []))]


def enter(
    workspace: Workspace, image: Picture, found: Iterable[Detection], source: str, *, outlines: bool = True
) -> list[Entered]:
    """Match detections with the objects that the run knows in this picture; the rest are new.

    Args:
        workspace: What the run knows.
        image: The picture they were found in.
        found: Boxes in stored pixels of it.
        source: Who says so: the name of the tool.
        outlines: Whether masks are kept as artifacts; they take a byte a pixel each.
    """
    taken: set[str] = set()
    out = []
    for detection in found:
        places = [(image.handle, detection.box)]
        original = workspace.in_original(image.handle, detection.box)
        if original is not None:
            places.append((original[0], as_box(original[1])))
        handle = known_object(workspace, detection.name, places, taken)
        key = handle or fresh_key()
        taken.add(key)
        outline = _outline(workspace, image, detection, handle) if outlines else None
        name = detection.name.strip() if handle is None else workspace.scene.objects[handle].name
        facts = []
        for number, (picture, box) in enumerate(places):
            mask = str(outline) if outline is not None and number == 0 else None
            if handle is not None and mask is None and _seen_so(workspace, handle, picture, box):
                continue
            facts.append(
                ObjectSeen(
                    object=key, name=name, picture=picture, box=box, score=detection.score, mask=mask, source=source
                )
            )
        out.append(Entered(key, handle is not None, detection, facts, outline))
    return out


def provenance(back_ends: BackEnds, role: str, loaded: object) -> dict[str, str]:
    """What an artifact remembers of the back end that made it: for the trace, never for a model."""
    return {
        "back_end": back_ends.label(role),
        "made_by": str(getattr(loaded, "name", "")),
        "trained_on": str(getattr(loaded, "trained_on", "")),
    }


def known_object(
    workspace: Workspace, name: str, places: Sequence[tuple[str, Box]], taken: Collection[str] = ()
) -> str | None:
    """The object that is meant: the one of this name whose box overlaps most, if it overlaps enough.

    Args:
        workspace: What the run knows.
        name: In any case, singular or plural.
        places: Where it was found: (handle of a picture, box in it).
        taken: Handles of objects that are spoken for.
    """
    best, most = None, SAME_OBJECT
    for thing in workspace.scene.objects.values():
        if thing.handle in taken or not same(thing.name, name):
            continue
        for sighting in thing.sightings:
            for picture, box in places:
                if sighting.picture == picture and sighting.box is not None:
                    shared = overlap(sighting.box, box)
                    if shared > most:
                        best, most = thing.handle, shared
    return best


def _seen_so(workspace: Workspace, handle: str, picture: str, box: Box) -> bool:
    """Whether the object was seen in this picture at all but the same place before."""
    sightings = workspace.scene.objects[handle].sightings
    return any(s.picture == picture and s.box is not None and overlap(s.box, box) > SAME_OBJECT for s in sightings)


def _outline(workspace: Workspace, image: Picture, detection: Detection, handle: str | None) -> DataDraft | None:
    if detection.mask is None:
        return None
    if handle is not None:
        known = workspace.scene.objects[handle].sightings
        if any(s.picture == image.handle and s.mask is not None for s in known):
            return None
    return DataDraft(
        "mask",
        {"mask": np.asarray(detection.mask, dtype=np.bool_)},
        f"outline of a {detection.name.strip()} in {image.handle}",
        data={"picture": image.handle},
        size=image.size,
    )


def as_box(numbers: Sequence[float]) -> Box:
    """Four numbers as a box."""
    x0, y0, x1, y1 = numbers
    return x0, y0, x1, y1
