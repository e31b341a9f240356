"""Questions about space by the embedded model: the steps it takes, and how it reads what the instruments say."""

from __future__ import annotations

from typing import Any

import pytest

from sightline.agents.models.rules_prompt import Done
from sightline.agents.models.rules_solver import UnclearError
from sightline.agents.models.space_answers import option_for, value_for
from sightline.agents.models.space_case import Case, Next, Told
from sightline.agents.models.space_forms import Apart, CameraTurn, CloserTo, SideOf, SpaceForm
from sightline.agents.models.space_readings import read_bearing, read_length, read_turn
from sightline.agents.models.space_rules import next_step

PICTURES = ["img1", "img2", "img3"]
OBJECTS = {"mug": ["obj1"], "lamp": ["obj2"], "the door": ["obj3"]}
TOOLS = frozenset({"relative_camera_motion", "reconstruct", "set_scale", "locate", "distance", "direction_of"})
PLACED = "cloud1: 3 of 3 pictures placed (img1, img2, img3)\n  900 points (sparse). Lengths: scene units of cloud1."
APART_GROUPS = "cloud1: 2 of 3 pictures placed (img1, img2)\n  x\ncloud2: 1 of 3 pictures placed (img3)\n  x"


def motion(parts: str, angle: str = "21.0 degrees in all (20.0 to 22.0)") -> str:
    return f"From img1 to img2 the camera turned {angle}{parts}. It moved forward. From 300 points found in both; ..."


def length(value: str, unit: str = "scene units of cloud1", note: str = "not metres, not comparable") -> str:
    return (
        'The distance from obj1 "mug: 9 m (x)" to obj2 "lamp", between the closest observed surface points: '
        f"{value.split()[0]} {unit} ({value.partition(' ')[2]}; {note}). Measured in cloud1 (x). From obj1: 31 points."
    )


def direction(head: str) -> str:
    return f'obj1 "mug": {head}; 3 +- 2 degrees down; in the frame stand at obj2 "lamp" facing obj3; 1.2 away.'


class Instruments:
    """Plays the instruments: says for each call what its table has for it, and keeps what was called."""

    def __init__(self, says: dict[str, Any], **case: Any) -> None:
        self.says = says
        self.done: list[Done] = []
        given = {"question": "", "options": {}, "known": [], "seen_in": {f"obj{k}": PICTURES[:2] for k in (1, 2, 3)}}
        self.case: dict[str, Any] = {**given, "pictures": PICTURES, "objects": OBJECTS, "tools": TOOLS, **case}

    def ask(self, form: SpaceForm) -> Told:
        for _ in range(8):
            step = next_step(form, Case(done=list(self.done), **self.case))
            if isinstance(step, Told):
                return step
            for tool, arguments in step.calls:
                said = self.says[tool]
                said = said(arguments) if callable(said) else said
                self.done.append(Done(tool, arguments, said, said.startswith("Cannot tell")))
        raise AssertionError("no answer in eight steps")

    @property
    def called(self) -> list[str]:
        return [done.tool for done in self.done]


IN_SPACE = {"reconstruct": PLACED, "locate": "x", "set_scale": "cloud1 is in metres now"}


# How a camera turned


@pytest.mark.parametrize(
    ("parts", "way"),
    [
        (": 21.0 degrees to the right (20.0 to 22.0)", "right"),
        (": 21.0 degrees to the left (20.0 to 22.0), 3.0 degrees up (2.0 to 4.0)", "left"),
        (": 3.0 degrees to the left (2.0 to 4.0), 20.0 degrees up (19.0 to 21.0)", "up"),
        (": 3.0 degrees to the left (2.0 to 4.0), 20.0 degrees down (19.0 to 21.0)", "down"),
        (": 9.0 degrees to the left (7.0 to 11.0), 10.0 degrees down (8.0 to 12.0)", "left and down"),
        (": 21.0 degrees with its head tilting left (20.0 to 22.0)", "head tilted left"),
        (": 9.0 degrees to the left (8.0 to 10.0), 1.0 degrees up (-0.5 to 2.5: the direction is not sure)", "left"),
        ("", "did not turn"),
    ],
)
def test_the_larger_turn_is_the_way(parts: str, way: str) -> None:
    instruments = Instruments({"relative_camera_motion": motion(parts)})
    assert instruments.ask(CameraTurn("img1", "img2", False)).value == way
    assert instruments.done[0].arguments == {"first": "img1", "second": "img2"}


@pytest.mark.parametrize(("claimed", "value"), [("left", True), ("right", False)])
def test_a_claim_of_a_turn_is_judged(claimed: Any, value: bool) -> None:
    told = Instruments({"relative_camera_motion": motion(": 21.0 degrees to the left (20.0 to 22.0)")}).ask(
        CameraTurn("img1", "img2", False, claimed)
    )
    assert (told.value, told.text) == (value, "yes" if value else "no")


def test_a_turn_whose_direction_is_not_sure_is_not_told() -> None:
    parts = ": 1.2 degrees to the left (-2.4 to 0.1: the direction is not sure)"
    with pytest.raises(UnclearError, match="not sure"):
        Instruments({"relative_camera_motion": motion(parts)}).ask(CameraTurn("img1", "img2", False))
    only_up = Instruments(
        {"relative_camera_motion": motion(": 9.0 degrees up (8.0 to 10.0)")}, question="Did it turn left or right?"
    )
    with pytest.raises(UnclearError, match="neither left nor right"):
        only_up.ask(CameraTurn("img1", "img2", False))


def test_degrees_come_with_their_interval() -> None:
    told = Instruments({"relative_camera_motion": motion("")}).ask(CameraTurn("img1", "img2", True))
    assert (told.value, told.interval) == (21.0, (20.0, 22.0))
    assert value_for(told, {"type": "number"}, "degrees") == 21.0
    assert option_for(told, {"A": "10 degrees", "B": "about 21 degrees", "C": "30"}) == "B"
    with pytest.raises(UnclearError, match="not in metres"):
        value_for(told, {"type": "number"}, "metres")


def test_signs_of_a_turn() -> None:
    turn = read_turn(motion(": 5.0 degrees to the left (4.0 to 6.0), 2.0 degrees up (1.0 to 3.0)"))
    assert turn is not None
    assert turn.parts == {"yaw": (-5.0, -6.0, -4.0), "pitch": (2.0, 1.0, 3.0)}
    assert read_turn("The camera did not move from img1 to img2: they show the same place.") is not None
    assert read_turn("Not done: ...") is None


# Distances


def test_the_steps_of_a_distance() -> None:
    instruments = Instruments({**IN_SPACE, "distance": length("1.37 1.3 to 1.45")})
    told = instruments.ask(Apart("mug", "lamp"))
    assert instruments.called == ["reconstruct", "locate", "locate", "distance"]
    assert instruments.done[-1].arguments == {"a": "obj1", "b": "obj2", "cloud": "cloud1"}
    assert (told.value, told.interval) == (1.37, (1.3, 1.45))
    assert told.text == "1.37 scene units of cloud1 (not metres)"
    assert "between the closest observed surface points" in told.words
    assert "photos alone give no metres" in told.words
    assert "draw boxes" not in told.words


def test_a_marked_point_is_not_the_whole_thing() -> None:
    said = (
        length("1.37 1.3 to 1.45")
        + ' Of obj1 "mug" only the surface at the marked point is known, not how far it extends.'
    )
    assert "draw boxes for whole things" in Instruments({**IN_SPACE, "distance": said}).ask(Apart("mug", "lamp")).words


def test_who_asks_for_metres_is_told_that_there_are_none() -> None:
    for case in ({"question": "How far is the mug from the lamp in metres?"}, {"unit": "cm"}):
        with pytest.raises(UnclearError, match=r"1\.37 .*photos alone give no metres"):
            Instruments({**IN_SPACE, "distance": length("1.37 1.3 to 1.45")}, **case).ask(Apart("mug", "lamp"))
    told = Instruments({**IN_SPACE, "distance": length("1.37 1.3 to 1.45")}).ask(Apart("mug", "lamp"))
    with pytest.raises(UnclearError, match="photos alone give no metres"):
        option_for(told, {"A": "1.4 m", "B": "3 m"})


@pytest.mark.parametrize(
    ("fact", "stated"),
    [
        ("door height 2.03 m", {"thing": "obj3", "dimension": "height", "metres": 2.03}),
        ("height of the door 203 cm", {"thing": "obj3", "dimension": "height", "metres": 2.03}),
        ("mug's width is 80 mm", {"thing": "obj1", "dimension": "width", "metres": 0.08}),
        ("Lamp length 4 feet", {"thing": "obj2", "dimension": "longest", "metres": 1.2192}),
        ("sofa height 80 cm", None),
        ("door height 2 storeys", None),
    ],
)
def test_a_known_size_is_stated_first(fact: str, stated: dict[str, Any] | None) -> None:
    metric = length("2.1 2 to 2.2", "m", "measured")
    instruments = Instruments({**IN_SPACE, "distance": metric}, known=[fact], unit="cm")
    told = instruments.ask(Apart("mug", "lamp"))
    calls = [done.arguments for done in instruments.done if done.tool == "set_scale"]
    assert calls == ([] if stated is None else [{"cloud": "cloud1", **stated}])
    assert value_for(told, {"type": "number"}, "cm") == 210
    assert option_for(told, {"A": "190 cm", "B": "2.1 m", "C": "250 cm"}) == "B"


def test_a_size_that_cannot_be_used_is_said() -> None:
    says = {**IN_SPACE, "set_scale": "Cannot tell: only a point is marked.", "distance": length("1.37 1.3 to 1.45")}
    instruments = Instruments(says, known=["door height 2 m"])
    assert "only a point is marked" in instruments.ask(Apart("mug", "lamp")).words


def test_a_distance_that_could_be_anything_is_not_told() -> None:
    with pytest.raises(UnclearError, match="not known well enough"):
        Instruments({**IN_SPACE, "distance": length("1 0 to 2.5")}).ask(Apart("mug", "lamp"))


def test_the_name_of_a_mark_is_no_result() -> None:
    read = read_length(length("1.37 1.3 to 1.45"))
    assert read is not None
    assert (read.value, read.metric) == (1.37, False)


# Closer and farther


def from_each(mug: str, lamp: str) -> dict[str, Any]:
    return {**IN_SPACE, "distance": lambda arguments: length(mug if arguments["a"] == "obj1" else lamp)}


@pytest.mark.parametrize(("order", "value"), [("closer", "lamp"), ("farther", "mug")])
@pytest.mark.parametrize(("anchor", "base"), [("img2", {"camera": "img2"}), ("the door", {"b": "obj3"})])
def test_which_is_closer(order: Any, value: str, anchor: str, base: dict[str, str]) -> None:
    instruments = Instruments(from_each("2 1.9 to 2.1", "1.5 1.4 to 1.6"))
    told = instruments.ask(CloserTo(anchor, ("mug", "lamp"), order))
    assert told.value == value
    assert instruments.done[-1].arguments == {"a": "obj2", **base, "cloud": "cloud1"}
    assert option_for(told, {"A": "the mug", "B": "the lamp"}) == ("B" if value == "lamp" else "A")


def test_distances_that_overlap_are_not_told_apart() -> None:
    with pytest.raises(UnclearError, match="too close to call"):
        Instruments(from_each("2 1.7 to 2.3", "1.6 1.4 to 1.8")).ask(CloserTo("img1", ("mug", "lamp"), "closer"))


@pytest.mark.parametrize(("claimed", "value"), [("mug", False), ("lamp", True)])
def test_a_claim_of_what_is_closer_is_judged(claimed: str, value: bool) -> None:
    instruments = Instruments(from_each("2 1.9 to 2.1", "1.6 1.5 to 1.7"))
    told = instruments.ask(CloserTo("img1", ("mug", "lamp"), "closer", claimed))
    assert (told.value, told.text) == (value, "yes" if value else "no")


# Sides


@pytest.mark.parametrize(
    ("asked", "head", "value"),
    [
        ("side", "40 +- 5 degrees right of forward: right", "right"),
        ("side", "40 +- 5 degrees left of forward: left", "left"),
        ("left", "40 +- 5 degrees right of forward: right", False),
        ("right", "40 +- 5 degrees right of forward: right", True),
        ("in front", "40 +- 5 degrees right of forward: in front", True),
        ("in front", "100 +- 5 degrees left of forward: left", False),
        ("behind", "140 +- 5 degrees left of forward: behind", True),
        ("behind", "20 +- 5 degrees left of forward: in front", False),
        ("any", "60 +- 5 degrees left of forward: front-left", "front-left"),
        ("left-right-back", "160 +- 5 degrees left of forward: back", "back"),
    ],
)
def test_on_which_side(asked: Any, head: str, value: object) -> None:
    instruments = Instruments({**IN_SPACE, "direction_of": direction(head)})
    assert instruments.ask(SideOf("lamp", "the door", "mug", asked)).value == value
    assert instruments.done[-1].arguments["frame"] == "stand at obj2 facing obj3"
    assert instruments.done[-1].arguments["thing"] == "obj1"
    if asked == "left-right-back":
        assert instruments.done[-1].arguments["sectors"] == asked


@pytest.mark.parametrize(
    ("asked", "head"),
    [
        ("side", "5 +- 9 degrees right of forward: unclear (right or left)"),
        ("left", "5 +- 9 degrees right of forward: unclear (right or left)"),
        ("in front", "60 +- 5 degrees right of forward: right"),
        ("behind", "130 +- 9 degrees right of forward: unclear (right or behind)"),
        ("any", "5 +- 90 degrees right of forward: unclear (right or left)"),
        ("any", "unclear: too close to the frame's origin for how well the places are known"),
    ],
)
def test_a_side_that_is_not_clear_is_not_told(asked: Any, head: str) -> None:
    with pytest.raises(UnclearError, match=r"degrees right of straight ahead|too close"):
        Instruments({**IN_SPACE, "direction_of": direction(head)}).ask(SideOf("lamp", "the door", "mug", asked))


def test_the_finest_words_that_are_clear_are_used() -> None:
    heads = {"eight": "unclear (in front or front-right)", "four": "in front"}
    says = {**IN_SPACE, "direction_of": lambda a: direction(f"22 +- 5 degrees right of forward: {heads[a['sectors']]}")}
    assert Instruments(says).ask(SideOf("lamp", "the door", "mug", "any")).value == "in front"


@pytest.mark.parametrize(
    ("options", "sectors", "head", "letter"),
    [
        (("left", "right"), "left-right", "right", "B"),
        (("front-left", "front-right", "back-left", "back-right"), "quadrants", "back-left", "C"),
        (("in front", "behind", "to the left", "to the right"), "four", "behind", "B"),
        (("left", "right", "back"), "left-right-back", "back", "C"),
    ],
)
def test_options_choose_the_words(options: tuple[str, ...], sectors: str, head: str, letter: str) -> None:
    lettered = dict(zip("ABCD", options, strict=False))
    says = {**IN_SPACE, "direction_of": direction(f"140 +- 5 degrees left of forward: {head}")}
    instruments = Instruments(says, options=lettered)
    told = instruments.ask(SideOf("lamp", "the door", "mug", "any"))
    assert instruments.done[-1].arguments["sectors"] == sectors
    assert option_for(told, lettered) == letter


def test_left_is_negative() -> None:
    found = read_bearing(direction("40 +- 5 degrees left of forward: left, above"))
    assert found is not None
    assert (found.azimuth, found.error, found.word, found.clear) == (-40.0, 5.0, "left", True)


# What cannot be done


def test_groups_that_hold_not_all_are_named() -> None:
    seen = {"obj1": ["img1"], "obj2": ["img3"], "obj3": ["img1"]}
    with pytest.raises(UnclearError, match=r"cloud1 \(img1, img2\) and cloud2 \(img3\), which have neither scale"):
        Instruments({**IN_SPACE, "reconstruct": APART_GROUPS}, seen_in=seen).ask(Apart("mug", "lamp"))
    together = Instruments(
        {**IN_SPACE, "reconstruct": APART_GROUPS, "distance": length("1 0.9 to 1.1")},
        seen_in={**seen, "obj1": ["img3"]},
    )
    assert together.ask(Apart("mug", "lamp")).value == 1.0
    assert together.done[-1].arguments["cloud"] == "cloud2"
    one = Instruments({**IN_SPACE, "reconstruct": "cloud1: 2 of 3 pictures placed (img1, img2)"}, seen_in=seen)
    with pytest.raises(UnclearError, match="only img1, img2 could be placed in space, and lamp is not there"):
        one.ask(Apart("mug", "lamp"))
    with pytest.raises(UnclearError, match="the camera of img3 is not there"):
        one.ask(CloserTo("img3", ("mug", "the door"), "closer"))


@pytest.mark.parametrize("tool", ["reconstruct", "locate", "distance"])
def test_what_an_instrument_refuses_is_the_reason(tool: str) -> None:
    says = {**IN_SPACE, "distance": length("1 0.9 to 1.1"), tool: "Cannot tell: too little overlap."}
    with pytest.raises(UnclearError, match=r"^too little overlap\.$"):
        Instruments(says).ask(Apart("mug", "lamp"))


def test_a_missing_tool_is_named() -> None:
    with pytest.raises(UnclearError, match="I need the tool locate"):
        Instruments(IN_SPACE, tools=frozenset({"reconstruct", "distance"})).ask(Apart("mug", "lamp"))


def test_one_name_for_two_things_is_refused() -> None:
    with pytest.raises(UnclearError, match="2 things are marked 'mug'"):
        Instruments(IN_SPACE, objects={**OBJECTS, "mug": ["obj1", "obj4"]}).ask(Apart("mug", "lamp"))


def test_locating_is_one_turn() -> None:
    case = Instruments(IN_SPACE)
    case.done.append(Done("reconstruct", {"images": PICTURES}, PLACED, False))
    step = next_step(SideOf("lamp", "the door", "mug", "side"), Case(done=case.done, **case.case))
    assert isinstance(step, Next)
    assert [arguments["thing"] for _, arguments in step.calls] == ["obj2", "obj3", "obj1"]
