"""The building blocks of the page: escaped text, links to handles and places, pictures.

Whatever comes from a journal passes through `escape` here, and only here becomes HTML.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

from sightline.demos.trace.story import Place, place_of, split_places, written
from sightline.demos.wording import argument
from sightline.geometry.dialects import PictureLimits
from sightline.memory import ObjectSeen, PlanItem, Workspace

EMBEDDED = PictureLimits(max_long_side=1600)
"""Pictures on the page are no larger; shapes over them are in stored pixels all the same."""
EMBEDDED_BYTES = 1_500_000
THUMBNAIL = (440.0, 300.0)
LARGE = (480.0, 400.0)
"""Most CSS pixels of a picture in the flow of the page: width, height; of one among several, and of one alone."""
SMALL = 120.0
"""Longer side of a thumbnail in CSS pixels."""

_WORD = re.compile(r"(?<![A-Za-z0-9_])([a-z]+[0-9]+)(?![A-Za-z0-9_])")
# Not allowed in HTML, whatever the escaping.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def escape(text: str) -> str:
    """Text as HTML, fit for element content and quoted attributes."""
    return html.escape(_FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text), quote=True)


def tag(name: str, *children: str, **attributes: str | None) -> str:
    """An element with escaped attributes; children are HTML. `class_` is `class`, `data_x` is `data-x`."""
    written_out = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    return f"<{name}{written_out}>{''.join(children)}</{name}>"


class Gallery:
    """The pictures of a run on the page: each different one embedded once, each handle shown where it was made.

    Args:
        ws: The run.
        prefix: What its ids begin with, where several runs are on one page.
    """

    def __init__(self, ws: Workspace, prefix: str = "") -> None:
        self._ws = ws
        self._prefix = prefix
        self._embedded: dict[str, str] = {}
        self._data: list[str] = []

    def id(self, name: str) -> str:
        """The id of a part of this run on the page."""
        return self._prefix + name

    def pixels(self, first: int = 0) -> list[str]:
        """The pixels of the pictures asked for so far, an element each, without the first ones."""
        return self._data[first:]

    def definitions(self) -> str:
        """The pixels of all pictures asked for so far; `use` elements refer to them."""
        return tag("svg", tag("defs", *self._data), class_="store", width="0", height="0", aria_hidden="true")

    def figure(self, handle: str, *, alone: bool) -> str:
        """A picture with its caption, at the place where the run got it; what is no picture has a caption only."""
        artifact = self._ws.artifacts[handle]
        facts = (
            []
            if artifact.size is None or artifact.kind == "video"
            else [f"{artifact.size[0]}\N{MULTIPLICATION SIGN}{artifact.size[1]}"]
        )
        if artifact.file:
            facts.append(escape(artifact.file))
        if artifact.title:
            facts.append(self.text(artifact.title))
        caption = tag("figcaption", tag("strong", escape(handle)), " ", " \N{MIDDLE DOT} ".join(facts))
        picture = self._picture(handle, LARGE if alone else THUMBNAIL)
        return tag(
            "figure",
            picture,
            caption,
            class_=f"pic{' alone' if alone or not picture else ''}",
            id=self.id(f"h-{handle}"),
        )

    def _picture(self, handle: str, most: tuple[float, float]) -> str:
        artifact = self._ws.artifacts[handle]
        if not artifact.is_picture or artifact.size is None:
            return ""
        pixels = self._embed(handle)
        if pixels is None:
            return tag("p", "The file of this picture is missing.", class_="missing")
        width, height = artifact.size
        scale = min(1.0, most[0] / width, most[1] / height)
        # A tiny picture is enlarged, or nobody could see it, or point at it.
        scale = max(scale, min(96 / max(width, height), 12.0))
        drawn = tag(
            "svg",
            tag("use", href=f"#{pixels}"),
            viewBox=f"0 0 {width} {height}",
            width=f"{max(1.0, width * scale):.0f}",
            height=f"{max(1.0, height * scale):.0f}",
            role="img",
            aria_label=f"Picture {handle}",
            data_picture=handle,
        )
        return tag(
            "a",
            drawn,
            class_="open",
            href=f"#{self.id(f'h-{handle}')}",
            data_handle=handle,
            aria_label=f"Enlarge {handle}",
        )

    def _embed(self, handle: str) -> str | None:
        artifact = self._ws.artifacts[handle]
        if artifact.digest not in self._embedded:
            assert artifact.size is not None
            width, height = artifact.size
            try:
                data, media_type = self._ws.encoded(handle, EMBEDDED.fit(artifact.size), EMBEDDED_BYTES)
            except FileNotFoundError:
                return None
            name = self.id(f"px{len(self._embedded)}")
            self._embedded[artifact.digest] = name
            self._data.append(
                tag(
                    "image",
                    id=name,
                    width=str(width),
                    height=str(height),
                    preserveAspectRatio="none",
                    href=f"data:{media_type};base64,{data}",
                )
            )
        return self._embedded[artifact.digest]

    def thumbnail(self, handle: str) -> str:
        """A small picture that leads to where it is shown large."""
        artifact = self._ws.artifacts[handle]
        pixels = self._embed(handle) if artifact.is_picture and artifact.size is not None else None
        if pixels is None or artifact.size is None:
            return ""
        width, height = artifact.size
        scale = SMALL / max(width, height)
        drawn = tag(
            "svg",
            tag("use", href=f"#{pixels}"),
            viewBox=f"0 0 {width} {height}",
            width=f"{width * scale:.0f}",
            height=f"{height * scale:.0f}",
            role="img",
            aria_label=f"Picture {handle}",
        )
        return tag("a", drawn, class_="thumb", href=f"#{self.id(f'h-{handle}')}", data_handle=handle)

    def text(self, text: str) -> str:
        """A tool's text: handles become links, places become links that show themselves on their picture."""
        return "".join(
            self.words(piece) if isinstance(piece, str) else self.place(piece) for piece in split_places(text)
        )

    def words(self, text: str) -> str:
        """Words in which known handles become links."""
        out, end = [], 0
        for match in _WORD.finditer(text):
            if link := self.handle(match.group(1)):
                out += [escape(text[end : match.start()]), link]
                end = match.end()
        return "".join([*out, escape(text[end:])])

    def handle(self, handle: str) -> str:
        """A link to a picture or an object; "" for a handle the run does not know."""
        if handle in self._ws.artifacts:
            shown = handle if self._ws.artifacts[handle].is_picture else None
            return tag("a", escape(handle), class_="handle", href=f"#{self.id(f'h-{handle}')}", data_handle=shown)
        if handle in self._ws.scene.objects:
            known = self._ws.scene.objects[handle]
            latest = next((s for s in reversed(known.sightings) if s.box or s.point), None)
            if latest is not None:
                seen = ObjectSeen(
                    object=handle,
                    name=known.name,
                    picture=latest.picture,
                    box=latest.box,
                    point=latest.point,
                    source=latest.source,
                )
                if place := place_of(seen):
                    return self.place(place, handle, href=f"#{self.id(f'o-{handle}')}")
            return tag("a", escape(handle), class_="handle", href=f"#{self.id(f'o-{handle}')}")
        return ""

    def place(self, place: Place, words: str = "", href: str = "") -> str:
        """A link that shows a place on its picture; as words alone where the run has no such picture."""
        label = escape(words or written(place))
        artifact = self._ws.artifacts.get(place.handle)
        if artifact is None or not artifact.is_picture:
            return tag("span", label, class_="numbers")
        numbers = " ".join(f"{value:.2f}" for point in place.points for value in point)
        kind = "box" if place.kind == "box" and len(place.points) == 2 else "path"
        return tag(
            "a",
            label,
            class_="handle" if words else "place",
            href=href or f"#h-{place.handle}",
            data_handle=place.handle,
            data_kind=kind,
            data_points=numbers,
            title=f"in {place.handle}",
        )

    def argument(self, value: object) -> str:
        """An argument as the model gave it, with handles as links; many items are a list."""
        if isinstance(value, list) and len(value) > 1 and any(isinstance(v, list | dict | str) for v in value):
            return tag("ul", *(tag("li", self.words(argument(item))) for item in value))
        return self.words(argument(value))


def folded(lines: Sequence[str], most: int = 12) -> str:
    """Lines of HTML, those beyond `most` behind a fold that says how many there are."""
    if len(lines) <= most + 2:
        return tag("div", "\n".join(lines), class_="result")
    rest = tag("details", tag("summary", f"{len(lines) - most} more lines"), tag("div", "\n".join(lines[most:])))
    return tag("div", "\n".join(lines[:most]), rest, class_="result")


def plan_line(item: PlanItem, *, fresh: bool) -> str:
    """An item of the plan with its tick; `fresh` sets off what a revision added or ticked off."""
    state = "done" if item.done else "open"
    spoken = tag("span", f" ({state})", class_="spoken")
    return tag("li", escape(item.text), spoken, class_=f"{state} fresh" if fresh else state)


def role_label(role: str) -> str:
    """Who a step belongs to, beside its number; "" for the model that leads the run."""
    return tag("span", escape(role), class_="role") if role else ""


def diff_block(lines: Sequence[str], most: int = 40) -> str:
    """Changed lines of a program, each with its sign and colour; those beyond `most` behind a fold."""
    if not lines:
        return ""
    kinds = {"+": "added", "-": "removed", "@": "place"}
    rows = [tag("span", escape(line) + "\n", class_=kinds.get(line[:1])) for line in lines]
    shown = tag("pre", *rows[:most], class_="diff")
    if len(rows) <= most:
        return shown
    return shown + tag(
        "details", tag("summary", f"{len(rows) - most} more lines"), tag("pre", *rows[most:], class_="diff")
    )
