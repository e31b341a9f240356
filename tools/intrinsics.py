"""Which intrinsics a picture is given, and what a fit to pictures makes of them.

The focal length decides everything that follows, so it is chosen in one place, in a fixed order: what a person states,
then EXIF where it still describes these pixels, then a guess. Each choice says what it is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from sightline.geometry.cameras import FOCAL_FACTORS, Intrinsics, Size

CAMERA_ASPECTS = (4 / 3, 3 / 2, 16 / 9, 1.0, 2.0, 18.5 / 9, 20 / 9)
"""Long over short side of pictures as cameras write them; anything else was cropped or edited."""
ASPECT_TOLERANCE = 0.012
"""Sensors are a little off the round ratio: 4000x3000 and 4032x3024 are 4:3, 4240x2832 is 3:2 within 0.2 %."""
SMALLEST_FOCAL, LARGEST_FOCAL = 0.2, 12.0
"""Focal length over the longer side: a 136 degree lens, a 430 mm one. Beyond, EXIF is a mistake."""


@dataclass(frozen=True)
class FocalChoice:
    """Intrinsics, and why they are these.

    Attributes:
        intrinsics: The camera.
        warning: What the reader should know about the choice; empty where there is nothing.
    """

    intrinsics: Intrinsics
    warning: str = ""


def intrinsics_for(
    size: Size, exif_focal_px: float | None = None, stated_fov: float | None = None, exif_size: Size | None = None
) -> FocalChoice:
    """Choose a picture's intrinsics: a stated field of view, else EXIF, else a guess.

    EXIF describes the picture as it was taken. Where the pixels were cropped since, the field of view is smaller than
    it says while the focal length in pixels is unknown (programs crop, then resize): it is not used then. A crop shows
    by a size other than EXIF's, or by a shape that no camera writes.

    Args:
        size: (width, height) of the pixels.
        exif_focal_px: EXIF's focal length in pixels of the picture as loaded, if any.
        stated_fov: Horizontal field of view in degrees that a person stated, if any.
        exif_size: (width, height) that EXIF gives for the picture as taken, in any orientation, if any.

    Raises:
        ValueError: The stated field of view is not between 0 and 180 degrees.
    """
    if stated_fov is not None:
        return FocalChoice(Intrinsics.from_field_of_view(size, stated_fov, "stated"))
    if exif_focal_px is None:
        return FocalChoice(
            Intrinsics.guess(size), "no focal length in the file: the field of view is a guess, state it if known"
        )
    reason = crop_reason(size, exif_size) or None
    if reason is None and not SMALLEST_FOCAL <= exif_focal_px / max(size) <= LARGEST_FOCAL:
        reason = "the focal length in EXIF makes no sense"
    if reason is not None:
        return FocalChoice(
            Intrinsics.guess(size), f"{reason}: EXIF is not trusted, the field of view is a guess; state it if known"
        )
    return FocalChoice(Intrinsics.from_focal(size, exif_focal_px, "exif"))


def crop_reason(size: Size, exif_size: Size | None = None) -> str:
    """Why a picture was probably cropped, so that nothing is known of its lens; "" where it was not."""
    aspect = max(size) / min(size)
    if exif_size is not None and min(exif_size) > 0:
        original = max(exif_size) / min(exif_size)
        if abs(math.log(aspect / original)) > ASPECT_TOLERANCE:
            return (
                f"the picture has {size[0]}x{size[1]} pixels where EXIF tells of {exif_size[0]}x{exif_size[1]}: "
                "it was cropped"
            )
    if min(abs(math.log(aspect / usual)) for usual in CAMERA_ASPECTS) > ASPECT_TOLERANCE:
        return f"{size[0]}x{size[1]} is no shape that cameras write: the picture was probably cropped"
    return ""


def narrowed(intrinsics: Intrinsics, focal: float, factor: float, distortion: tuple[float, ...]) -> Intrinsics:
    """The camera after a fit to the pictures: another focal length, `estimated`, with its own uncertainty.

    Args:
        intrinsics: Before the fit.
        focal: Fitted focal length in pixels.
        factor: The true one lies between focal / factor and focal * factor.
        distortion: Fitted coefficients, five or none.
    """
    return Intrinsics(
        intrinsics.width,
        intrinsics.height,
        focal,
        focal * intrinsics.fy / intrinsics.fx,
        intrinsics.cx,
        intrinsics.cy,
        distortion,
        "estimated",
        max(1.0, min(factor, FOCAL_FACTORS["guess"])),
    )
