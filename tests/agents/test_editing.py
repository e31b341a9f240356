"""A branch whose first step is an earlier run's with other arguments: both runs are kept, and the edit is obeyed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from sightline.agents import Answer, SpatialAgent
from sightline.memory import InputError, Workspace


def dots() -> NDArray[np.uint8]:
    """Two red squares on the left half and three on the right one, on white."""
    picture = np.full((200, 400, 3), 255, np.uint8)
    for x, y in ((40, 40), (120, 120), (230, 40), (300, 110), (360, 40)):
        picture[y : y + 30, x : x + 30] = (200, 30, 30)
    return picture


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> tuple[SpatialAgent, Answer]:
    agent = SpatialAgent("rules", runs=tmp_path_factory.mktemp("runs"), checkpoint=False)
    return agent, agent.ask("How many squares are there?", [dots()])


def test_an_edited_call_is_made_with_its_new_arguments(asked: tuple[SpatialAgent, Answer]) -> None:
    agent, answer = asked
    edit = {"1.1": {"image": "img1", "within": [0, 0, 200, 200]}}
    branched = agent.branch(answer.run, 0, edit=edit)
    assert (answer.value, branched.value) == (5, 2)
    first = branched.trace.steps[0]
    assert first.calls[0].call.arguments == edit["1.1"]
    assert first.reply is not None
    assert first.reply.message["data"]["tool_calls"][0]["args"] == edit["1.1"], "the model reads what was called"
    parent = Workspace.open(folder_of(answer))
    assert parent.answer is not None
    assert parent.answer.value == 5, "the parent stays as it was"
    assert branched.trace.started.parent.run == parent.started.run  # type: ignore[union-attr]


def test_only_calls_of_the_step_can_be_edited(asked: tuple[SpatialAgent, Answer]) -> None:
    agent, answer = asked
    before = sorted(path.name for path in folder_of(answer).parent.iterdir())
    with pytest.raises(InputError, match=r"Step 1 has no call 9\.9.*1\.1"):
        agent.branch(answer.run, 0, edit={"9.9": {}})
    with pytest.raises(InputError, match="no step 8"):
        agent.branch(answer.run, 7, edit={"8.1": {}})
    assert sorted(path.name for path in folder_of(answer).parent.iterdir()) == before, "no run is left behind"


async def test_a_branch_can_be_followed_from_its_shared_steps_on(asked: tuple[SpatialAgent, Answer]) -> None:
    agent, answer = asked
    heard = [item async for item in agent.astream_branch(answer.run, 1, "Look again.")]
    types = [item.type for item in heard]
    assert types[0] == "run_started"
    assert types[-1] == "answered"
    assert types.count("model_replied") >= 2
    assert [item.text for item in heard if item.type == "person_said"] == ["Look again."]  # type: ignore[union-attr]
    positions = [item.position for item in heard if item.type != "delta"]  # type: ignore[union-attr]
    assert positions == list(range(len(positions))), "nothing is told twice or left out"


def folder_of(answer: Answer) -> Path:
    return answer.trace.folder
