"""How fast synthetic rooms are rendered: colour, depth and ids at 512x512, all cores of the process.

    python benchmarks/bench_synthetic.py

Medians over rooms and views, of the time that passed and of the processors' time (which other programs on the machine
disturb less; divided by the number of cores it is what an idle machine would take at best). The target is 0.1 s a view
on two cores. Beside it: a 1024x512 panorama, a 320x240 frame of a video, one thread alone, and an exact distance.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable

from sightline.evals.synthetic import CameraSpec, cameras_around, make_room, truth
from sightline.evals.synthetic.render import render

ROOMS, VIEWS = 3, 6


def measured(work: list[Callable[[], object]]) -> tuple[float, float]:
    """Median seconds that passed, and of the processors."""
    passed, used = [], []
    for job in work:
        start, start_used = time.perf_counter(), time.process_time()
        job()
        passed.append(time.perf_counter() - start)
        used.append(time.process_time() - start_used)
    return statistics.median(passed), statistics.median(used)


def main() -> None:
    """Print the table."""
    rooms = [make_room(seed, walker=True, mirror=True, glass=True) for seed in range(ROOMS)]
    shots = [(room, camera) for room in rooms for camera in cameras_around(room, VIEWS)]
    around = [(room, CameraSpec((0.0, 0.0, 1.5), kind="panorama")) for room in rooms]
    start = time.perf_counter()
    render(*shots[0], (512, 512))
    print(f"first picture of the process, textures and all: {time.perf_counter() - start:.1f} s")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    print(f"{'':<28}{'s passed':>10}{'s of CPU':>10}{f'/ {cores} cores':>10}")
    rows = {
        "view 512x512 (target 0.1)": [lambda a=a, b=b: render(a, b, (512, 512)) for a, b in shots],
        "frame 320x240": [lambda a=a, b=b: render(a, b, (320, 240)) for a, b in shots],
        "panorama 1024x512": [lambda a=a, b=b: render(a, b, (1024, 512)) for a, b in around],
        "distance of two things": [
            lambda r=room, k=k: truth.distance_between(r.objects[k], r.objects[k + 2])
            for room in rooms
            for k in (1, 3, 6)
        ],
    }
    for name, work in rows.items():
        passed, used = measured(work)
        print(f"{name:<28}{passed:>10.4f}{used:>10.4f}{used / cores:>10.4f}")


if __name__ == "__main__":
    main()
