"""Letters, words and labels out of what models say: published rules with their traps, the strict rule beside them."""

from __future__ import annotations

import pytest
from benchmark_kit import choice
from hypothesis import given
from hypothesis import strategies as st

from sightline.evals.item import Asked, Item
from sightline.evals.scorers import Choice, strict
from sightline.evals.scorers import extractors as by
from sightline.evals.scorers.choice import contained_choice
from sightline.evals.scorers.labels import Label, LabelSet
from sightline.evals.scorers.yes_no import begins_yes_no

LABELS = ("A", "B", "C", "D")
EXTRACTORS = [
    by.first_word,
    by.first_bare_word,
    by.token_in_brackets,
    by.leading_letter,
    by.letter_with_stop,
    by.backticked,
    by.letter_in_last_line,
    by.first_pattern,
    by.answer_line_or_a,
]


@pytest.mark.parametrize("extract", EXTRACTORS[:-1])
@pytest.mark.parametrize("label", LABELS)
def test_a_bare_letter_is_read_by_every_rule(extract: by.Extractor, label: str) -> None:
    assert extract(label, LABELS) == label
    assert Choice(extract)(choice(label), label).value == 1


@pytest.mark.parametrize("extract", EXTRACTORS)
@given(said=st.text())
def test_no_words_are_too_odd_to_be_read_or_not(extract: by.Extractor, said: str) -> None:
    assert extract(said, LABELS) is None or isinstance(extract(said, LABELS), str)


@pytest.mark.parametrize("extract", EXTRACTORS[:-1])
def test_nothing_said_is_wrong_and_not_parsed(extract: by.Extractor) -> None:
    mark = Choice(extract)(choice("A"), "")
    assert (mark.value, mark.read, mark.parsed) == (0, "", False)


# Each trap: the rule, what was said, the true letter; what the published rule gives for it, and what the strict one.
TRAPS = {
    "vsi: words before the letter": (by.first_word, "The answer is B", "B", 0, 0),
    "vsi: brackets": (by.first_word, "(B)", "B", 0, 1),
    "vsi: a small letter": (by.first_word, "b", "B", 1, 1),
    "vsi: a letter before an explanation": (by.first_word, "B because it is near", "B", 1, 0),
    "vsi: two letters": (by.first_word, "B or C", "B", 1, 0),
    "vsi: a line break is no space": (by.first_word, "B\nbecause", "B", 0, 0),
    "vsi: full stops": (by.first_word, "B...", "B", 1, 0),
    "sat: brackets and stops are taken out": (by.first_bare_word, "(B). because", "B", 1, 0),
    "sat: a line break is no space": (by.first_bare_word, "B\nbecause", "B", 0, 0),
    "blink: a letter in a sentence": (by.token_in_brackets, "The answer is B", "B", 0, 0),
    "blink: the one token in brackets": (by.token_in_brackets, "I choose (B) here", "B", 1, 0),
    "blink: a stop after the brackets": (by.token_in_brackets, "I choose (B).", "B", 0, 0),
    "blink: the last paragraph decides": (by.token_in_brackets, "(A) is far.\n\nSo (B) it is", "B", 1, 0),
    "blink: the answer line asked of others": (by.token_in_brackets, "ANSWER: B", "B", 0, 1),
    "blink: Z of the judge": (by.token_in_brackets, "(Z)", "A", 0, 0),
    "lmms-eval: a sentence reads as its first letter": (by.leading_letter, "The answer is B", "B", 0, 0),
    "lmms-eval: a word that begins with the letter": (by.leading_letter, "Before the table", "B", 1, 0),
    "mindcube: the last letter with a stop wins": (by.letter_with_stop, "A. no, B. yes", "B", 1, 0),
    "mindcube: an abbreviation ends in a letter": (by.letter_with_stop, "<Answer>B</Answer> (see fig. A.)", "B", 0, 1),
    "mindcube: the tag has a capital": (by.letter_with_stop, "a map by NASA first <Answer>B</Answer>", "B", 1, 1),
    "mindcube: the small tag is not seen": (by.letter_with_stop, "made with NASA data <answer>B</answer>", "B", 0, 1),
    "mmsi: backticks first": (by.backticked, "A is near, ``B``", "B", 1, 0),
    "mmsi: a capital before a word does not count": (by.backticked, "B because it is near", "B", 0, 0),
    "mmsi: a small letter does not count": (by.backticked, "b", "B", 0, 1),
    "mmsi: the first lone capital": (by.backticked, "A, or rather B", "B", 0, 0),
    "viewspatial: the article reads as A": (by.letter_in_last_line, "It is a chair, so B", "B", 0, 0),
    "viewspatial: a line break at the end": (by.letter_in_last_line, "B\n", "B", 0, 1),
    "viewspatial: only the last line": (by.letter_in_last_line, "A or C\nB. right", "B", 1, 0),
    "3dsrbench: a capital article reads as A": (by.first_pattern, "A car is higher, so B", "B", 0, 0),
    "3dsrbench: a word after answer": (by.first_pattern, "answer: Bottle", "B", 1, 0),
    "omnispatial: A where nothing is read": (by.answer_line_or_a, "I cannot tell", "A", 1, 0),
    "omnispatial: A where nothing is said": (by.answer_line_or_a, "", "A", 1, 0),
    "omnispatial: a small letter is wrong": (by.answer_line_or_a, "Answer: b", "B", 0, 1),
    "omnispatial: the last line of several": (by.answer_line_or_a, "Answer: A\nAnswer: B", "B", 1, 1),
}


@pytest.mark.parametrize(("extract", "said", "target", "official", "strictly"), TRAPS.values(), ids=TRAPS)
def test_trap(extract: by.Extractor, said: str, target: str, official: float, strictly: float) -> None:
    item = choice(target)
    assert Choice(extract)(item, said).value == official
    assert strict(item, said).value == strictly


def test_trap_lmms_eval_reads_t_in_the_answer_is_b() -> None:
    assert by.leading_letter("The answer is B", LABELS) == "T"


def test_trap_spar_saying_nothing_is_right() -> None:
    item = choice("B")
    assert contained_choice(item, "").value == 1
    assert strict(item, "").value == 0
    assert contained_choice(item, "Because").value == 1, "its first letter"
    assert [contained_choice(item, said).value for said in ("b", "B", "A", "(B)")] == [1, 1, 0, 0]


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("B. right", 1),
        ("right", 1),
        ("Right.", 1),
        ("**B**", 1),
        ("<answer>B. right</answer>", 1),
        ("I looked at both. \\boxed{B}", 1),
        ("Let me see: A is far.\nANSWER: B", 1),
        ("ANSWER: A\nANSWER: B", 1),
        ("<think>A? No, it is behind.</think>B", 1),
        ("I think it is B", 0),
        ("It is right", 0),
        ("ANSWER: I think it is B", 0),
        ("ANSWER: cannot tell", 0),
        ("B. left", 0),
        ("E", 0),
    ],
)
def test_strict_takes_one_value_in_the_form_asked_for(said: str, value: float) -> None:
    mark = strict(choice("B"), said)
    assert mark.value == value
    assert mark.parsed == bool(value)


@pytest.mark.parametrize(
    ("said", "target", "official", "strictly"),
    [
        ("Yes, it does", "yes", 1, 0),
        ("yes", "yes", 1, 1),
        ("No.", "no", 1, 1),
        ("Not sure", "no", 1, 0),
        ("Now I see: yes", "yes", 0, 0),
        ("It does: yes", "yes", 0, 0),
        ("", "no", 0, 0),
    ],
)
def test_trap_robospatial_what_begins_with_no_is_no(said: str, target: str, official: float, strictly: float) -> None:
    item = Item("1", Asked("Does it fit?", "yes_no"), target, "a", "scene")
    assert Choice(begins_yes_no)(item, said).value == official
    assert strict(item, said).value == strictly


def test_a_label_is_the_whole_answer() -> None:
    score = Label(("left", "upper-left", "overlap"))
    item = Item("1", Asked("Where?", "text"), "upper-left", "a", "1")
    assert [score(item, said).value for said in ("upper-left", "Upper left.", '"upper_left"')] == [1, 1, 1]
    assert [score(item, said).value for said in ("left", "it is upper-left", "upper", "")] == [0, 0, 0, 0]
    assert [score(item, said).parsed for said in ("left", "it is upper-left")] == [True, False]


def test_labels_are_a_set() -> None:
    item = Item("1", Asked("Which blocks?", "text"), ["block A", "block B"], "FB", "1")
    score = LabelSet()
    assert [score(item, said).value for said in ("block B, block A", "Block A and block B", "[block A; block B]")] == [
        1,
        1,
        1,
    ]
    assert [score(item, said).value for said in ("block A", "block A, block B, block C", "")] == [0, 0, 0]
