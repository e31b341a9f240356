"""Motion: a video in which something moves while the camera may turn; docs/synthetic.md."""

from __future__ import annotations

from sightline.evals.synthetic.suite.as_benchmark import as_benchmark
from sightline.evals.synthetic.suite.motion import SUITE

BENCHMARK = as_benchmark(
    SUITE, "Motion", "a video of a room where something moves, exact truth, by seed", 200, frames=12
)
