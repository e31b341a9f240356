"""What became of pictures, in words: which were placed, in which groups, what that is worth, and what is missing.

Each group's line has this form; the embedded rules read it:

    cloud1: 3 of 4 pictures placed (img1, img2, img4)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sightline.geometry.quantities import Scale
from sightline.geometry.reconstructions import Reconstruction

_MOST_LISTED = 40


def told(groups: Sequence[tuple[str, Reconstruction, Scale]], left_out: Mapping[str, str], total: int) -> str:
    """The whole result.

    Args:
        groups: Handle (or reference), reconstruction and scale of each, the largest first.
        left_out: Why each other picture was not placed.
        total: Pictures given.
    """
    lines = []
    for handle, group, scale in groups:
        lines.append(f"{handle}: {len(group.cameras)} of {total} pictures placed ({_listed(list(group.cameras))})")
        lines.append(f"  {describe(group, scale)}")
    if len(groups) > 1:
        names = " and ".join(handle for handle, _, _ in groups)
        lines.append(
            f"{names} are not tied together by what their pictures show: they have neither scale nor place in common, "
            "and distances across them are refused."
        )
    lines += [f"Not placed: {handle}: {reason}." for handle, reason in left_out.items()]
    return "\n".join(lines)


def describe(group: Reconstruction, scale: Scale) -> str:
    """Points, scale, up, field of view and warnings of one reconstruction."""
    kind = "a dense surface" if group.depths else "sparse: gaps between them are not empty space"
    parts = [f"{len(group.cloud)} points ({kind}).", f"Lengths: {scale.describe()}.", _up(group)]
    lenses = {camera.intrinsics.describe() for camera in group.cameras.values()}
    parts.append(f"Cameras: {'; '.join(sorted(lenses)[:3])}{'; ...' if len(lenses) > 3 else ''}.")
    parts += [f"Note: {warning.rstrip('.')}." for warning in group.warnings]
    return " ".join(parts)


def _up(group: Reconstruction) -> str:
    match group.up:
        case "known":
            return "Up: known."
        case "estimated":
            return f"Up: estimated, within {group.up_error:.1f} degrees."
        case "assumed":
            return "Up: assumed to be the first camera's, gravity is not known."


def _listed(handles: Sequence[str]) -> str:
    more = f", and {len(handles) - _MOST_LISTED} more" if len(handles) > _MOST_LISTED else ""
    return ", ".join(handles[:_MOST_LISTED]) + more
