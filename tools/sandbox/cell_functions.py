"""What a cell finds: the tools as functions, their results and failures, and the run's pictures and arrays by handle.

Runs inside the sandbox beside `sightline.tools.sandbox.worker`, and imports only the standard library until a cell asks
for more.
"""

from __future__ import annotations

import base64
import inspect
import io
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

LONGEST_SIDE = 2048
"""Pixels of a picture that is shown; larger ones are made smaller."""
DEEPEST = 16
"""Levels of lists in a tool's arguments."""

Ask = Callable[[str, dict[str, Any]], dict[str, Any]]
"""Calls something of the host by name, with arguments, and waits for its reply."""


class ToolError(Exception):
    """A tool did not do what it was asked."""


class ToolMistake(ToolError):
    """The call was wrong; the message says what would be valid."""


class ToolLimit(ToolError):
    """The call was right, and the instrument cannot tell; the message says why."""


class ToolUnavailable(ToolError):
    """Something is missing or broke, and nobody here can mend it."""


FAILURES: dict[str, type[ToolError]] = {
    "mistake": ToolMistake,
    "limit": ToolLimit,
    "infrastructure": ToolUnavailable,
}


_KINDS = {
    "picture": ("view", "img", "pano"),
    "cloud": ("cloud",),
    "depth": ("depth",),
    "mask": ("mask",),
    "track": ("track",),
}


class Measured(float):
    """A number that was measured: a float with `low`, `high`, `unit`, `kind` and `frame`.

    `kind` is `measured`, `estimated` or `relative`, and "" for angles and ratios; lengths in scene units are comparable
    within their `frame`, a reconstruction, only.
    """

    low: float
    high: float
    unit: str
    kind: str
    frame: str

    def __new__(cls, about: dict[str, Any]) -> Measured:
        """From what the host says of it."""
        self = super().__new__(cls, about["value"])
        self.low, self.high = about["low"], about["high"]
        self.unit, self.kind, self.frame = about["unit"], about["kind"], about["frame"]
        return self

    def __repr__(self) -> str:
        unit = f" {self.unit}" if self.unit else ""
        kind = f", {self.kind}" if self.kind else ""
        return f"{float(self):.6g}{unit} ({self.low:.4g} to {self.high:.4g}{kind})"

    __str__ = __repr__


class Result:
    """What a tool gave.

    Attributes:
        text: Its words, places in stored pixels.
        handles: What it made, or what was there already and answers it: data first, pictures last.
        picture, cloud, depth, mask, track: The first of these among them.
        objects: Handles of the objects it speaks of.
        values: What it measured, by name; each a `Measured`.
        facts: What memory learned, as dictionaries.
        places: Places its words name: {"kind": "box" or "path", "picture", "points"}, in stored pixels.
        ok: True; a tool that fails raises ToolMistake, ToolLimit or ToolUnavailable.
    """

    ok = True

    def __init__(self, about: dict[str, Any]) -> None:
        self.text: str = about["text"]
        self.handles: list[str] = about["handles"]
        self.objects: list[str] = about["objects"]
        self.values = {name: Measured(value) for name, value in about["values"].items()}
        self.facts: list[dict[str, Any]] = about["facts"]
        self.places: list[dict[str, Any]] = about["places"]

    @property
    def handle(self) -> str:
        """The handle of the first thing that it made."""
        if not self.handles:
            raise AttributeError("this tool made nothing that has a handle; its words are in .text")
        return self.handles[0]

    def __getattr__(self, name: str) -> str:
        prefixes = _KINDS.get(name)
        if prefixes is None:
            raise AttributeError(
                f"a tool's result has no {name!r}; it has text, handles, values, objects, facts, places"
            )
        for handle in self.handles:
            if handle.rstrip("0123456789") in prefixes:
                return handle
        raise AttributeError(f"this tool made no {name}; it made: {', '.join(self.handles) or 'nothing'}")

    @property
    def value(self) -> Measured:
        """The number that it measured, the first of several."""
        if not self.values:
            raise AttributeError("this tool gave no number of its own; its words are in .text, what it found in .facts")
        return next(iter(self.values.values()))

    def __repr__(self) -> str:
        return self.text


def plain(value: Any, level: int = 0) -> Any:
    """A value as JSON: results by their handle, numpy's numbers and arrays as lists of numbers.

    Raises:
        TypeError: It cannot be sent.
    """
    if level > DEEPEST:
        raise TypeError(f"lists that are nested in each other more than {DEEPEST} times cannot be sent to a tool")
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, Result):
        return value.handle
    if isinstance(value, dict):
        return {str(name): plain(item, level + 1) for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item, level + 1) for item in value]
    if hasattr(value, "tolist"):
        return plain(value.tolist(), level)
    raise TypeError(f"a tool takes text, numbers, handles and lists of them, not a {type(value).__name__}")


class Function:
    """A tool as a function of the cell."""

    def __init__(self, ask: Ask, about: dict[str, Any]) -> None:
        self._ask = ask
        self.__name__ = self.__qualname__ = about["name"]
        self.__doc__ = about["doc"]
        self._parameters: list[str] = [p["name"] for p in about["parameters"]]
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        # Required ones come first; where they do not, Python could not write the signature down.
        defaults = [inspect.Parameter.empty if p["required"] else p["default"] for p in about["parameters"]]
        given = [inspect.Parameter(n, kind, default=d) for n, d in zip(self._parameters, defaults, strict=True)]
        self.__signature__ = inspect.Signature(given)

    def __call__(self, *values: Any, **named: Any) -> Result:
        """Call the tool."""
        if len(values) > len(self._parameters):
            raise TypeError(f"{self.__name__} takes {len(self._parameters)} arguments, not {len(values)}")
        arguments = dict(zip(self._parameters, values, strict=False))
        if twice := [name for name in named if name in arguments]:
            raise TypeError(f"{self.__name__} got {twice[0]!r} twice")
        return Result(self._ask(self.__name__, plain({**arguments, **named})))

    def __repr__(self) -> str:
        return f"{self.__name__}{self.__signature__}"


class Artifacts:
    """The run's pictures and arrays, by handle, and what the run knows; the functions that every cell has.

    Args:
        ask: Calls the host.
        folder: Holds a file for each handle: `img1.png`, `cloud1.npz`.
    """

    def __init__(self, ask: Ask, folder: str) -> None:
        self._ask = ask
        self._folder = Path(folder)

    def functions(self) -> dict[str, Any]:
        """By the name that a cell calls them by."""
        public = (
            self.image, self.arrays, self.reconstruction, self.objects, self.about, self.show,
            self.to_pixels, self.from_pixels, self.help,
        )  # fmt: skip
        return {function.__name__: function for function in public}

    def _file(self, handle: Any, suffix: str, what: str) -> Path:
        name = str(plain(handle))
        path = self._folder / f"{name}{suffix}"
        if "/" in name or not path.exists():
            there = sorted(file.stem for file in self._folder.iterdir() if file.suffix == suffix)
            raise KeyError(f"there are no {what} named {name!r}; there are: {', '.join(there) or 'none yet'}")
        return path

    def help(self, thing: Any) -> None:
        """Print how something is used: a tool, or anything of Python."""
        if isinstance(thing, Function):
            print(f"{thing!r}\n\n{thing.__doc__}")  # noqa: T201 - what it is for
            return
        import pydoc

        print(pydoc.plain(pydoc.render_doc(thing)))  # noqa: T201

    def image(self, handle: Any) -> Any:
        """The pixels of a picture: (H, W, 3) uint8 RGB, a copy that may be changed."""
        import numpy as np
        from PIL import Image

        with Image.open(self._file(handle, ".png", "pictures")) as picture:
            return np.array(picture.convert("RGB"))

    def arrays(self, handle: Any) -> dict[str, Any]:
        """The arrays of a depth map, a reconstruction, a mask or a track, by name."""
        import numpy as np

        with np.load(self._file(handle, ".npz", "arrays"), allow_pickle=False) as file:
            return {name: file[name] for name in file.files}

    def reconstruction(self, handle: Any) -> Any:
        """A reconstruction as a sightline.geometry.Reconstruction, in metres where its scale was stated."""
        from dataclasses import replace

        import numpy as np

        from sightline.geometry import Reconstruction

        data = self.about(handle)
        if "reconstruction" not in data:
            raise KeyError(f"{plain(handle)} is no reconstruction")
        computed = Reconstruction.from_arrays(self.arrays(handle), data["reconstruction"])
        stated = data["scale"]
        if stated is None:
            return computed
        unit = stated["metres"]
        scaled = computed.transformed(np.diag([unit, unit, unit, 1.0]))
        return replace(scaled, scale_kind="measured", scale_factor=stated["factor"], scale_because=stated["because"])

    def objects(self) -> list[dict[str, Any]]:
        """The objects that the run knows: handle, name, sightings in pictures, places in reconstructions."""
        found: list[dict[str, Any]] = self._ask("objects", {})["about"]
        return found

    def about(self, handle: Any) -> dict[str, Any]:
        """What is known of a picture or of arrays: kind, title, size, and what the numbers mean."""
        found: dict[str, Any] = self._ask("about", {"handle": plain(handle)})["about"]
        return found

    def to_pixels(self, handle: Any, numbers: Any) -> list[Any]:
        """Places as you name them when you look at a picture, in its stored pixels: a point, a box, or points."""
        found: list[Any] = self._ask("to_pixels", {"handle": plain(handle), "numbers": plain(numbers)})["about"]
        return found

    def from_pixels(self, handle: Any, numbers: Any) -> list[Any]:
        """Places in stored pixels of a picture, as you name them outside of cells: a point, a box, or points."""
        found: list[Any] = self._ask("from_pixels", {"handle": plain(handle), "numbers": plain(numbers)})["about"]
        return found

    def show(self, what: Any, title: str = "") -> str:
        """See a picture: a handle, an array, a PIL image or a matplotlib figure. Returns its handle."""
        if isinstance(what, str | Result):
            arguments: dict[str, Any] = {"image": plain(what)}
        else:
            pixels = _pixels(what)
            packed = base64.b64encode(zlib.compress(pixels.tobytes(), 1)).decode("ascii")
            arguments = {"pixels": packed, "size": [pixels.shape[1], pixels.shape[0]], "title": str(title)}
        handle: str = self._ask("show", arguments)["handles"][0]
        return handle


def _pixels(what: Any) -> Any:
    """An image as (H, W, 3) uint8, no side longer than LONGEST_SIDE.

    Raises:
        TypeError: It is no image.
        ValueError: Its shape or its numbers are not those of one.
    """
    import numpy as np
    from PIL import Image

    if hasattr(what, "gcf"):  # matplotlib.pyplot itself
        what = what.gcf()
    if hasattr(what, "savefig"):
        drawn = io.BytesIO()
        what.savefig(drawn, format="png")
        drawn.seek(0)
        what = Image.open(drawn)
    if isinstance(what, Image.Image):
        what = np.asarray(what.convert("RGB"))
    if not hasattr(what, "__array__"):
        raise TypeError(f"show takes a handle, an array, an image or a figure, not a {type(what).__name__}")
    array = np.asarray(what)
    if array.ndim == 3 and array.shape[2] == 4:
        array = array[:, :, :3]
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] != 3) or 0 in array.shape:
        raise ValueError(f"an image is (H, W) or (H, W, 3), not {array.shape}")
    if array.dtype == bool:
        array = array.astype(np.uint8) * 255
    elif array.dtype != np.uint8:
        numbers = array.astype(np.float64)
        finite = numbers[np.isfinite(numbers)]
        low, high = (finite.min(), finite.max()) if finite.size else (0.0, 1.0)
        if array.ndim == 3:  # a colour picture in fractions, or in 0 to 255
            low, high = 0.0, (1.0 if high <= 1.0 else 255.0)
        scaled = (np.nan_to_num(numbers, nan=low, posinf=high, neginf=low) - low) / ((high - low) or 1.0)
        array = (np.clip(scaled, 0.0, 1.0) * 255 + 0.5).astype(np.uint8)
    if array.ndim == 2:
        array = np.repeat(array[:, :, None], 3, axis=2)
    if max(array.shape[:2]) > LONGEST_SIDE:
        picture = Image.fromarray(array)
        picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
        array = np.asarray(picture)
    return np.ascontiguousarray(array)
