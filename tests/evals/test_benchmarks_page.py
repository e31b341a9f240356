"""What docs/benchmarks.md says of each benchmark is what its file says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sightline.evals import NAMES, Benchmark, benchmark

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "benchmarks.md").read_text("utf-8")
ROWS = dict(re.findall(r"^\| `(\w+)` (\|.*\|)$", PAGE, re.MULTILINE))


def row(found: Benchmark) -> str:
    sizes = {variant: f"{number:,}" for variant, number in found.size.items() if number}
    several = ", ".join(f"{variant} {number}" for variant, number in sizes.items())
    said = several if len(found.size) > 1 else next(iter(sizes.values()))
    return f"| {found.title} | {said} | {found.licence} | {found.aggregate.about} |"


@pytest.mark.parametrize("name", ROWS)
def test_a_row_says_what_the_file_says(name: str) -> None:
    assert ROWS[name] == row(benchmark(name))


def test_every_benchmark_that_others_published_has_a_row() -> None:
    made_here = {"rooms", "orbits", "panoramas", "mazes", "motion", "rotation", "polycubes"}
    assert set(ROWS) == set(NAMES) - made_here


@pytest.mark.parametrize("name", ROWS)
def test_a_file_is_small(name: str) -> None:
    module = benchmark(name).read.__module__.rpartition(".")[2]
    lines = (ROOT / "evals" / "benchmarks" / f"{module}.py").read_text("utf-8").splitlines()
    assert len(lines) <= 250


@pytest.mark.parametrize("name", ROWS)
def test_a_benchmark_says_where_its_data_lie_and_what_official_means(name: str) -> None:
    found = benchmark(name)
    assert found.name == name
    assert found.source.layout
    assert found.source.hub or found.source.where or found.make
    assert found.protocol.extractor
    assert found.protocol.commit or not found.protocol.repository
