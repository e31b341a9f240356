"""What tests of graphics programs share: a drawing of three things, its picture, and ways to spoil it."""

from __future__ import annotations

from typing import Any

import numpy as np
from servers import Call

from sightline.tools.graphics.engines import RenderRequest, StartFile, find_engine

SVG = """\
<svg xmlns="http://www.w3.org/2000/svg" width="160" height="120" viewBox="0 0 160 120">
<rect id="ground" width="160" height="120" fill="#f0efe8"/>
<circle id="disc" cx="45" cy="50" r="28" fill="#c0392b"/>
<rect id="box" x="90" y="30" width="40" height="40" fill="#2c5fa8"/>
<polygon id="tent" points="60,110 100,110 80,80" fill="#3f8f4f"/>
</svg>
"""
"""Three things on light ground."""


def drawn(program: str, engine: str = "svg", start: StartFile | None = None, **wanted: Any) -> np.ndarray:
    """What a program shows by its own camera, (H, W, 3) uint8."""
    return find_engine(engine).render(program, RenderRequest(**wanted), start).pixels


def write(program: str, engine: str = "svg", thought: str = "all of it at once") -> Call:
    """A call that writes a whole program."""
    return Call("write_program", {"thought": thought, "program": program, "engine": engine})


def edit(old: str, new: str, thought: str = "nearer to the target", **more: Any) -> Call:
    """A call that replaces one block."""
    return Call("edit_program", {"thought": thought, "search": [old], "replace": [new], **more})


def judge(score: float, *, satisfied: bool = False, differs: str = "it is not the same") -> Call:
    """A verdict."""
    given = {"satisfied": satisfied, "score": score}
    if not satisfied:
        given |= {"differs": differs, "advice": "mend that"}
    return Call("verdict", given)
