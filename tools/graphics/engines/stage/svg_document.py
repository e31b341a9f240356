"""An SVG: checked with the lines of its mistakes, drawn with resvg, and taken apart into elements with their boxes."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ElementTree
from typing import Any
from xml.parsers import expat

import resvg_py
from PIL import Image
from stage_request import Impossible

NAMESPACE = "{http://www.w3.org/2000/svg}"
LINKS = ("href", "{http://www.w3.org/1999/xlink}href")
DRAWN = {"rect", "circle", "ellipse", "line", "polyline", "polygon", "path", "text", "image", "use", "g"}
"""Elements that have a box. What stands in `defs` and the like has none."""
SET_ASIDE = {"defs", "symbol", "clipPath", "mask", "marker", "pattern", "linearGradient", "radialGradient", "filter"}
TOLD = ("fill", "stroke", "stroke-width", "opacity", "transform", "font-size", "font-family", "text-anchor", "class")
MOST_ELEMENTS = 100
REPORT_SIDE = 1024
_UNITS = {"": 1.0, "px": 1.0, "pt": 4 / 3, "pc": 16.0, "in": 96.0, "cm": 96 / 2.54, "mm": 96 / 25.4}
FONTS: dict[str, Any] = {
    "font_family": "DejaVu Sans",
    "sans_serif_family": "DejaVu Sans",
    "serif_family": "DejaVu Serif",
    "monospace_family": "DejaVu Sans Mono",
}

ElementTree.register_namespace("", NAMESPACE[1:-1])
ElementTree.register_namespace("xlink", "http://www.w3.org/1999/xlink")


class Invalid(ValueError):
    """The document is not valid, or asks for what is not given."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


class Document:
    """A checked document.

    Args:
        text: The SVG.

    Attributes:
        size: (width, height) of its own, in px.

    Raises:
        Invalid: It is no well-formed SVG, declares entities, or refers to files or addresses.
    """

    def __init__(self, text: str) -> None:
        self.lines: dict[Any, int] = {}
        self.root = self._parsed(text)
        if self.root.tag != f"{NAMESPACE}svg":
            raise Invalid(f'the root is <{_local(self.root)}>, not <svg xmlns="http://www.w3.org/2000/svg">', 1)
        for element in self.root.iter():
            self._check_links(element)
        self.unseen: set[Any] = set()
        self.names = self._named()
        self.size = self._own_size()

    def _parsed(self, text: str) -> Any:
        builder = ElementTree.TreeBuilder()
        parser = expat.ParserCreate(namespace_separator="}")

        def started(name: str, attributes: dict[str, str]) -> None:
            element = builder.start(_qualified(name), {_qualified(key): value for key, value in attributes.items()})
            self.lines[element] = parser.CurrentLineNumber

        def entity(name: str, *_: object) -> None:
            raise Invalid(f"it declares the entity {name!r}; write the text itself", parser.CurrentLineNumber)

        parser.StartElementHandler = started
        parser.EndElementHandler = lambda name: builder.end(_qualified(name))
        parser.CharacterDataHandler = builder.data
        parser.EntityDeclHandler = entity
        try:
            parser.Parse(text, True)
        except expat.ExpatError as error:
            raise Invalid(f"not well-formed XML: {expat.ErrorString(error.code)}", error.lineno) from None
        return builder.close()

    def _check_links(self, element: Any) -> None:
        for link in LINKS:
            target = element.get(link, "").strip()
            if target and not target.startswith(("#", "data:")) and _local(element) != "a":
                raise Invalid(
                    f"<{_local(element)}> refers to {target[:80]!r}; only #ids and data: URLs are read, no files and"
                    " no addresses",
                    self.lines[element],
                )

    def _named(self) -> dict[str, Any]:
        """What is drawn, by id, or by kind and number in the document: `rect3` is its third rectangle."""
        named: dict[str, Any] = {}
        counts: dict[str, int] = {}

        def walk(element: Any, shown: bool) -> None:
            for child in element:
                kind = _local(child)
                if kind in SET_ASIDE:
                    continue
                counts[kind] = counts.get(kind, 0) + 1
                own = _visibility(child)
                child_shown = own == "visible" if own else shown
                if not child_shown:
                    self.unseen.add(child)
                if kind in DRAWN:
                    named.setdefault(child.get("id") or f"{kind}{counts[kind]}", child)
                walk(child, child_shown)

        walk(self.root, _visibility(self.root) in ("", "visible"))
        return named

    def _own_size(self) -> tuple[float, float]:
        """From width and height, else from viewBox, else 100x100."""
        try:
            box = [float(part) for part in re.split(r"[\s,]+", self.root.get("viewBox", "").strip())][2:4]
        except ValueError:
            box = []
        width, height = _length(self.root.get("width")), _length(self.root.get("height"))
        if len(box) == 2 and min(box) > 0:
            aspect = box[0] / box[1]
            width, height = (
                width or (height * aspect if height else box[0]),
                height or (width / aspect if width else box[1]),
            )
        return width or 100.0, height or 100.0

    def fitted(self, side: int) -> list[int]:
        """Its own size in whole pixels, at most `side` long."""
        scale = min(1.0, side / max(self.size))
        return [max(1, round(self.size[0] * scale)), max(1, round(self.size[1] * scale))]

    def leave_out(self, names: list[str]) -> None:
        """Take elements out.

        Raises:
            Impossible: There is none of that name.
        """
        parents = {child: parent for parent in self.root.iter() for child in parent}
        for name in names:
            if name not in self.names:
                raise Impossible(
                    f"The document has nothing named {name!r}; it has: {', '.join(list(self.names)[:40])}."
                )
            element = self.names[name]
            parents[element].remove(element)

    def draw(self, size: list[int]) -> bytes:
        """A PNG with alpha, fitted into `size` with the document's own aspect.

        Raises:
            Invalid: resvg cannot draw it.
        """
        try:
            text = ElementTree.tostring(self.root, encoding="unicode")
            return bytes(resvg_py.svg_to_bytes(svg_string=text, width=size[0], height=size[1], **FONTS))
        except ValueError as error:
            raise Invalid(str(error)) from None

    def report(self, most_side: int) -> dict[str, Any]:
        """Each element with its attributes and its box in pixels of the picture at the document's own size."""
        shown = {
            name: element
            for name, element in self.names.items()
            if _local(element) != "g" or element.get("id")  # other groups say nothing
        }
        told = list(shown.items())[:MOST_ELEMENTS]
        size = self.fitted(most_side)
        return {
            "size": size,
            "view_box": self.root.get("viewBox", ""),
            "elements": [self._element(name, element, size) for name, element in told],
            "left_out": len(shown) - len(told),
        }

    def _element(self, name: str, element: Any, size: list[int]) -> dict[str, Any]:
        properties: dict[str, Any] = {key: element.get(key) for key in TOLD if element.get(key)}
        if element.get("style"):
            properties["style"] = element.get("style")[:200]
        if _local(element) == "text":
            properties["text"] = "".join(element.itertext()).strip()[:200]
        if _local(element) == "g":
            properties["children"] = len(element)
        properties["line"] = self.lines[element]
        told: dict[str, Any] = {"name": name, "kind": _local(element), "properties": properties}
        box = self._box(element, size)
        if box is not None:
            told["box"] = box
        return told

    def _box(self, element: Any, size: list[int]) -> list[float] | None:
        """Where an element is seen: drawn alone, whatever transforms, strokes and fonts do; None where it is not."""
        if element in self.unseen:
            return None
        kept = {}
        for other in self.root.iter():
            kept[other] = dict(other.attrib)
            other.attrib.pop("visibility", None)
            if "visibility" in other.get("style", ""):
                other.set("style", re.sub(r"visibility\s*:[^;]*;?", "", other.get("style")))
        self.root.set("visibility", "hidden")
        element.set("visibility", "visible")
        try:
            with Image.open(io.BytesIO(self.draw([REPORT_SIDE, REPORT_SIDE])), formats=["PNG"]) as picture:
                box = picture.getchannel("A").getbbox()
                scale = size[0] / picture.width, size[1] / picture.height
        finally:
            for other, attributes in kept.items():
                other.attrib.clear()
                other.attrib.update(attributes)
        return None if box is None else [edge * scale[axis % 2] for axis, edge in enumerate(box)]


def _visibility(element: Any) -> str:
    """What an element says of its own visibility; "" where it takes its parent's."""
    styled = re.search(r"visibility\s*:\s*([a-z]+)", element.get("style", ""))
    return styled.group(1) if styled else str(element.get("visibility", ""))


def _qualified(name: str) -> str:
    return "{" + name if "}" in name else name


def _local(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


def _length(value: str | None) -> float | None:
    """A length in px; None where it is missing, relative, or no length."""
    found = re.fullmatch(r"\s*([0-9.eE+-]+)\s*([a-z]*)\s*", value or "")
    if found is None or found.group(2) not in _UNITS:
        return None
    try:
        length = float(found.group(1)) * _UNITS[found.group(2)]
    except ValueError:
        return None
    return length if 0 < length < 1e9 else None
