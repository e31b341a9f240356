"""SlidesBench's scores: by hand, on presentations that python-pptx wrote, and what must hold for any slides."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sightline.memory import InputError
from sightline.tools.graphics.metrics.slides import Block, Fill, Slide, match_blocks, read_slide, score_slides

RED, BLUE = Fill("rgb", (255, 0, 0)), Fill("rgb", (0, 0, 255))
WHITE = Fill("rgb", (255, 255, 255))

SHARES = st.floats(0.05, 1.0)
BLOCKS = st.builds(
    Block,
    st.text("abc ", max_size=8),
    st.sampled_from([RED, BLUE, Fill("theme", "ACCENT_1"), Fill("clear"), Fill("inherited")]),
    SHARES,
    SHARES,
    SHARES,
    SHARES,
)


def block(text: str | None, fill: Fill = RED, left: float = 0.0, top: float = 0.0, size: float = 0.2) -> Block:
    return Block(text, fill, left, top, size, size)


def test_by_hand() -> None:
    wanted = Slide((block("Title"), block("Body", BLUE, 0.5, 0.5, 0.4)), WHITE)
    made = Slide((block("Title", RED, 0.1, 0.0),), WHITE)
    scores = score_slides(made, wanted)
    assert scores.pairs == ((0, 0),)
    assert scores.match == pytest.approx((0.04 + 0.04) / (0.04 + 0.04 + 0.16))
    assert scores.text == 1.0
    assert scores.colour == 1.0
    assert scores.position == pytest.approx(0.9)


def test_colours_are_compared_by_ciede2000() -> None:
    # Red and blue are 52.88 apart; the white backgrounds count once a pair.
    scores = score_slides(Slide((block("a", RED),), WHITE), Slide((block("a", BLUE),), WHITE))
    assert scores.colour == pytest.approx((1 - 0.5288 + 1) / 2, abs=1e-3)


def test_inherited_fills_and_backgrounds_count_as_different_as_published() -> None:
    slide = Slide((block("a", Fill("inherited")),))
    assert score_slides(slide, slide).colour == 0.0


def test_a_picture_is_compared_by_its_bytes_and_has_no_text() -> None:
    picture = block(None, Fill("image", b"png"))
    scores = score_slides(Slide((picture,), WHITE), Slide((picture,), WHITE))
    assert (scores.match, scores.text, scores.colour) == (1.0, 1.0, 1.0)
    other = Slide((block(None, Fill("image", b"jpg")),), WHITE)
    assert score_slides(Slide((picture,), WHITE), other).colour == 0.5


def test_blocks_of_one_text_are_told_apart_by_their_neighbours() -> None:
    reference = [block("Summary"), block("Figures"), block("Outlook"), block("Summary")]
    made = [block("Outlook"), block("Summary")]
    assert match_blocks(made, reference) == ((0, 2), (1, 3))


def test_nothing_on_either_slide() -> None:
    scores = score_slides(Slide(()), Slide(()))
    assert (scores.match, scores.text, scores.colour, scores.position) == (1.0, 1.0, 1.0, 1.0)
    assert score_slides(Slide(()), Slide((block("a"),))).match == 0.0


@given(st.lists(BLOCKS, max_size=5), st.lists(BLOCKS, max_size=5))
@settings(deadline=None)
def test_what_holds_for_any_slides(made: list[Block], wanted: list[Block]) -> None:
    scores = score_slides(Slide(tuple(made)), Slide(tuple(wanted)))
    for value in (scores.match, scores.text, scores.colour, scores.position):
        assert 0.0 <= value <= 1.0 + 1e-9
    assert len(scores.pairs) == min(len(made), len(wanted))
    assert len({i for i, _ in scores.pairs}) == len({j for _, j in scores.pairs}) == len(scores.pairs)
    assert score_slides(Slide(tuple(made)), Slide(tuple(made))).match == pytest.approx(1.0)


@given(st.floats(0.0, 0.7), st.floats(0.0, 0.7))
def test_position_falls_with_the_longer_shift(dx: float, dy: float) -> None:
    at = block("a")
    scores = score_slides(Slide((replace(at, left=dx, top=dy),)), Slide((at,)))
    assert scores.position == pytest.approx(1 - max(dx, dy))


def presentation(*texts: str) -> bytes:
    """A presentation with one slide of 10x5 inches: white, a red box of 2x1 inches for each text, and a line."""
    pytest.importorskip("pptx", reason="needs sightline[graphics]")
    from pptx import Presentation
    from pptx.dml.color import RGBColor
    from pptx.enum.shapes import MSO_CONNECTOR
    from pptx.util import Inches

    deck = Presentation()
    deck.slide_width, deck.slide_height = Inches(10), Inches(5)
    slide: Any = deck.slides.add_slide(deck.slide_layouts[6])
    slide.background.fill.solid()
    slide.background.fill.fore_color.rgb = RGBColor(255, 255, 255)
    for index, text in enumerate(texts):
        shape = slide.shapes.add_textbox(Inches(1 + 3 * index), Inches(1), Inches(2), Inches(1))
        shape.text_frame.text = text
        shape.fill.solid()
        shape.fill.fore_color.rgb = RGBColor(255, 0, 0)
    slide.shapes.add_connector(MSO_CONNECTOR.STRAIGHT, Inches(1), Inches(3), Inches(4), Inches(3))
    kept = io.BytesIO()
    deck.save(kept)
    return kept.getvalue()


def test_a_presentation_is_read_in_shares_of_the_slide() -> None:
    slide = read_slide(presentation("One", "Two"))
    assert slide.background == WHITE
    assert [b.text for b in slide.blocks] == ["One", "Two"]  # the connector has no text and is left out
    assert slide.blocks[1].fill == RED
    assert (slide.blocks[1].left, slide.blocks[1].top) == pytest.approx((0.4, 0.2))
    assert (slide.blocks[1].width, slide.blocks[1].height) == pytest.approx((0.2, 0.2))
    scores = score_slides(slide, slide)
    assert (scores.match, scores.text, scores.colour, scores.position) == (1.0, 1.0, 1.0, 1.0)


def test_a_slide_that_lacks_a_block_scores_its_area() -> None:
    scores = score_slides(read_slide(presentation("One")), read_slide(presentation("One", "Two")))
    assert scores.match == pytest.approx(2 / 3)


def test_what_is_no_presentation_or_has_no_such_slide() -> None:
    pytest.importorskip("pptx", reason="needs sightline[graphics]")
    with pytest.raises(InputError, match="not a presentation"):
        read_slide(b"no zip")
    with pytest.raises(InputError, match="no slide 2"):
        read_slide(presentation("One"), 2)
