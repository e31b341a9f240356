"""What memory learns from a matching: objects that are one thing are joined, and one that was two is parted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sightline.memory import Fact, ObjectParted, ObjectSeen, ObjectsMatched, Workspace
from sightline.memory.refs import fresh_key, new_ref
from sightline.memory.scene import MARKED


@dataclass(frozen=True)
class Belonging:
    """What a look was taken for before the matching.

    Attributes:
        picture: Handle of the picture it is in.
        object: Handle of a known object, or the key of a new one.
        known: Whether it was known before.
    """

    picture: str
    object: str
    known: bool


@dataclass
class Joined:
    """What holds after the matching.

    Attributes:
        keys: For each group, the handle or key of the object that it is now.
        references: For each group, how texts refer to it.
        whole: For each group, whether what the run knew of the object before still stands.
        facts: What memory learns, in order: what was found first, and what became of it.
        parted: Handles of objects that turned out to be several things.
    """

    keys: list[str] = field(default_factory=list)
    references: list[str] = field(default_factory=list)
    whole: list[bool] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    parted: list[str] = field(default_factory=list)


def same_before(looks: Sequence[Belonging]) -> list[tuple[int, int]]:
    """Pairs of looks that were of one object before."""
    return [(i, j) for i, a in enumerate(looks) for j, b in enumerate(looks) if i < j and a.object == b.object]


def stated_same(workspace: Workspace, looks: Sequence[Belonging]) -> list[tuple[int, int]]:
    """Those of them that a person marked as one thing."""
    marked = {
        (thing.handle, seen.picture)
        for thing in workspace.scene.objects.values()
        for seen in thing.sightings
        if seen.source == MARKED
    }
    return [(i, j) for i, j in same_before(looks) if {(looks[k].object, looks[k].picture) for k in (i, j)} <= marked]


def join(
    workspace: Workspace,
    looks: Sequence[Belonging],
    groups: Sequence[Sequence[int]],
    found: Sequence[Fact],
    sources: Sequence[str],
) -> Joined:
    """What becomes of the objects.

    An object whose looks lie in several groups keeps the one that holds most of them. What the others show of it is
    another object: one of theirs, the one it was before it was taken for this, or a new one.

    Args:
        workspace: What the run knows.
        looks: Of each look, what it was.
        groups: Indices of the looks that show one thing.
        found: What memory learns from having found the looks.
        sources: For each group, who says that it is one thing, and by what.
    """
    homes = _homes(looks, groups)
    out = Joined()
    renamed: dict[tuple[str, str], str] = {}
    parted: list[Fact] = []
    moved: list[Fact] = []
    joined: list[Fact] = []
    for number, group in enumerate(groups):
        kept = _oldest_first([looks[i] for i in group if homes[looks[i].object] == number])
        strays = [looks[i] for i in group if homes[looks[i].object] != number]
        lost = {thing: _sightings(workspace, thing, strays) for thing in dict.fromkeys(s.object for s in strays)}
        pictures = {
            thing: list(dict.fromkeys([*(s.picture for s in strays if s.object == thing), *(s.picture for s in seen)]))
            for thing, seen in lost.items()
        }
        key, reference = _called(workspace, kept, pictures)
        for thing, seen in lost.items():
            out.parted.append(thing)
            parted.append(ObjectParted(object=thing, pictures=pictures[thing], source=sources[number]))
            moved += [s.model_copy(update={"object": key}) for s in seen]
            renamed |= {(thing, picture): key for picture in pictures[thing]}
        if len(kept) > 1:
            joined.append(ObjectsMatched(objects=[look.object for look in kept], source=sources[number]))
        out.keys.append(key)
        out.references.append(reference)
        out.whole.append(bool(kept) and kept[0].known)
    out.whole = [w and key not in out.parted for w, key in zip(out.whole, out.keys, strict=True)]
    fresh = [
        fact.model_copy(update={"object": renamed[fact.object, fact.picture]})
        if isinstance(fact, ObjectSeen) and (fact.object, fact.picture) in renamed
        else fact
        for fact in found
    ]
    out.facts = [*parted, *moved, *fresh, *joined]
    return out


def parted_lines(parted: Sequence[str]) -> list[str]:
    """What was taken for one thing and is not, a sentence each."""
    return [
        f"{handle} was taken for one thing, but its places exclude that: what else it was has its own handle now."
        for handle in dict.fromkeys(parted)
    ]


def _homes(looks: Sequence[Belonging], groups: Sequence[Sequence[int]]) -> dict[str, int]:
    """By object, the group that it keeps: the one with most of its looks, of equal ones the first."""
    counts: dict[str, Counter[int]] = {}
    for number, group in enumerate(groups):
        for i in group:
            counts.setdefault(looks[i].object, Counter())[number] += 1
    return {thing: max(sorted(held), key=lambda n: held[n]) for thing, held in counts.items()}


def _oldest_first(looks: Sequence[Belonging]) -> list[Belonging]:
    """Each object once, the oldest handle first, for it stays."""
    once = list({look.object: look for look in looks}.values())
    return sorted(once, key=lambda o: (not o.known, int("".join(c for c in o.object if c.isdigit()) or 0)))


def _called(workspace: Workspace, kept: Sequence[Belonging], strays: Mapping[str, Sequence[str]]) -> tuple[str, str]:
    """The key of what a group is, and how to write it.

    Args:
        workspace: What the run knows.
        kept: What stays what it was, the oldest first.
        strays: Of objects that were parted, the pictures in which they are this.
    """
    if kept:
        return kept[0].object, kept[0].object if kept[0].known else new_ref(kept[0].object)
    for thing, pictures in strays.items():
        former = workspace.scene.former(thing, pictures)
        if former is not None:
            return former, former
    key = fresh_key()
    return key, new_ref(key)


def _sightings(workspace: Workspace, thing: str, strays: Sequence[Belonging]) -> list[ObjectSeen]:
    """What was known of an object in the pictures of these looks, and in what was cut from them, as facts."""
    pictures = {look.picture for look in strays if look.object == thing}
    known = workspace.scene.objects.get(thing)
    out = []
    for seen in known.sightings if known is not None else []:
        place = seen.box or seen.point
        original = None
        if seen.picture not in pictures and place is not None and seen.picture in workspace.artifacts:
            original = workspace.in_original(seen.picture, place)
        if seen.picture in pictures or (original is not None and original[0] in pictures):
            assert known is not None, "it has sightings"
            out.append(
                ObjectSeen(
                    object=thing,
                    name=known.name,
                    picture=seen.picture,
                    box=seen.box,
                    point=seen.point,
                    score=seen.score,
                    mask=seen.mask,
                    source=seen.source,
                )
            )
    return out
