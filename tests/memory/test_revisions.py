"""What a run knows of its programs: which is current, which is best, and what was undone."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.memory import (
    ProgramFailed,
    ProgramJudged,
    ProgramRendered,
    ProgramScored,
    ProgramWritten,
    Revisions,
    RevisionsUndone,
    ViewSet,
    change_in_words,
    changed_lines,
)
from sightline.memory.revisions import LOSS


def revisions(*losses: float | None, judged: Sequence[tuple[bool, float]] = ()) -> Revisions:
    """Revisions prog1, prog2, ... each from the one before: with these losses (None: it failed), or verdicts."""
    made = Revisions()
    for number, loss in enumerate(losses or [0.0] * len(judged), start=1):
        handle = f"prog{number}"
        made.learn(ProgramWritten(program=handle, engine="svg", parent=made.current))
        if loss is None:
            made.learn(ProgramFailed(program=handle, problem="it raised"))
            continue
        made.learn(ProgramRendered(program=handle, picture=f"view{number}", own=True))
        if losses:
            made.learn(ProgramScored(program=handle, target="img1", scores={LOSS: loss, "ssim": 1 - loss}))
        else:
            satisfied, score = judged[number - 1]
            made.learn(ProgramJudged(program=handle, satisfied=satisfied, score=score))
    return made


def best(made: Revisions) -> str:
    return "" if made.best is None else made.best.handle


@pytest.mark.parametrize(
    ("losses", "expected"),
    [
        ((0.5, 0.2, 0.3), "prog2"),
        ((0.2, 0.2), "prog1"),  # no better is no reason to move
        ((None, 0.9), "prog2"),
        ((None, None), ""),
        ((0.4, None), "prog1"),
    ],
)
def test_with_a_target_the_lowest_loss_is_best(losses: tuple[float | None, ...], expected: str) -> None:
    assert best(revisions(*losses)) == expected


@pytest.mark.parametrize(
    ("judged", "expected"),
    [
        (((False, 0.5), (False, 0.7), (False, 0.6)), "prog2"),
        (((True, 0.8), (False, 0.9)), "prog1"),  # satisfied comes first
        (((False, 0.5), (False, 0.5)), "prog2"),  # the later one, as nothing speaks against it
    ],
)
def test_without_a_target_the_verdict_decides(judged: tuple[tuple[bool, float], ...], expected: str) -> None:
    assert best(revisions(judged=judged)) == expected


def test_without_target_or_verdict_it_is_the_latest_with_a_picture() -> None:
    made = Revisions()
    for number in (1, 2, 3):
        made.learn(ProgramWritten(program=f"prog{number}", engine="svg", parent=made.current))
    made.learn(ProgramRendered(program="prog1", picture="view1", own=True))
    made.learn(ProgramRendered(program="prog2", picture="view2", own=True))
    made.learn(ProgramRendered(program="prog3", picture="view3", own=False))  # from elsewhere: not its own picture
    assert best(made) == "prog2"


@given(st.lists(st.none() | st.floats(0, 1), max_size=8))
def test_none_with_a_picture_is_better_than_the_best(losses: list[float | None]) -> None:
    made = revisions(*losses)
    known = [loss for loss in losses if loss is not None]
    assert (made.best is None) == (not known)
    if made.best is not None:
        assert made.best.loss == min(known)


def test_what_is_undone_does_not_count_and_is_kept() -> None:
    made = revisions(0.5, 0.2, 0.1)
    made.learn(RevisionsUndone(programs=["prog2", "prog3"], back_to="prog1", because="wrong way"))
    assert made.current == "prog1"
    assert best(made) == "prog1"
    assert [r.handle for r in made.kept] == ["prog1"]
    assert list(made.every) == ["prog1", "prog2", "prog3"]
    assert made.reasons == ["prog2, prog3, because wrong way"]
    made.learn(ProgramWritten(program="prog4", engine="svg", parent="prog1"))
    assert made.latest is not None
    assert made.latest.handle == made.current == "prog4"


def test_how_a_scene_is_looked_at_lasts_until_the_next_revision() -> None:
    made = revisions(0.5)
    made.learn(ViewSet(hidden=["box"], frame=12))
    assert (made.hidden, made.frame) == (("box",), 12)
    made.learn(ProgramWritten(program="prog2", engine="svg", parent="prog1"))
    assert (made.hidden, made.frame) == ((), None)


def test_changes_in_lines_and_in_words() -> None:
    before, after = "a\nb\nc\nd\ne\nf\n", "a\nb\nX\nd\ne\nf\ng\n"
    assert changed_lines(before, after, 0) == ["@@ -3 +3 @@", "-c", "+X", "@@ -6,0 +7 @@", "+g"]
    assert change_in_words(before, after) == "+2 -1 lines"
    assert change_in_words(before, before) == "no change"
    assert changed_lines(before, before) == []


@given(st.text("ab\n", max_size=30), st.text("ab\n", max_size=30))
def test_any_change_is_told_line_by_line(before: str, after: str) -> None:
    lines = changed_lines(before, after, 99)
    kept = [line[1:] for line in lines if line[:1] in " -" and not line.startswith("@@")]
    made = [line[1:] for line in lines if line[:1] in " +" and not line.startswith("@@")]
    if lines:
        assert kept == before.splitlines()
        assert made == after.splitlines()
    else:
        assert before.splitlines() == after.splitlines()
