"""Search and replace in programs: exact, or refused with what is near."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tool_kit import raised_by

from sightline.memory import ModelMistake
from sightline.tools.graphics.editing import replace_blocks

PROGRAM = """\
import bpy

add("box", (0.8, 0.1, 0.1), size=1)
add("ball", (0.1, 0.8, 0.1), size=1)
add("cone", (0.1, 0.1, 0.8), size=2)
"""


def refused(search: list[str], replace: list[str]) -> str:
    """What a model reads of an edit that is not made."""
    return raised_by(lambda: replace_blocks(PROGRAM, search, replace), ModelMistake)


def test_a_block_that_stands_there_once_is_replaced() -> None:
    changed = replace_blocks(PROGRAM, ['add("ball", (0.1, 0.8, 0.1), size=1)\n'], [""])
    assert changed.count("add(") == 2
    assert "ball" not in changed
    assert replace_blocks(PROGRAM, ["size=2"], ["size=3"]) == PROGRAM.replace("size=2", "size=3")


def test_blocks_are_replaced_one_after_the_other() -> None:
    changed = replace_blocks(PROGRAM, ["size=2", "size=3"], ["size=3", "size=4"])
    assert changed == PROGRAM.replace("size=2", "size=4")


def test_a_block_that_stands_nowhere_is_refused_with_the_nearest_lines() -> None:
    said = refused(['add("ball", (0.1, 0.9, 0.1), size=1)'], ["x"])
    assert 'The nearest lines are:\n   4| add("ball", (0.1, 0.8, 0.1), size=1)' in said
    assert "Copy the lines exactly" in said


def test_the_nearest_lines_of_several_lines_and_of_part_of_one() -> None:
    two = 'add("box", (0.8, 0.1, 0.1), size=1)\n  add("ball", (0.1, 0.8, 0.1), size=1)'
    said = refused([two], ["x"])
    assert "   3| add" in said
    assert "   4| add" in said
    assert "   5| " not in said
    assert '   5| add("cone"' in refused(["size=20"], ["x"])


def test_what_is_like_nothing_gets_no_suggestion() -> None:
    said = refused(["<svg>qqqqqq</svg>"], ["x"])
    assert "nearest" not in said
    assert "does not stand in the program" in said


def test_a_block_that_stands_there_twice_is_refused_with_both_places() -> None:
    said = refused(["size=1"], ["size=3"])
    assert "2 times, from lines 3, 4" in said


@pytest.mark.parametrize(
    ("search", "replace", "reads"),
    [
        (["size=2"], [], "1 blocks to search for and 0 to put"),
        ([], [], "no block to search for"),
        (["  \n"], ["x"], "the block is empty"),
        (["size=2"], ["size=2"], "the edit changes nothing"),
        (["size=2", "nowhere at all, whatever"], ["size=3", "x"], "block 2 does not stand"),
    ],
)
def test_what_is_refused(search: list[str], replace: list[str], reads: str) -> None:
    assert reads in refused(search, replace)


@given(st.text("abc\n ", min_size=1, max_size=40), st.integers(0, 39), st.integers(1, 40), st.text("xyz\n", max_size=8))
def test_any_block_that_is_unique_is_replaced_in_its_place(text: str, at: int, length: int, new: str) -> None:
    at = min(at, len(text) - 1)
    block = text[at : at + length]
    assume(block.strip())
    assume(block != new)
    if text.count(block) == 1:
        changed = replace_blocks(text, [block], [new])
        assert changed == text[:at] + new + text[at + len(block) :]
    else:
        with pytest.raises(ModelMistake, match="times"):
            replace_blocks(text, [block], [new])
