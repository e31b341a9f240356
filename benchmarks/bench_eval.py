"""What running a benchmark costs beside the model's own time: wall time, questions a second, memory, bytes of log.

    python benchmarks/bench_eval.py [QUESTIONS] [CONNECTIONS]      # 1000 and 64 by default

A server in a process of its own answers on loopback, after two seconds (what a vision-language model takes) or at once.

    cot, 2 s          wall time beside the ideal, questions x 2 s / connections; target: at most 1.25 times
    cot, instant      the runner's ceiling in questions a second, beside bare Inspect (one `generate`, one `match`) on
                      the same questions, server and cores; target: at least 0.8 of it
    react, instant    two tool calls a question: seconds a question, and where they go
    memory            peak of the process at a tenth of the questions and at all of them: flat but for the questions

Questions for `cot, instant` have no picture, as Inspect's have none; all others have one of 320x240.
"""

from __future__ import annotations

import asyncio
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

DELAY = 2.0


# The server


def _reply(body: dict[str, Any]) -> dict[str, Any]:
    """Two drawings and an answer where there are tools, else words."""
    message: dict[str, Any] = {"role": "assistant", "content": "I look at it.\nANSWER: A"}
    if body.get("tools"):
        done = sum(entry["role"] == "tool" for entry in body["messages"])
        box = {"image": "img1", "boxes": [[5, 5, 90, 90 + done]], "labels": ["it"]}
        name, arguments = ("draw_box", box) if done < 2 else ("answer", {"value": "A"})
        call = {"id": f"c{done}", "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}
        message = {"role": "assistant", "content": None, "tool_calls": [call]}
    return {
        "id": "r",
        "object": "chat.completion",
        "created": 0,
        "model": "bench",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110},
    }


async def _serve(delay: float) -> None:
    """Chat Completions on loopback, as little as it takes; prints its port."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n"):
            length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
            body = json.loads(await reader.readexactly(int(length.split(b":")[1])))
            await asyncio.sleep(delay)
            data = json.dumps(_reply(body)).encode()
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(data))
            writer.write(data)

    async def until_gone(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await answer(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(until_gone, "127.0.0.1", 0, backlog=1024, limit=1 << 24)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@contextmanager
def _server(delay: float) -> Iterator[str]:
    process = subprocess.Popen(
        [sys.executable, __file__, "--serve", str(delay)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}/v1"
    finally:
        process.terminate()
        process.wait()


# What is measured, each in a process of its own


def _benchmark(count: int, picture: Path | None) -> Any:
    from sightline.evals import Benchmark, Item, Protocol, Source
    from sightline.evals.item import Asked
    from sightline.evals.scorers import Choice, strict
    from sightline.evals.scorers.aggregates import Micro
    from sightline.evals.scorers.extractors import first_word

    def read(folder: Path, variant: str) -> Iterator[Item]:
        for k in range(count):
            asked = Asked(f"Is thing {k} left of thing {k + 1}?", "choice", ("A. yes", "B. no"))
            asked = replace(asked, pictures=(picture,) if picture else ())
            yield Item(str(k), asked, "AB"[k % 2], "left", str(k))

    return Benchmark(
        name="blink",
        title="Bench",
        about="",
        licence="",
        size={"all": count},
        source=Source("anything"),
        protocol=Protocol("", "", "first word"),
        read=read,
        prompt=lambda item: item.asked.question,
        official=Choice(first_word),
        strict=strict,
        aggregate=Micro(),
        categories=("left",),
    )


def _task(arm: str, count: int, folder: Path, *, pictures: bool) -> Any:
    if arm == "bare":
        from inspect_ai import Task
        from inspect_ai.dataset import Sample
        from inspect_ai.scorer import match
        from inspect_ai.solver import generate

        text = "Is thing {} left of thing {}?\nA. yes\nB. no"
        samples = [Sample(text.format(k, k + 1), target="A", id=str(k)) for k in range(count)]
        return Task(dataset=samples, solver=generate(), scorer=match("end"))
    from PIL import Image

    from sightline.evals.running.setting_up import Asked, make_task

    picture = folder / "picture.jpg"
    rng = np.random.default_rng(0)
    Image.fromarray(rng.integers(0, 255, (15, 20, 3), dtype=np.uint8)).resize((320, 240)).save(picture)
    return make_task(_benchmark(count, picture if pictures else None), Asked(strategy=arm, data=str(folder)))


def _measure(arm: str, count: int, connections: int, url: str, pictures: bool) -> None:
    """Run once, and print what it took as JSON."""
    from inspect_ai import eval as evaluate
    from inspect_ai.model import get_model

    with tempfile.TemporaryDirectory() as folder:
        task = _task(arm, count, Path(folder), pictures=pictures)
        model = get_model("openai/bench", base_url=url, api_key="none", responses_api=False)
        begun, cpu = time.perf_counter(), time.process_time()
        (log,) = evaluate(
            task,
            model=model,
            log_dir=folder,
            display="none",
            ctl_server=False,
            max_connections=connections,
            max_samples=connections,
        )
        seconds, cpu = time.perf_counter() - begun, time.process_time() - cpu
        told: dict[str, Any] = {
            "seconds": seconds,
            "cpu": cpu,
            "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
            "log": Path(log.location).stat().st_size / count,
            "status": log.status,
        }
        if arm != "bare":
            from sightline.evals.running import read_run

            results = read_run(Path(log.location)).results
            told["answered"] = sum(result.outcome == "answered" for result in results)
            told["question"] = sum(result.seconds for result in results) / count
            told["tools"] = sum(result.tool_seconds for result in results) / count
        print(json.dumps(told))


def _run(arm: str, count: int, connections: int, delay: float, *, pictures: bool) -> dict[str, Any]:
    with _server(delay) as url:
        done = subprocess.run(
            [sys.executable, __file__, "--measure", arm, str(count), str(connections), url, str(int(pictures))],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert told["status"] == "success", told
    assert told.get("answered", count) == count, told
    return told


def main() -> None:
    """Measure everything and print a line for each."""
    if sys.argv[1:2] == ["--serve"]:
        asyncio.run(_serve(float(sys.argv[2])))
        return
    if sys.argv[1:2] == ["--measure"]:
        arm, count, connections, url, pictures = sys.argv[2:]
        _measure(arm, int(count), int(connections), url, bool(int(pictures)))
        return
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    connections = int(sys.argv[2]) if len(sys.argv) > 2 else 64
    ideal = count * DELAY / connections
    slow = _run("cot", count, connections, DELAY, pictures=True)
    print(f"{count} questions, {connections} connections")
    ratio = slow["seconds"] / ideal
    print(f"cot, 2 s: {slow['seconds']:.1f} s, {ratio:.2f} times the ideal {ideal:.1f} s (target: at most 1.25)")
    bare = _run("bare", count, connections, 0.0, pictures=False)
    fast = _run("cot", count, connections, 0.0, pictures=False)
    rates = count / bare["seconds"], count / fast["seconds"]
    print(
        f"cot, instant: {rates[1]:.1f} questions a second; bare Inspect {rates[0]:.1f}: "
        f"{rates[1] / rates[0]:.2f} of it (target: at least 0.8); CPU a question {fast['cpu'] / count * 1000:.1f} ms "
        f"and {bare['cpu'] / count * 1000:.1f} ms"
    )
    few = max(1, count // 10)
    seen = _run("react", few, connections, 0.0, pictures=True)
    print(
        f"react, instant, two tool calls: {seen['seconds'] / few * 1000:.0f} ms a question, "
        f"{seen['cpu'] / few * 1000:.0f} of them CPU; a question's own wall time {seen['question']:.2f} s "
        f"with {connections} side by side, {seen['tools']:.3f} s of it in tools"
    )
    small = _run("cot", few, connections, 0.0, pictures=True)
    large = _run("cot", count, connections, 0.0, pictures=True)
    print(f"memory: {small['peak'] / 1e6:.0f} MB at {few} questions, {large['peak'] / 1e6:.0f} MB at {count}")
    print(f"log: {large['log'] / 1e3:.1f} kB a question of cot with a picture, {seen['log'] / 1e3:.1f} kB of react")


if __name__ == "__main__":
    main()
