"""Where a benchmark's data lies: the folder a person names, the hub's download, or what is made here from seeds."""

from __future__ import annotations

from pathlib import Path

from sightline.evals.benchmark import Benchmark
from sightline.memory import InputError


def folder_of(benchmark: Benchmark, data: str) -> Path:
    """The folder of a benchmark's data, downloaded if need be.

    Args:
        benchmark: Whose.
        data: A folder that a person names; "" for none.

    Raises:
        InputError: There is no such folder, or the data must be fetched by hand.
        InfrastructureError: It cannot be downloaded.
    """
    if data:
        folder = Path(data).expanduser()
        if not folder.is_dir():
            raise InputError(f"There is no folder {data}.", f"It must hold {benchmark.source.layout}.")
        return folder
    raise InputError(
        f"The data of {benchmark.title} must be fetched by hand.",
        f"{benchmark.source.where} Then name its folder: --data DIR.",
    )
