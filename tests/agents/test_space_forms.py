"""Which questions about space are understood, and as what."""

from __future__ import annotations

import pytest

from sightline.agents.models.space_forms import SPACE_FORMS, Apart, CameraTurn, CloserTo, SideOf, parse_space

MARKS = ("chair", "the door", "lamp", "mug", "coffee table")
PICTURES = ("img1", "img2", "img3")


@pytest.mark.parametrize(
    ("question", "form"),
    [
        ("Which way did the camera turn from img1 to img2?", CameraTurn("img1", "img2", False)),
        ("Did the camera turn left or right between img3 and img1?", CameraTurn("img3", "img1", False)),
        ("How many degrees did the camera rotate from img1 to img3?", CameraTurn("img1", "img3", True)),
        ("By how much did the camera turn from img1 to img3", CameraTurn("img1", "img3", True)),
        ("How far apart are the mug and the lamp?", Apart("mug", "lamp")),
        ("How far is the mug from the coffee table in metres?", Apart("mug", "coffee table")),
        ("What is the distance between the lamp and the door?", Apart("lamp", "the door")),
        ("Which is closer to the camera, the mug or the lamp?", CloserTo("img1", ("mug", "lamp"), "closer")),
        ("Which is farther from the camera of img2, the mug or lamp?", CloserTo("img2", ("mug", "lamp"), "farther")),
        ("Which is nearer to the chair, the mug or the lamp?", CloserTo("chair", ("mug", "lamp"), "closer")),
        (
            "If I stand at the chair facing the door, is the lamp on my left or on my right?",
            SideOf("chair", "the door", "lamp", "side"),
        ),
        (
            "Standing at the chair and looking at the door, where is the mug?",
            SideOf("chair", "the door", "mug", "any"),
        ),
        (
            "You are standing by the chair, facing the door. Is the lamp to your left?",
            SideOf("chair", "the door", "lamp", "left"),
        ),
        (
            "Imagine you stand next to the coffee table facing the mug: is the chair behind you?",
            SideOf("coffee table", "mug", "chair", "behind"),
        ),
    ],
)
def test_understood(question: str, form: object) -> None:
    question = question.replace(". Is", ", is")
    assert parse_space(question, (), MARKS, PICTURES) == form


TURNED = CameraTurn("img1", "img2", False)
BY = CameraTurn("img1", "img2", True)
GAP = Apart("mug", "lamp")
NEARER = CloserTo("img1", ("mug", "lamp"), "closer")
SIDE = SideOf("chair", "the door", "lamp", "side")
WHERE = SideOf("chair", "the door", "lamp", "any")


@pytest.mark.parametrize(
    ("question", "form"),
    [
        ("Which direction did the camera rotate between img1 and img2?", TURNED),
        ("From photo 1 to photo 2, which way did the camera turn?", TURNED),
        ("Between img1 and img2, did the camera pan left or right?", TURNED),
        ("Was the camera turned to the left or to the right between img1 and img2?", TURNED),
        ("Did the camera turn to the right from img1 to img2?", CameraTurn("img1", "img2", False, "right")),
        ("By what angle did the camera rotate from img1 to img2?", BY),
        ("How far did the camera turn from img1 to img2?", BY),
        ("How far away is the mug from the lamp?", GAP),
        ("What's the distance of the mug from the lamp?", GAP),
        ("How big is the gap between the mug and the lamp?", GAP),
        ("How much space is there between the mug and the lamp?", GAP),
        ("How many meters apart are the mug and the lamp?", GAP),
        ("Is the mug or the lamp closer to the camera?", NEARER),
        ("Between the mug and the lamp, which one is nearer to the camera?", NEARER),
        ("Which of the mug and the lamp is closest to the camera?", NEARER),
        ("Is the mug closer to the camera than the lamp is?", CloserTo("img1", ("mug", "lamp"), "closer", "mug")),
        ("Which is further away from the camera, the mug or the lamp?", CloserTo("img1", ("mug", "lamp"), "farther")),
        (
            "Which object is nearest to the door: the mug, the lamp, or the chair?",
            CloserTo("the door", ("mug", "lamp", "chair"), "closer"),
        ),
        ("Is the chair nearer to the mug or to the lamp?", CloserTo("chair", ("mug", "lamp"), "closer")),
        ("If I am at the chair facing the door, is the lamp to my left or right?", SIDE),
        ("If I were standing at the chair facing the door, would the lamp be on my left or my right?", SIDE),
        ("From the chair facing the door, is the lamp on the left or the right?", SIDE),
        ("Is the lamp on my left or my right if I stand at the chair facing the door?", SIDE),
        ("Where is the lamp if I stand at the chair facing the door?", WHERE),
        ("I stand at the chair and face the door. In which direction is the lamp?", WHERE),
        (
            "If I am standing by the chair and facing the door, is the lamp to my left, right, or back?",
            SideOf("chair", "the door", "lamp", "left-right-back"),
        ),
    ],
)
def test_other_words_for_the_same(question: str, form: object) -> None:
    assert parse_space(question, (), MARKS, PICTURES) == form


@pytest.mark.parametrize(
    "question",
    [
        "How did the camera move from img1 to img2?",
        "Did the camera not turn left from img1 to img2?",
        "Is the mug closer to the camera in img1 than in img2?",
        "Is the mug closer to the lamp than the lamp?",
        "Which is closer, the mug or the lamp?",
        "Which of the mug and the lamp is closer to the lamp?",
        "If I stand at the chair facing the door, can I see the lamp?",
        "From img1 to img2, did the lamp turn left or right?",
        "Which way did the camera turn?",  # between which of the three?
        "Which way did the camera turn from img1 to img9?",
        "Which way did the camera not turn from img1 to img2?",
        "How far apart are the mug and the sofa?",
        "How far apart are the mug and the mug?",
        "How far apart are the mug and the lamp in pixels?",
        "How tall is the lamp?",
        "Which is closer to the camera, the mug or the sofa?",
        "Which is closer to the camera of img7, the mug or the lamp?",
        "If I stand at the chair facing the chair, is the lamp on my left or right?",
        "If I stand at the chair with my back to the door, is the lamp on my left or right?",
        "If I stand at the chair facing away from the door, is the lamp on my left or right?",
    ],
)
def test_not_understood(question: str) -> None:
    assert parse_space(question, (), MARKS, PICTURES) is None


def test_two_photos_need_no_handles() -> None:
    for question in (
        "Which way did the camera turn?",
        "Did the camera turn left or right between the two photos?",
        "Which way did the camera turn from the first photo to the second?",
    ):
        assert parse_space(question, (), (), ("img1", "img2")) == CameraTurn("img1", "img2", degrees=False)


def test_options_are_the_candidates() -> None:
    found = parse_space("Which is closer to the camera?", ["the mug", "the lamp"], MARKS, PICTURES)
    assert found == CloserTo("img1", ("mug", "lamp"), "closer")


@pytest.mark.parametrize("example", [example for _, example in SPACE_FORMS])
def test_every_example_is_understood(example: str) -> None:
    assert parse_space(example, (), MARKS, PICTURES) is not None
