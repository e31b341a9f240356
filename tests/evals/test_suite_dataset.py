"""Sets of questions on disk: what is written is read back, and what is wrong with a file is told in one line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from sightline.evals.reading import DataError
from sightline.evals.synthetic.suite.dataset import (
    RESERVED,
    Question,
    read_about,
    read_questions,
    reader,
    write_dataset,
)
from sightline.memory import InputError


def some(folder: Path, count: int = 3, seed: int = RESERVED) -> Iterator[tuple[int, Question]]:
    (folder / "pictures").mkdir(parents=True, exist_ok=True)
    (folder / "scenes" / "room0").mkdir(parents=True, exist_ok=True)
    for k in range(count):
        name = f"pictures/{k}.png"
        Image.new("RGB", (32, 24), (k, 90, 90)).save(folder / name)
        yield (
            seed + k,
            Question(
                id=f"q{k}",
                question="Which is <nearer>?</script>",
                kind="choice",
                answer="AB"[k % 2],
                category="nearer",
                cluster=f"room{k}",
                options=("A. the red mug", "B. the blue mug"),
                pictures=(name,),
                scene="scenes/room0",
                margin=0.25,
                pair="p0",
                variation="flip" if k % 2 else "",
                facts={"boxes": {"red mug": [[0.1, 0.2, 0.3, 0.4]]}},
            ),
        )


@pytest.fixture
def written(tmp_path: Path) -> Path:
    write_dataset(tmp_path / "set", "rooms", RESERVED, some(tmp_path / "set"))
    return tmp_path / "set"


def test_what_is_written_is_read_back(written: Path) -> None:
    assert list(read_questions(written)) == [q for _, q in some(written)]
    about = read_about(written)
    assert (about.name, about.split, about.questions) == ("rooms", "test", 3)
    assert (about.first_seed, about.last_seed, dict(about.categories)) == (RESERVED, RESERVED + 2, {"nearer": 3})


def test_items_hold_the_truth_apart_from_what_is_shown(written: Path) -> None:
    item = next(reader("rooms")(written, "test"))
    assert item.asked.pictures == (written / "pictures/0.png",)
    assert item.target == "A"
    assert item.facts["scene"] == str(written / "scenes/room0")
    assert item.facts["margin"] == 0.25


def test_reading_is_lazy(written: Path) -> None:
    path = written / "questions.jsonl"
    first = path.read_text().splitlines()[0]
    path.write_text(first + "\nno json\n")
    items = reader("rooms")(written, "test")
    assert next(items).id == "q0"
    with pytest.raises(DataError, match=r"questions\.jsonl, line 2"):
        next(items)


def changed(key: str, value: object) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = folder / "questions.jsonl"
        lines = path.read_text().splitlines()
        data = json.loads(lines[1])
        data[key] = value
        lines[1] = json.dumps(data)
        path.write_text("\n".join(lines) + "\n")

    return change


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (changed("answer", "C"), 'questions.jsonl, line 2, field "answer": .*C.* none of A, B'),
        (changed("kind", "essay"), 'line 2, field "kind"'),
        (changed("question", " "), 'line 2, field "question": it is blank'),
        (changed("options", []), 'line 2, field "options": the list is empty'),
        (changed("pictures", ["pictures/lost.png"]), 'line 2, field "pictures": there is no pictures/lost.png'),
        (changed("pictures", ["../../secret.png"]), 'field "pictures": .*does not lie in the set'),
        (changed("margin", "wide"), 'line 2, field "margin": a number is needed'),
        (changed("facts", []), 'line 2, field "facts": an object is needed'),
        (lambda folder: (folder / "dataset.json").unlink(), "dataset.json: there is no such file .* cut off"),
        (lambda folder: (folder / "dataset.json").write_text('{"format"'), "dataset.json: it is no JSON"),
        (lambda folder: (folder / "dataset.json").write_text("{}"), 'dataset.json, field "format"'),
        (lambda folder: (folder / "pictures/1.png").unlink(), "there is no pictures/1.png"),
    ],
)
def test_a_fault_is_told_with_its_place(written: Path, fault: Callable[[Path], None], said: str) -> None:
    fault(written)
    with pytest.raises(DataError, match=said):
        list(reader("rooms")(written, "test"))


def test_a_set_that_lost_its_end_is_no_smaller_set(written: Path) -> None:
    path = written / "questions.jsonl"
    path.write_text("\n".join(path.read_text().splitlines()[:2]) + "\n")
    with pytest.raises(DataError, match=r"it has 2 questions, and dataset\.json says 3"):
        list(reader("rooms")(written, "test"))


def test_test_questions_are_not_read_for_training_nor_another_suite(written: Path) -> None:
    with pytest.raises(DataError, match="it is for test, not for train: use --variant test"):
        list(reader("rooms")(written, "train"))
    with pytest.raises(DataError, match="it holds rooms, not orbits"):
        list(reader("orbits")(written, "test"))


@pytest.mark.parametrize(("seed", "split"), [(0, "train"), (RESERVED - 3, "train"), (RESERVED, "test")])
def test_seeds_say_what_a_set_is_for(tmp_path: Path, seed: int, split: str) -> None:
    assert write_dataset(tmp_path, "rooms", seed, some(tmp_path, 3, seed)).split == split


@pytest.mark.parametrize("seed", [RESERVED - 2, -1])
def test_a_set_of_both_splits_is_refused_and_left_unfinished(tmp_path: Path, seed: int) -> None:
    with pytest.raises(InputError, match=r"partly for training|A seed is 0 or more"):
        write_dataset(tmp_path, "rooms", seed, some(tmp_path, 3, seed))
    with pytest.raises(DataError, match=r"dataset\.json"):
        read_about(tmp_path)


def test_a_set_is_never_written_over_another(written: Path) -> None:
    with pytest.raises(InputError, match="holds questions already"):
        write_dataset(written, "rooms", RESERVED, some(written))


def test_a_suite_without_questions_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no question"):
        write_dataset(tmp_path, "rooms", 0, iter(()))


def test_the_gallery_asks_for_nothing_from_elsewhere_and_a_question_cannot_end_its_script(written: Path) -> None:
    page = (written / "index.html").read_text()
    assert "http:" not in page
    assert "https:" not in page
    assert page.count("</script>") == 2
    assert "[[" not in page.replace("[[0", "")
    for number in range(3):
        assert f"pictures/{number}.png" in page
