"""Search and replace in a program, exactly: a block that does not stand there once, and only once, is refused."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

from sightline.memory import ModelMistake

_SHOWN = 12  # lines of the nearest place that are shown
_LEAST_ALIKE = 0.6  # share of a block below which a place is not worth showing


def replace_blocks(program: str, search: Sequence[str], replace: Sequence[str]) -> str:
    """The program with each block of `search` replaced by its counterpart, one after the other.

    Args:
        program: The text.
        search: Blocks of text, each as it stands in the program at that point.
        replace: As many; "" removes a block.

    Raises:
        ModelMistake: A block does not stand there exactly once; names the nearest lines, or all places. Nothing is
            replaced then.
    """
    if len(search) != len(replace):
        raise ModelMistake(
            f"there are {len(search)} blocks to search for and {len(replace)} to put in their place.",
            "Give one replacement for each, an empty one to remove a block.",
        )
    if not search:
        raise ModelMistake("there is no block to search for.", "Give at least one, or write_program for a new program.")
    text = program
    for number, (old, new) in enumerate(zip(search, replace, strict=True), start=1):
        which = f"block {number}" if len(search) > 1 else "the block"
        if not old.strip():
            raise ModelMistake(f"{which} is empty.", "Search for the lines to change, as they stand in the program.")
        found = text.count(old)
        if found == 0:
            raise ModelMistake(f"{which} does not stand in the program.{_nearest(text, old)}", _COPY)
        if found > 1:
            lines = ", ".join(str(line) for line in _lines_of(text, old)[:8])
            raise ModelMistake(
                f"{which} stands in the program {found} times, from lines {lines}.",
                "Add lines before or after it until it stands there only once.",
            )
        text = text.replace(old, new)
    if text == program:
        raise ModelMistake("the edit changes nothing.", "Replace a block by something else.")
    return text


_COPY = "Copy the lines exactly, spaces included."


def _lines_of(text: str, block: str) -> list[int]:
    """Line numbers, from 1, at which a block begins."""
    lines, at = [], text.find(block)
    while at >= 0:
        lines.append(text.count("\n", 0, at) + 1)
        at = text.find(block, at + len(block))
    return lines


def _nearest(text: str, block: str) -> str:
    """The place most like a block, with its line numbers; "" where nothing is."""
    lines, wanted = text.splitlines(), [line.strip() for line in block.strip("\n").splitlines()]
    height, sought = len(wanted), "\n".join(wanted)
    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(sought)
    best, at = 0.0, 0
    for start in range(max(1, len(lines) - height + 1)):
        matcher.set_seq1("\n".join(line.strip() for line in lines[start : start + height]))
        # A block may be part of a line: what counts is how much of it is found, and how much of that in one piece.
        found = [match.size for match in matcher.get_matching_blocks()]
        likeness = (sum(found) + max(found)) / (2 * len(sought))
        if likeness > best:
            best, at = likeness, start
    if best < _LEAST_ALIKE:
        return ""
    shown = lines[at : at + min(height, _SHOWN)]
    listed = "\n".join(f"{number:4d}| {line}" for number, line in enumerate(shown, start=at + 1))
    return f" The nearest lines are:\n{listed}\n"
