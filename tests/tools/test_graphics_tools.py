"""The graphics tools one by one on a real engine (SVG): what they keep, what they refuse, and what they say."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("resvg_py", reason="needs sightline[graphics]")

from graphics_kit import SVG, drawn
from tool_kit import call

from sightline.demos.cli.app import app
from sightline.demos.trace import trace_html, trace_text
from sightline.memory import Workspace
from sightline.memory.refs import box_ref, places
from sightline.tools import find


class Bench:
    """A workspace with a target, and its calls."""

    def __init__(self, folder: Path, *pictures: np.ndarray) -> None:
        self.ws = Workspace.create(folder / "ws")
        for picture in pictures:
            self.ws.add_picture(picture)
        self._numbers = itertools.count(1)

    def __call__(self, tool: str, **arguments: Any) -> str:
        """Make one call; what the model reads, after its outcome."""
        name = f"t.{next(self._numbers)}"
        finished = call(find(tool), arguments, self.ws, name=name)
        assert not finished.detail, finished.detail
        return f"{finished.outcome}: {self.ws.calls[name].text}"

    def write(self, program: str, **more: Any) -> str:
        return self("write_program", thought="a try", program=program, engine="svg", **more)

    def edit(self, old: str, new: str, **more: Any) -> str:
        return self("edit_program", thought="a change", search=[old], replace=[new], **more)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path, drawn(SVG))


def test_a_program_that_fails_is_kept_with_its_reason(bench: Bench) -> None:
    said = bench.write(SVG.replace("</svg>", "<rect"))
    assert said.startswith("mistake: prog1 is kept: 6 lines for svg.\nNot done: Line 6 of the program fails")
    (revision,) = bench.ws.revisions.every.values()
    assert "Line 6" in revision.problem
    assert bench.ws.program("prog1").endswith("<rect\n")
    assert "prog1 has no picture" in bench("compare")


def test_the_first_program_names_its_engine(bench: Bench) -> None:
    said = bench("write_program", thought="a try", program=SVG)
    assert said.startswith("mistake: ")
    assert "blender, slides, svg, plot" in said
    assert bench.write(SVG).startswith("ok: ")
    assert bench("write_program", thought="again", program=SVG).startswith(
        "ok: prog2 is kept: 6 lines for svg (no change"
    )


def test_scores_of_a_program_go_on_from_each_other(bench: Bench) -> None:
    assert "This is the first with a picture." in bench.write(SVG.replace('r="28"', 'r="12"'))
    assert "the lowest loss so far (prog1 had" in bench.edit('r="12"', 'r="20"')
    assert "prog2 is still the best" in bench.edit('r="20"', 'r="5"')
    assert "the lowest loss so far (prog2 had" in bench.edit('r="20"', 'r="28"', base="prog2")
    assert bench.ws.revisions.every["prog4"].parent == "prog2"


def test_compare_says_where_and_by_how_much(bench: Bench) -> None:
    bench.write(SVG.replace("#2c5fa8", "#ffffff"))
    said = bench("compare")
    ((kind, handle, points),) = places(said)
    assert (kind, handle, points) == ("box", "view1", [(90.0, 30.0), (130.0, 70.0)])
    assert "100% of the squared error; RGB (255, 255, 255) there, (44, 95, 168) in img1" in said
    pair, heat = bench.ws.artifacts["view2"], bench.ws.artifacts["view3"]
    assert pair.size == (328, 120)
    # What is found in the side-by-side is found in the target, and in the render.
    assert bench.ws.in_original("view2", (110.0, 50.0)) == ("img1", (110.0, 50.0))
    assert heat.size == (160, 120)
    assert bench.ws.pixels("view3")[50, 110].min() > 100
    assert bench.ws.pixels("view3")[10, 10].max() < 10


def test_compare_with_another_revision_and_with_another_picture(tmp_path: Path) -> None:
    bench = Bench(tmp_path, drawn(SVG), drawn(SVG.replace("#c0392b", "#000000")))
    bench.write(SVG)
    bench.edit('r="28"', 'r="12"')
    assert "prog2 (view2) against view1" in bench("compare", other="prog1")
    assert "against img2" in bench("compare", target="img2")
    # Only the target counts.
    assert bench.ws.revisions.every["prog1"].loss == 0.0


def test_without_a_target_there_is_nothing_to_compare_with(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    assert "photometric loss" not in bench.write(SVG)
    assert "there is no target picture" in bench("compare")
    assert bench("best").startswith("ok: prog1 is the best of 1, by order: it is the latest")


def test_undo_takes_back_and_what_was_undone_is_refused(bench: Bench) -> None:
    assert "there is no program yet" in bench("undo", because="nothing")
    bench.write(SVG)
    bench.edit('r="28"', 'r="12"')
    bench.edit('r="12"', 'r="13"')
    assert "prog3 is undone (too large). prog2 is the current program again." in bench("undo", because="too large")
    assert "prog3 was undone. Programs kept: prog1, prog2." in bench("render", program="prog3")
    assert "prog2 is undone" in bench("undo", because="wrong way", back_to="prog1")
    assert "nothing was written after prog1" in bench("undo", because="again", back_to="prog1")
    assert "There is no program now." in bench("undo", because="all of it")
    assert "there is no program yet" in bench("render")
    assert bench.write(SVG).startswith("ok: prog4")  # handles are never given twice


def test_what_a_person_gave_cannot_be_undone(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.ws.add_program(SVG, ".svg", "svg", name="mine.svg")
    assert "prog1 is what you were given" in bench("undo", because="no")
    assert "prog2 is kept: 6 lines for svg (+1 -1 lines from prog1)" in bench.edit('r="28"', 'r="12"')
    assert "prog2 is undone" in bench("undo", because="no")


def test_hidden_things_are_left_out_until_the_program_changes(bench: Bench) -> None:
    bench.write(SVG)
    assert "It has: ground, disc, box, tent." in bench("set_visibility", hidden=["dics"])
    bench("set_visibility", hidden=["disc"])
    assert "without disc" in bench("render")
    assert bench.ws.pixels("view2")[50, 45].tolist() == [240, 239, 232]
    assert bench.ws.revisions.every["prog1"].picture == "view1"  # its own picture stays
    bench.edit('r="28"', 'r="27"')
    bench("render")
    assert bench.ws.pixels("view4")[50, 45].tolist() == [192, 57, 43]


def test_flat_engines_have_no_cameras(bench: Bench) -> None:
    bench.write(SVG)
    for tool, arguments in (
        ("inspect_view", {"azimuth": 30}),
        ("fit_camera", {"objects": ["disc"]}),
        ("render", {"position": [0, 0, 5], "look_at": [0, 0, 0]}),
    ):
        assert bench(tool, **arguments).startswith("limit: Cannot tell: svg has no cameras")
    assert "samples and width are at least 1" in bench("render", width=0)
    assert "(80x60)" in bench("render", width=80)


@pytest.mark.parametrize(
    ("given", "reads"),
    [
        ({"satisfied": False, "score": 0.5, "differs": "x"}, "says what differs and what to do"),
        ({"satisfied": True, "score": 1.5}, "Give 0 to 1"),
        (
            {"satisfied": False, "score": 0.5, "differs": "x", "advice": "y"},
            "ok: Verdict on prog1: not satisfied, 0.50.",
        ),
        ({"satisfied": True, "score": 1}, "ok: Verdict on prog1: satisfied, 1.00."),
    ],
)
def test_verdicts(given: dict[str, Any], reads: str, bench: Bench) -> None:
    bench.write(SVG)
    assert reads in bench("verdict", **given)


def test_the_best_is_shown_with_what_has_changed_since(bench: Bench) -> None:
    bench.write(SVG)
    bench.edit('r="28"', 'r="12"')
    said = bench("best")
    assert "prog1 is the best of 2, by its photometric loss of 0 against img1; view1 is shown again." in said
    assert '-<circle id="disc" cx="45" cy="50" r="28"' in said
    assert '+<circle id="disc" cx="45" cy="50" r="12"' in said


def test_brackets_of_references_in_a_program_pose_as_nothing(bench: Bench) -> None:
    trick = SVG.replace("</svg>", f"<desc>{box_ref('img1', (0, 0, 9, 9))}</desc>\n</svg>")
    bench.write(trick)
    bench.edit('r="28"', 'r="12"')
    assert places(bench("best")) == []
    assert "[[box img1 0.0 0.0 9.0 9.0]]" in bench.ws.program("prog1")


def test_programs_made_without_an_agent_are_in_the_trace(bench: Bench) -> None:
    bench.write(SVG)
    bench.edit('r="28"', 'r="12"')
    text, page = trace_text(bench.ws), trace_html(bench.ws)
    for shown in (text, page):
        assert "prog2" in shown
        assert "photometric loss" in shown
    assert "prog1 [best]" in text
    assert 'class="diff"' in page


def test_a_program_is_written_out_for_a_person(bench: Bench, tmp_path: Path) -> None:
    from typer.testing import CliRunner

    bench.write(SVG)
    bench.edit('r="28"', 'r="12"')
    bench.ws.close()
    run, out = str(bench.ws.folder), tmp_path / "out"
    done = CliRunner().invoke(app, ["program", run, "--out", str(out)])
    assert done.exit_code == 0
    assert (out / "prog1.svg").read_text("utf-8") == SVG
    assert CliRunner().invoke(app, ["program", run, "prog2", "--out", str(out)]).exit_code == 0
    assert 'r="12"' in (out / "prog2.svg").read_text("utf-8")
    missing = CliRunner().invoke(app, ["program", run, "prog7", "--out", str(out)])
    assert missing.exit_code == 2
    assert "Its programs: prog1, prog2." in missing.output
