"""Every tool in the catalogue, whatever family comes later: its schema, its words, and its example on a photo."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from servers import schema_problems
from tool_kit import SaidBefore, call, raised_by, seeing, workspace_in

from sightline.geometry.dialects import DIALECTS
from sightline.memory import InputError
from sightline.tools import FAMILIES, Tool, all_tools, find, select
from sightline.tools.binding import write_places

TOOLS = all_tools()
PROVIDERS = ("openai", "anthropic", "gemini", "inspect")

every_tool = pytest.mark.parametrize("instrument", TOOLS, ids=[t.name for t in TOOLS])


@pytest.fixture
def photos(tmp_path: Path, repository: Path) -> Any:
    samples = repository / "demos" / "samples"
    with workspace_in(tmp_path, samples / "coffee.png", samples / "chelsea.png") as workspace:
        yield workspace


@every_tool
@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
def test_its_schema_survives_every_provider(instrument: Tool, dialect: Any) -> None:
    schema = instrument.schema(seeing(dialect))
    assert json.loads(json.dumps(schema)) == schema
    problems = {provider: schema_problems(schema, provider) for provider in PROVIDERS}
    assert problems == {provider: [] for provider in PROVIDERS}


@every_tool
def test_it_is_called_and_described_as_providers_and_readers_want(instrument: Tool) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_]{0,63}", instrument.name)
    assert instrument.name != "answer"  # the loop's own
    assert instrument.summary.endswith((".", "?"))
    assert len(instrument.description) <= 1024  # OpenAI's limit
    for parameter in instrument.parameters:
        assert parameter.description.endswith((".", "?")), parameter.name
    assert instrument.time_limit > 0
    assert instrument.family in FAMILIES


@every_tool
@pytest.mark.parametrize("dialect", ["pixels", "permille_yx"])
def test_its_example_works_on_a_photo(instrument: Tool, dialect: str, photos: Any) -> None:
    look = SaidBefore(['{"visible": true, "box": [100, 120, 300, 240]}'])
    sees = seeing(DIALECTS[dialect], longest=400)
    finished = call(instrument, instrument.example, photos, sees, look)
    assert finished.outcome == "ok", f"{finished.text}\n{finished.detail}"
    told = write_places(photos, sees, photos.calls["t.1"].text)
    assert told.strip()
    assert "\N{MATHEMATICAL LEFT WHITE SQUARE BRACKET}" not in told
    assert "\N{MATHEMATICAL RIGHT WHITE SQUARE BRACKET}" not in told
    for handle in photos.calls["t.1"].made:
        assert handle in told  # a reader without pictures learns what was made


@every_tool
def test_its_example_gives_every_argument_it_needs(instrument: Tool) -> None:
    assert {p.name for p in instrument.parameters if p.required} <= set(instrument.example)


def test_names_are_unique_and_families_hold_their_own() -> None:
    assert len({t.name for t in TOOLS}) == len(TOOLS)
    for family in FAMILIES:
        assert {t.family for t in select([family])} <= {family, "memory"}


def test_selecting_by_family_and_name() -> None:
    assert [t.name for t in select()] == [t.name for t in TOOLS]
    assert [t.name for t in select([])] == ["plan", "note", "recall"]
    assert [t.name for t in select(["ask_image", "memory"])] == ["ask_image", "plan", "note", "recall"]
    assert find("recall").name == "recall"


def test_an_unknown_name_is_told_with_what_is_near() -> None:
    assert "Did you mean recall" in raised_by(lambda: find("recal"), InputError)
    assert "Did you mean drawing" in raised_by(lambda: select(["drawings"]), InputError)
    assert "Known: " in raised_by(lambda: select(["qqqq"]), InputError)
