"""Where a benchmark's data lies: the folder a person names, the hub's download, or what is made here from seeds."""

from __future__ import annotations

from pathlib import Path

from sightline.evals.benchmark import Benchmark
from sightline.evals.reading import cache_folder, fetch
from sightline.memory import InputError

_DONE = ".complete"


def folder_of(benchmark: Benchmark, data: str, variant: str) -> Path:
    """The folder of a benchmark's data, downloaded or made if need be.

    Args:
        benchmark: Whose.
        data: A folder that a person names; "" for none.
        variant: Which variant is to be made.

    Raises:
        InputError: There is no such folder, or the data must be fetched by hand.
        InfrastructureError: It cannot be downloaded.
    """
    if data:
        folder = Path(data).expanduser()
        if not folder.is_dir():
            raise InputError(f"There is no folder {data}.", f"It must hold {benchmark.source.layout}.")
        return folder
    if benchmark.make is None:
        return fetch(benchmark.source, benchmark.name)
    folder = cache_folder() / benchmark.name / variant
    if not (folder / _DONE).is_file():
        import shutil

        shutil.rmtree(folder, ignore_errors=True)  # a making that was interrupted
        folder.mkdir(parents=True)
        benchmark.make(folder, variant)
        (folder / _DONE).touch()
    return folder
