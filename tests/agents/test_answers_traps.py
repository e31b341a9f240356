"""Sentences that extractors elsewhere read wrongly, each named after its trap, and what must be read here."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from sightline.agents.answers import AnswerSpec, Extraction, extract
from sightline.geometry.dialects import PIXELS, CoordinateDialect, PictureLimits

SIZE = (800, 600)
LIMITS = PictureLimits()


@dataclass(frozen=True)
class Eyes:
    dialect: CoordinateDialect = PIXELS
    limits: PictureLimits = LIMITS


def read(spec: AnswerSpec, text: str) -> Extraction:
    return extract(spec, text, Eyes(), SIZE)


MUGS = AnswerSpec(kind="choice", options=("A. the red one", "B. the blue one", "C. the green one", "D. none of them"))
SIDES = AnswerSpec(kind="choice", options=("left", "right", "front-left", "behind"))
POINTS = AnswerSpec(kind="choice", options=("(A) A is closer", "(B) B is closer"))
SHUFFLED = AnswerSpec(kind="choice", options=("(A) B is closer", "(B) A is closer"))
LONG = AnswerSpec(kind="choice", options=(*(f"thing {number}" for number in range(10, 18)), "pie", "cake"))
COUNTS = AnswerSpec(kind="choice", options=("2", "3", "4"))
YESNO = AnswerSpec(kind="choice", options=("A. Yes", "B. No"))
NUMBERED = AnswerSpec(kind="choice", options=("1. the red one", "2. the blue one", "3. the green one"))
LETTERS = AnswerSpec(kind="choice", options=("A", "B", "C", "D"))

CHOICES = [
    ("a letter alone", MUGS, "B", "B", "lenient"),
    ("a small letter alone", MUGS, "b.", "B", "lenient"),
    ("the answer is B, never T", MUGS, "The answer is B", "B", "lenient"),
    ("the answer: B, never R", MUGS, "The answer: B", "B", "strict"),
    ("mid-sentence colon", MUGS, "So the answer: B", "B", "lenient"),
    ("the article a", MUGS, "It is a matter of a few centimetres.", None, ""),
    ("the article A begins a sentence", MUGS, "A mug is standing on the table.", None, ""),
    ("the article A after a colon", MUGS, "My view: A mug in front.", None, ""),
    ("A as a label before a verb", MUGS, "A is the one.", "A", "lenient"),
    ("shouted article", MUGS, "THERE IS A MUG ON THE TABLE", None, ""),
    ("one letter is wrong, so the other", MUGS, "I think A is wrong, so B", "B", "lenient"),
    ("Behind is not B", MUGS, "Behind the sofa", None, ""),
    ("Behind, as an option's text", SIDES, "Behind the sofa", "D", "lenient"),
    ("not A", MUGS, "not A", None, ""),
    ("not A but B", MUGS, "It is not A but B.", "B", "lenient"),
    ("not A or B", MUGS, "It is not A or B.", None, ""),
    ("not A or B, so C", MUGS, "It is not A or B, so C.", "C", "lenient"),
    ("neither A nor B", MUGS, "Neither A nor B is right; C fits.", "C", "lenient"),
    ("A and B are wrong", MUGS, "A and B are wrong. C it is.", "C", "lenient"),
    ("I do not think it is A", MUGS, "I don't think it is A.", None, ""),
    ("the answer is not B", MUGS, "The answer is not B.", None, ""),
    ("the answer isn't B", MUGS, "The answer isn’t B.", None, ""),
    ("the answer cannot be B", MUGS, "The answer cannot be B.", None, ""),
    ("rather than", MUGS, "I would say C rather than A.", "C", "lenient"),
    ("both", MUGS, "Both A and B", None, ""),
    ("or", MUGS, "The answer is A or B.", None, ""),
    ("either or", MUGS, "The answer is either A or B", None, ""),
    ("slash", MUGS, "A/B", None, ""),
    ("a relation between two labels", MUGS, "A is not left of B.", None, ""),
    ("brackets", MUGS, "I would go for (B) here.", "B", "lenient"),
    ("bold", MUGS, "Looking at it, **B** stands nearer.", "B", "lenient"),
    ("bold with its text", MUGS, "**B. the blue one**", "B", "lenient"),
    ("letter, full stop, reason", MUGS, "B. It is closer than the red one.", "B", "lenient"),
    ("letter and text disagree", MUGS, "The answer is B. the red one", None, ""),
    ("letter and text disagree, strictly", MUGS, "ANSWER: B. the red one", None, ""),
    (
        "article before the option's text",
        AnswerSpec(kind="choice", options=("table", "chair")),
        "Answer: A chair",
        "B",
        "lenient",
    ),
    (
        "the question's options said again",
        MUGS,
        "A. the red one\nB. the blue one\nC. the green one\nIt is the blue one.",
        "B",
        "lenient",
    ),
    ("options said again and nothing else", MUGS, "A. the red one\nB. the blue one\nC. the green one", None, ""),
    ("option text", MUGS, "The blue one is nearest to the edge.", "B", "lenient"),
    ("two option texts", MUGS, "The blue one is nearer than the red one.", None, ""),
    (
        "two option texts, one said to be the answer",
        MUGS,
        "The answer is the blue one; the red one is farther.",
        "B",
        "lenient",
    ),
    ("the longest option text", SIDES, "It is to the front-left.", "C", "lenient"),
    ("left inside a word", SIDES, "There are leftovers.", None, ""),
    ("the right answer is left", SIDES, "The right answer is left.", "A", "lenient"),
    ("not right", SIDES, "It is on the left, not right.", "A", "lenient"),
    ("letters that are texts too", POINTS, "Point B is closer to the camera.", "B", "lenient"),
    ("letters that are other texts", SHUFFLED, "B is closer.", "A", "lenient"),
    ("the pronoun I", LONG, "I see cake.", "J", "lenient"),
    ("the pronoun I alone", LONG, "I think so", None, ""),
    ("number options in words", COUNTS, "I count three chairs.", "B", "lenient"),
    ("number options and a decimal", COUNTS, "It is 2.5 m wide.", None, ""),
    ("two numbers", COUNTS, "Of 4 chairs 3 are red.", None, ""),
    ("options yes and no", YESNO, "No, it is on the right.", "B", "lenient"),
    ("options yes and no: no chairs", YESNO, "No chairs are left.", None, ""),
    ("digit labels", NUMBERED, "I pick option 2.", "2", "lenient"),
    ("digits that are no labels", NUMBERED, "There are 2 mugs.", None, ""),
    ("answer with a digit label", NUMBERED, "The answer is 2", "2", "lenient"),
    ("letters without text", LETTERS, "Point C is nearest.", "C", "lenient"),
    ("if", MUGS, "If A were closer it would look larger.", None, ""),
    ("whether", MUGS, "The question is whether A fits.", None, ""),
    ("a question", MUGS, "Is it A?", None, ""),
    ("a question, answered", MUGS, "Is it A? No: B is correct.", "B", "lenient"),
    ("conflicting answers", MUGS, "The answer is A. Hm, the answer is B.", None, ""),
    ("letter that is not offered", MUGS, "The answer is E.", None, ""),
    ("I choose A for a reason", MUGS, "I choose A for this reason.", "A", "lenient"),
    ("json", MUGS, '{"answer": "B"}', "B", "lenient"),
    ("boxed", MUGS, r"Thus \boxed{B}.", "B", "strict"),
    ("boxed text", MUGS, r"Thus $\boxed{\text{B}}$.", "B", "strict"),
    ("tag", MUGS, "<answer>B. the blue one</answer>", "B", "strict"),
    ("the last line counts", MUGS, "ANSWER: A\nOn a second look:\nANSWER: B", "B", "strict"),
    ("decorated line", MUGS, "reasons\n\n**ANSWER:** **B**", "B", "strict"),
    ("wholly bold line", MUGS, "**Answer: (B)**", "B", "strict"),
    ("heading, value below", MUGS, "### Answer:\n\nB", "B", "strict"),
    ("strict line in other words", MUGS, "ANSWER: I think it is B", "B", "lenient"),
    ("strict line that is ambiguous ends it", MUGS, "B is nice.\nANSWER: A or B", None, ""),
    ("the form said again is no answer", MUGS, "End with ANSWER: <label>", None, ""),
    ("thinking is no answer", MUGS, "<think>The answer is A</think>The answer is B", "B", "lenient"),
    ("thinking cut off", MUGS, "<think>The answer is A, or", None, ""),
    ("a letter that is not visible", MUGS, "B is not visible.", None, ""),
    ("I cannot see B", MUGS, "I cannot see B.", None, ""),
    ("B cannot be determined", MUGS, "B cannot be determined.", None, ""),
    ("a reason after the letter", MUGS, "The answer is B. The red one is farther.", "B", "lenient"),
    ("doubt about something else", MUGS, "The size is not visible, so B.", "B", "lenient"),
    ("an answer in spite of doubt", MUGS, "I cannot verify it, but the answer is B.", "B", "lenient"),
    ("U.S.A.", MUGS, "Made in the U.S.A. by hand.", None, ""),
    ("empty", MUGS, "", None, ""),
    ("blank", MUGS, " \n\t", None, ""),
    ("a marker without a value", MUGS, "ANSWER:", None, ""),
]

METRES = AnswerSpec(kind="number", unit="m")
DEGREES = AnswerSpec(kind="number", unit="degrees")
BARE = AnswerSpec(kind="number")
SHARE = AnswerSpec(kind="number", unit="%")
COUNT = AnswerSpec(kind="integer")
SCENE = AnswerSpec(kind="number", unit="scene units")

NUMBERS = [
    ("a range", METRES, "It is between 3 and 4 m.", None, ""),
    ("a range with a dash", METRES, "3-4 m", None, ""),
    ("a range with an en dash", METRES, "3–4 m", None, ""),
    ("a range in the strict line", METRES, "ANSWER: 3 to 4 m", None, ""),
    ("or", METRES, "3 or 4 m", None, ""),
    ("about", METRES, "about 3.5 meters", 3.5, "lenient"),
    ("about, in a sentence", METRES, "The sofa is about 3.5 meters away.", 3.5, "lenient"),
    ("abbreviated approximately", METRES, "It is approx. 3.5 m.", 3.5, "lenient"),
    ("strict with about", METRES, "ANSWER: about 3.5 m", 3.5, "strict"),
    ("unit attached", METRES, "ANSWER: 3.5m", 3.5, "strict"),
    ("bare", METRES, "ANSWER: 3.5", 3.5, "strict"),
    ("full stop", METRES, "ANSWER: 3.5 m.", 3.5, "strict"),
    ("centimetres", METRES, "It is 350 cm long.", 3.5, "lenient"),
    ("feet", METRES, "ANSWER: 10 feet", 3.048, "strict"),
    ("feet and inches", METRES, "ANSWER: 5'11\"", 5 * 0.3048 + 11 * 0.0254, "strict"),
    ("feet and inches in words", METRES, "5 feet and 11 inches", 5 * 0.3048 + 11 * 0.0254, "lenient"),
    ("said twice in two units", METRES, "It is 3.5 m (about 11.5 feet).", 3.5, "lenient"),
    ("two lengths", METRES, "The sofa is 2 m wide and 3.5 m away.", None, ""),
    ("two lengths, one the answer", METRES, "The sofa is 2 m wide. The answer is 3.5 m.", 3.5, "lenient"),
    ("an answer that is a range", METRES, "It is 2 m wide. The answer is between 3 and 4 m.", None, ""),
    ("no inches: 3 in the room", METRES, "There are 3 in the room.", None, ""),
    ("inches", METRES, "It is 12 in wide.", 12 * 0.0254, "lenient"),
    ("inches in quotes are not", METRES, 'It says "3" there.', 3.0, "lenient"),
    ("another dimension", METRES, "It is 30 degrees.", None, ""),
    ("another dimension, strictly", METRES, "ANSWER: 30 degrees", None, ""),
    ("an area is no length", METRES, "The room has 12 m².", None, ""),
    ("sign in LaTeX", BARE, r"\scalar{-100}", -100.0, "lenient"),
    ("sign in a box", BARE, r"\boxed{-100}", -100.0, "strict"),
    ("typographic minus", DEGREES, "ANSWER: −37°", -37.0, "strict"),
    ("degrees in LaTeX", DEGREES, r"\boxed{37^\circ}", 37.0, "strict"),
    ("radians", DEGREES, "ANSWER: 3.141592653589793 rad", 180.0, "strict"),
    ("thousands", BARE, "ANSWER: 1,234,567.5", 1234567.5, "strict"),
    ("decimal comma", METRES, "ANSWER: 3,5 m", None, ""),
    ("fraction", BARE, "ANSWER: 1/2", 0.5, "strict"),
    ("mixed fraction", BARE, "ANSWER: 1 1/2", 1.5, "strict"),
    ("glyph", METRES, "ANSWER: 2½ m", 2.5, "strict"),
    ("LaTeX fraction", BARE, r"\boxed{\frac{3}{4}}", 0.75, "strict"),
    ("division by zero", BARE, "ANSWER: 1/0", None, ""),
    ("a date", BARE, "On 1/2/2024.", None, ""),
    ("exponent", BARE, "ANSWER: 1.5e3", 1500.0, "strict"),
    ("overflow", BARE, "ANSWER: 1e999", None, ""),
    ("spread", METRES, "ANSWER: 3.5 ± 0.2 m", 3.5, "strict"),
    ("at least", METRES, "It is at least 3 m.", None, ""),
    ("more than", METRES, "ANSWER: more than 3 m", None, ""),
    ("less-than sign", METRES, "< 3 m", None, ""),
    ("not 3 but 4", METRES, "It is not 3 m but 4 m.", 4.0, "lenient"),
    ("isn't 3", METRES, "It isn't 3 m.", None, ""),
    ("a handle", METRES, "In img1 it is 3.5 m.", 3.5, "lenient"),
    ("a numbered picture", METRES, "In image 2 it is 3.5.", 3.5, "lenient"),
    ("a numbered list", METRES, "1. Find the sofa.\n2. It is 3.5 m away.", 3.5, "lenient"),
    ("3D", METRES, "In 3D space: 3.5 m.", 3.5, "lenient"),
    ("if", METRES, "If it were 3 m, it would look larger.", None, ""),
    ("percent asked", SHARE, "ANSWER: 40%", 40.0, "strict"),
    ("percent not asked", BARE, "ANSWER: 40%", None, ""),
    ("a unit nobody knows", SCENE, "ANSWER: 1.37 scene units", 1.37, "strict"),
    ("metres are no scene units", SCENE, "ANSWER: 1.37 m", None, ""),
    ("not visible but estimated", METRES, "It cannot be determined exactly, but it is about 3.5 m.", 3.5, "lenient"),
    ("digits", COUNT, "There are 3 chairs.", 3, "lenient"),
    ("words", COUNT, "There are three chairs.", 3, "lenient"),
    ("word strictly", COUNT, "ANSWER: Three.", 3, "strict"),
    ("the red one", COUNT, "It is the red one.", None, ""),
    ("one of them", COUNT, "There is one of them.", None, ""),
    ("one chair", COUNT, "There is one chair.", 1, "lenient"),
    ("a length beside a count", COUNT, "The 2 m table has 4 chairs.", 4, "lenient"),
    ("digits and words", COUNT, "Three (3) chairs.", 3, "lenient"),
    ("a sum", COUNT, "I see 3 by the window and 2 by the door, 5 in total.", 5, "lenient"),
    ("a total said first", COUNT, "3 here, 2 there: a total of 5.", 5, "lenient"),
    ("two counts", COUNT, "3 chairs and 2 tables", None, ""),
    ("three of five", COUNT, "3 of 5 chairs", None, ""),
    ("half a chair", COUNT, "ANSWER: 2.5", None, ""),
    ("a whole decimal", COUNT, "ANSWER: 3.0", 3, "strict"),
    ("none is not zero", COUNT, "ANSWER: none", None, ""),
    ("no way to tell", COUNT, "There is no way to know.", None, "cannot tell"),
    ("a length for a count", COUNT, "ANSWER: 3 m", None, ""),
    ("at least three", COUNT, "at least three", None, ""),
    ("3 or more", COUNT, "3 or more", None, ""),
    ("a Unicode digit", COUNT, "ANSWER: ³", None, ""),
]

YES_NO = AnswerSpec(kind="yes_no")
YES_NOS = [
    ("yes", "Yes.", "yes", "lenient"),
    ("strict", "ANSWER: No", "no", "strict"),
    ("bold", "**Yes**, it is.", "yes", "lenient"),
    ("no, with reason", "No, it is behind.", "no", "lenient"),
    ("no before a noun", "No chairs are visible here.", None, ""),
    ("none", "None of them.", None, ""),
    ("nothing", "Nothing there.", None, ""),
    ("not", "Not at all.", None, ""),
    ("yes and no", "Yes and no.", None, ""),
    ("yes or no", "You ask for yes or no.", None, ""),
    ("yes, no", "Yes, no.", None, ""),
    ("conflict", "Yes. Hm. No.", None, ""),
    ("the answer is no", "Looking closely, the answer is no.", "no", "lenient"),
    ("so yes", "It is nearer, so yes.", "yes", "lenient"),
    ("yes with no doubt", "Yes, no doubt.", "yes", "lenient"),
    ("yesterday", "Yesterday it was.", None, ""),
    ("no answer possible", "No, I cannot tell.", None, "cannot tell"),
    ("no, it is not visible", "No, it is not visible.", "no", "lenient"),
    ("not yes", "The answer is not yes.", None, ""),
    ("a question", "Yes?", None, ""),
    ("empty", "", None, ""),
]

POINT = AnswerSpec(kind="point")
BOX = AnswerSpec(kind="box")
PATH = AnswerSpec(kind="path")
DOTS = AnswerSpec(kind="points")
ORDER = AnswerSpec(kind="ordering", options=("red", "blue", "green"))
CODE = AnswerSpec(kind="program")
TEXT = AnswerSpec(kind="text")

OTHERS = [
    ("point in prose", POINT, "The handle is at (412, 96) in the picture.", (412.0, 96.0), "lenient"),
    ("two points", POINT, "From (412, 96) to (20, 30).", None, ""),
    ("negated point", POINT, "It is not at (412, 96).", None, ""),
    ("point outside", POINT, "ANSWER: [900, 96]", None, ""),
    ("a little outside", POINT, "ANSWER: [804, 96]", (800.0, 96.0), "strict"),
    ("round brackets", POINT, "ANSWER: (412, 96)", (412.0, 96.0), "strict"),
    ("no brackets", POINT, "ANSWER: 412, 96", (412.0, 96.0), "strict"),
    ("one point in a list", POINT, "ANSWER: [[412, 96]]", (412.0, 96.0), "strict"),
    ("box for a point", POINT, "ANSWER: [1, 2, 3, 4]", None, ""),
    ("not a number", POINT, "ANSWER: [NaN, 4]", None, ""),
    ("box", BOX, 'Here: {"bbox_2d": [10, 20, 110, 220]}', (10.0, 20.0, 110.0, 220.0), "lenient"),
    ("swapped corners", BOX, "ANSWER: [110, 220, 10, 20]", (10.0, 20.0, 110.0, 220.0), "strict"),
    ("flat box", BOX, "ANSWER: [10, 20, 10, 220]", None, ""),
    ("path in prose", PATH, "Go (1, 2) -> (3, 4) -> (5, 6).", [(1.0, 2.0), (3.0, 4.0), (5.0, 6.0)], "lenient"),
    ("path of one point", PATH, "ANSWER: [[1, 2]]", None, ""),
    ("points", DOTS, "ANSWER: [(1, 2), (3, 4)]", [(1.0, 2.0), (3.0, 4.0)], "strict"),
    ("one of the points", DOTS, "ANSWER: [1, 2]", [(1.0, 2.0)], "strict"),
    ("two runs of points", DOTS, "First (1, 2), (3, 4). Later (5, 6).", None, ""),
    ("ordering", ORDER, "ANSWER: B, A, C", ["B", "A", "C"], "strict"),
    ("ordering with signs", ORDER, "Nearest to farthest: B > A > C.", ["B", "A", "C"], "lenient"),
    ("ordering by text", ORDER, "ANSWER: blue, red, green", ["B", "A", "C"], "strict"),
    ("ordering as JSON", ORDER, 'ANSWER: ["B", "A", "C"]', ["B", "A", "C"], "strict"),
    ("ordering incomplete", ORDER, "ANSWER: B, A", None, ""),
    ("ordering doubled", ORDER, "ANSWER: B, A, B", None, ""),
    ("two orderings", ORDER, "B, A, C or C, A, B", None, ""),
    ("program", CODE, "Here:\nANSWER:\n```python\nx = 1\n\ny = 2\n```", "x = 1\n\ny = 2", "strict"),
    ("program without a marker", CODE, "```\nx = 1\n```\nDone.", "x = 1", "lenient"),
    ("two programs", CODE, "```\nx = 1\n```\n```\nx = 2\n```", None, ""),
    ("program in prose", CODE, "I would write a loop.", None, ""),
    ("text", TEXT, "Thinking.\nANSWER: a red mug", "a red mug", "strict"),
    ("text without a marker", TEXT, "A red mug.", "A red mug.", "lenient"),
    (
        "text with doubt about something else",
        TEXT,
        "A lamp; its base is not visible.",
        "A lamp; its base is not visible.",
        "lenient",
    ),
    ("markdown inside a text", TEXT, "ANSWER: snake_case_name", "snake_case_name", "strict"),
]

CANNOT = [
    ("strict", MUGS, "ANSWER: cannot tell", "strict"),
    ("strict with reason", METRES, "**ANSWER: cannot tell** (it is hidden)", "strict"),
    ("cannot tell whether A or B", MUGS, "I cannot tell whether it is A or B.", "lenient"),
    ("cannot tell if it is B", MUGS, "I can't tell if it is B.", "lenient"),
    ("cannot be determined", METRES, "The distance cannot be determined from one picture.", "lenient"),
    ("not visible", COUNT, "The chairs are not visible.", "lenient"),
    ("text", TEXT, "I cannot tell from this picture.", "lenient"),
    ("text, strict", TEXT, "ANSWER: cannot tell", "strict"),
    ("not enough information", YES_NO, "There is not enough information.", "lenient"),
    ("curly quote", MUGS, "I can’t determine that.", "lenient"),
]


def ids(rows: list[tuple]) -> list[str]:
    return [row[0] for row in rows]


@pytest.mark.parametrize(("trap", "spec", "text", "value", "how"), CHOICES, ids=ids(CHOICES))
def test_choice_trap(trap: str, spec: AnswerSpec, text: str, value: str | None, how: str) -> None:
    found = read(spec, text)
    assert (found.value, found.how if found.value is not None else "") == (value, how)


@pytest.mark.parametrize(("trap", "spec", "text", "value", "how"), NUMBERS, ids=ids(NUMBERS))
def test_number_trap(trap: str, spec: AnswerSpec, text: str, value: float | None, how: str) -> None:
    found = read(spec, text)
    assert found.value == (None if value is None else pytest.approx(value, rel=1e-9))
    assert type(found.value) is type(value)
    if how == "cannot tell":
        assert found.cannot_tell
    else:
        assert (found.how, found.cannot_tell) == (how, False)


@pytest.mark.parametrize(("trap", "text", "value", "how"), YES_NOS, ids=ids(YES_NOS))
def test_yes_no_trap(trap: str, text: str, value: str | None, how: str) -> None:
    found = read(YES_NO, text)
    assert found.value == value
    assert found.cannot_tell == (how == "cannot tell")
    assert found.cannot_tell or found.how == how


@pytest.mark.parametrize(("trap", "spec", "text", "value", "how"), OTHERS, ids=ids(OTHERS))
def test_other_trap(trap: str, spec: AnswerSpec, text: str, value: object, how: str) -> None:
    assert read(spec, text) == Extraction(value, how)


@pytest.mark.parametrize(("trap", "spec", "text", "how"), CANNOT, ids=ids(CANNOT))
def test_cannot_tell(trap: str, spec: AnswerSpec, text: str, how: str) -> None:
    assert read(spec, text) == Extraction(None, how, cannot_tell=True)
