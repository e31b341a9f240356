"""StepGame: its files, and what an honest reading of its real stories comes to."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from benchmark_kit import SHARED

from sightline.agents import SpatialAgent
from sightline.evals import benchmark
from sightline.evals.item import Item
from sightline.evals.reading import DataError
from sightline.tools.symbolic.offsets import conclude
from sightline.tools.symbolic.reading import Unread, read
from sightline.tools.symbolic.relations import NAMES

STEPGAME = benchmark("stepgame")
REAL = SHARED / "stepgame"
needs_stories = pytest.mark.skipif(not REAL.is_dir(), reason="the published stories are not beside the checkout")

CONTRADICTED = {
    "_ and _ are parallel, and _ is to the right of _.",
    "_ and _ are parallel, and _ on the right of _.",
    "_ and _ are horizontal and _ is to the right of _.",
    "_ and _ are both there with the object _ is to the right of object _.",
    "_ is placed at the bottom of _.",
    "_ is positioned below _ and to the left.",
    "_ is to the right and above _ at an angle of about 45 degrees.",
    "_ is there and _ is at the 10 position of a clock face.",
}
"""Published sentences whose own labels, in stories of one sentence, say something else than their words."""

VIEWPOINT = "_ is positioned in the front right corner of _."
"""The ninth: "front" has no direction in a plane; the labels take it for "upper"."""


def write(folder: Path, stories: dict[str, Any], k: int = 1) -> None:
    (folder / f"qa{k}_valid.json").write_text(json.dumps(stories), "utf-8")


STORY = {
    "story": ["C is above H."],
    "question": "What is the relation of the agent C to the agent H?",
    "label": "above",
}


def test_a_label_is_scored_exactly_and_a_letter_is_rendered_as_one(tmp_path: Path) -> None:
    write(tmp_path, {"7": STORY})
    (item,) = STEPGAME.read(tmp_path, "valid")
    assert (item.id, item.category, item.target) == ("k1-7", "k=1", "C")
    assert STEPGAME.render(item, "C") == "above"
    assert STEPGAME.official(item, "above").value == 1
    assert STEPGAME.official(item, "It is above.").value == 0
    assert STEPGAME.official(item, "C").value == 0
    assert STEPGAME.strict(item, "C").value == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"label": "near"}, "qa1_valid.json, line 1, field \"label\": 'near' is none of"),
        ({"story": "C is above H."}, 'qa1_valid.json, line 1, field "story": a list of texts is needed'),
        ({"question": ""}, 'qa1_valid.json, line 1, field "question": it is blank'),
    ],
)
def test_wrong_data_is_named(changes: dict[str, Any], said: str, tmp_path: Path) -> None:
    write(tmp_path, {"0": {**STORY, **changes}})
    with pytest.raises(DataError) as caught:
        list(STEPGAME.read(tmp_path, "valid"))
    assert str(caught.value).startswith(said)


def test_a_folder_without_stories_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"there is no file qa1_valid.json"):
        list(STEPGAME.read(tmp_path, "valid"))


def templates(item: Item) -> list[str]:
    return [re.sub(r"\b[A-Z]\b", "_", line) for line in item.asked.question.splitlines()[:-1]]


def honest(item: Item) -> tuple[str, str]:
    """The relation that the sentences say ("" for none), and why the label may be another."""
    *story, question = item.asked.question.splitlines()
    things = sorted(set(re.findall(r"\b[A-Z]\b", item.asked.question)))
    relations, unread = [], []
    for number, sentence in enumerate(story):
        try:
            relations += read(sentence, things, number)
        except Unread:
            unread.append(templates(item)[number])
    a, b = re.findall(r"agent ([A-Z])\b", question)
    found = conclude(relations, a, b)
    if found is None:
        return "", "a word of viewpoint" if VIEWPOINT in unread else "a broken sentence"
    assert found.x is not None
    assert found.y is not None
    contradicted = any(templates(item)[number] in CONTRADICTED for number in found.chain)
    return NAMES[found.x, found.y], "a sentence that contradicts its labels" if contradicted else "consistent"


@pytest.mark.slow
@needs_stories
def test_every_consistent_story_is_right_and_the_misses_have_their_causes() -> None:
    """The table of docs/rules.md: nothing is fitted to labels, so the raw score is what the words are worth."""
    told: Counter[tuple[str, bool]] = Counter()
    for item in STEPGAME.read(REAL, "valid"):
        relation, why = honest(item)
        told[why, relation == item.facts["label"]] += 1
    assert told == {
        ("consistent", True): 8615,
        ("a sentence that contradicts its labels", True): 411,
        ("a sentence that contradicts its labels", False): 774,
        ("a word of viewpoint", False): 101,
        ("a broken sentence", False): 99,
    }
    assert sum(count for (_, right), count in told.items() if right) == 9026


@needs_stories
def test_the_published_labels_contradict_these_sentences() -> None:
    """In a story of one sentence the label is that sentence's: eight templates say something else than their words."""
    wrong = {templates(item)[0] for item in STEPGAME.read(REAL, "valid")
             if item.category == "k=1" and honest(item)[0] not in ("", item.facts["label"])}  # fmt: skip
    assert wrong == CONTRADICTED


@pytest.mark.slow
@needs_stories
def test_rules_answer_consistent_stories_through_the_loop(tmp_path: Path) -> None:
    items = [item for item in STEPGAME.read(REAL, "valid") if honest(item)[1] == "consistent"]
    agent = SpatialAgent("rules", tools=["symbolic"], runs=tmp_path, checkpoint=False)
    for item in random.Random(5).sample(items, 100):
        answer = agent.ask(item.asked.question, options=item.asked.options)
        said = STEPGAME.render(item, answer.value)
        assert (STEPGAME.official(item, said).value, STEPGAME.strict(item, answer.value).value) == (1, 1)


@needs_stories
def test_rules_answer_a_story_of_each_length(tmp_path: Path) -> None:
    agent = SpatialAgent("rules", tools=["symbolic"], runs=tmp_path, checkpoint=False)
    items = list(STEPGAME.read(REAL, "valid"))
    for k in STEPGAME.categories:
        story = next(item for item in items if item.category == k and honest(item)[1] == "consistent")
        assert agent.ask(story.asked.question, options=story.asked.options).value == story.target


@needs_stories
def test_rules_do_not_guess_at_a_story_that_says_nothing_clear(tmp_path: Path) -> None:
    item = next(item for item in STEPGAME.read(REAL, "valid") if honest(item)[0] == "")
    agent = SpatialAgent("rules", tools=["symbolic"], runs=tmp_path, checkpoint=False)
    answer = agent.ask(item.asked.question, options=item.asked.options)
    assert answer.status == "cannot tell"
    assert "Not read, so not used" in answer.details
