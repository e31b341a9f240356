"""Limits of the sandbox: what a job takes too much of ends it, in words, and harms nothing outside."""

from __future__ import annotations

import math
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sandbox_kit import inside, limits, outcomes, processes_with, python_job, sandboxes_of_this_process

from sightline.tools.sandbox import sandbox


def memory_of_the_host() -> int:
    lines = Path("/proc/meminfo").read_text("ascii").splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith("MemAvailable"))


def test_nothing_is_left_open_here() -> None:
    sandbox()
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        inside("print('x')")
        inside("time.sleep(60)", limits=limits(wall_seconds=0.1))
        process = sandbox().open(python_job("input()"))
        process.kill()
        del process
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_many_jobs_at_once_keep_apart() -> None:
    def run(number: int) -> bytes:
        code = f"open('/out/x', 'w').write('{number}'); time.sleep(0.2); print(open('/out/x').read())"
        ended = inside(code, outputs=("x",), inputs={"number": str(number).encode()})
        assert ended.stdout == f"{number}\n", ended
        return ended.files["x"]

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(run, range(16))) == [str(number).encode() for number in range(16)]


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user's jobs run as that user, without rights")
def test_jobs_of_root_are_not_root_to_the_kernel() -> None:
    marker = f"whose-{secrets.token_hex(8)}"
    process = sandbox().open(python_job(f"os.execv('/bin/sh', ['sh', '-c', 'echo up; read x; : {marker}'])"))
    assert process.read_line(20) == "up"
    users = set()
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if marker.encode() in (place / "cmdline").read_bytes():
                status = (place / "status").read_text("utf-8")
                users |= {int(n) for line in status.splitlines() if line.startswith("Uid:") for n in line.split()[1:]}
        except OSError:  # it has ended
            continue
    process.kill()
    assert users
    assert all(user >= 1_900_000_000 for user in users)


# ------------------------------------------------------------------------- processes
def test_a_fork_bomb_finds_the_end() -> None:
    marker = f"bomb-{secrets.token_hex(8)}"
    ended = inside(
        f"""
        import ctypes
        children = 0
        try:
            while True:
                if os.fork() == 0:
                    os.execv("/bin/sleep", ["{marker}", "100"])
                children += 1
        except BlockingIOError as error:
            print("stopped after", children, error.strerror)
        """,
        limits=limits(processes=40),
    )
    words = ended.stdout.split()
    assert words[:2] == ["stopped", "after"]
    assert 30 <= int(words[2]) < 40
    assert processes_with(marker) == []


def test_a_fork_bomb_that_goes_on_is_killed_whole() -> None:
    ended = inside(
        """
        def bomb():
            while True:
                try:
                    os.fork()
                except BlockingIOError:
                    pass
        bomb()
        """,
        limits=limits(wall_seconds=1.5),
    )
    assert (ended.code, ended.reason) == (None, "it ran past 1.5 s")
    assert processes_with("/in/attack.py") == []
    assert sandboxes_of_this_process() == []


def test_threads_count_as_processes() -> None:
    ended = inside(
        """
        import threading
        try:
            for number in range(100):
                threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
        except RuntimeError:
            print("stopped after", number)
        os._exit(0)
        """,
        limits=limits(processes=20),
    )
    assert 10 <= int(ended.stdout.split()[-1]) < 20


# ------------------------------------------------------------------------- memory
GREEDY = {
    "one process": """
        blocks = []
        while len(blocks) < 64 * 16:
            blocks.append(b"x" * (64 << 20))
    """,
    "many processes": """
        for _ in range(20):
            if os.fork() == 0:
                block = b"x" * (60 << 20)
                time.sleep(60)
        time.sleep(60)
    """,
    "shared memory": """
        import mmap
        blocks = []
        for _ in range(64 * 16):
            blocks.append(mmap.mmap(-1, 64 << 20))
            blocks[-1].write(b"x" * (64 << 20))
    """,
    "page tables": """
        import mmap
        blocks = []
        for _ in range(400):
            blocks.append(mmap.mmap(-1, 64 << 30, mmap.MAP_PRIVATE | 0x4000))
            blocks[-1].madvise(15)  # no huge pages
            for at in range(0, 64 << 30, 2 << 20):
                blocks[-1][at]
    """,
    "files in memory": """
        for place in ("/box", "/out", "/tmp"):
            for number in range(1000):
                with open(f"{place}/{number}", "wb") as file:
                    file.write(b"x" * (16 << 20))
    """,
    "empty files": """
        number = 0
        while True:
            os.mknod(f"/box/{number}")
            number += 1
    """,
}


@pytest.mark.parametrize("way", GREEDY)
def test_memory_of_the_group_is_limited_whichever_way_it_is_taken(way: str) -> None:
    before = memory_of_the_host()
    ended = inside(
        f"import sys\nsys.setswitchinterval(1)\n{GREEDY[way]}".replace("\n        ", "\n"),
        limits=limits(memory_bytes=192 << 20, disk_bytes=512 << 20, processes=64, wall_seconds=60, cpu_seconds=60),
    )
    assert ended.reason == "it used more than 192 MiB of memory", ended
    assert ended.code is None
    assert memory_of_the_host() > before - (1 << 30), "it is given back"


def test_pages_that_processes_share_count_once() -> None:
    ended = inside(
        """
        block = b"x" * (100 << 20)
        children = []
        for _ in range(6):
            child = os.fork()
            if child == 0:
                time.sleep(0.5)
                os._exit(0)
            children.append(child)
        for child in children:
            os.waitpid(child, 0)
        print("done")
        """,
        limits=limits(memory_bytes=300 << 20),
    )
    assert (ended.stdout, ended.reason) == ("done\n", "")


def test_allocating_64_gigabytes_at_once() -> None:
    ended = inside("attempt('allocate', lambda: len(b'x' * (64 << 30)))", limits=limits(memory_bytes=256 << 20))
    assert "REACHED" not in ended.stdout
    assert ended.reason == "it used more than 256 MiB of memory" or "refused MemoryError" in ended.stdout


# ------------------------------------------------------------------------- files and output
def test_writing_100_gigabytes_fills_nothing_of_the_host() -> None:
    before = shutil.disk_usage("/").free
    ended = inside(
        """
        written = 0
        for place in ("/box", "/out", "/tmp", "/dev/shm"):
            try:
                for number in range(100_000):
                    with open(f"{place}/{number}", "wb", buffering=0) as file:
                        written += file.write(b"x" * (1 << 20))
            except OSError as error:
                print(place, error.strerror)
        print(written >> 20)
        """,
        limits=limits(memory_bytes=1 << 30),
    )
    *full, written = ended.stdout.splitlines()
    assert [line.partition(" ")[2] for line in full] == ["No space left on device"] * 4
    assert 240 <= int(written) <= 256
    assert shutil.disk_usage("/").free > before - (256 << 20)


def test_one_file_has_a_largest_size() -> None:
    ended = inside(
        """
        with open("/box/one", "wb", buffering=0) as file:
            attempt("sparse", lambda: file.truncate(100 << 30))
            attempt("write", lambda: [file.write(b"x" * (1 << 20)) for _ in range(10)])
        """,
        limits=limits(file_bytes=4 << 20),
    )
    assert outcomes(ended.stdout) == {"sparse": "refused", "write": "refused"}


def test_printing_for_ever_is_cut_and_ends() -> None:
    ended = inside("while True: os.write(1, b'x' * 65536)", limits=limits(output_bytes=10_000))
    assert ended.reason == "it printed more than 2.44 MiB"
    printed, _, note = ended.stdout.partition("\n")
    assert printed == "x" * 10_000
    assert note.startswith("[cut: ")
    assert note.endswith("were printed, the first 9.77 KiB are shown]")


def test_stdout_and_stderr_are_kept_apart_and_cut_apart() -> None:
    ended = inside("print('y' * 5000); print('no', file=sys.stderr)", limits=limits(output_bytes=100))
    assert ended.stdout.startswith("y" * 100 + "\n[cut: 4.88 KiB were printed")
    assert (ended.stderr, ended.code) == ("no\n", 0)


def test_what_is_no_text_is_replaced() -> None:
    assert inside(r"os.write(1, b'a\xff\n')").stdout == "a\N{REPLACEMENT CHARACTER}\n"


# ------------------------------------------------------------------------- time
def test_a_job_that_ignores_every_signal_is_killed_within_a_second_of_its_limit() -> None:
    marker = f"stubborn-{secrets.token_hex(8)}"
    ended = inside(
        f"""
        import signal
        for number in set(signal.Signals) - {{signal.SIGKILL, signal.SIGSTOP}}:
            signal.signal(number, signal.SIG_IGN)
        for _ in range(5):
            if os.fork() == 0:
                os.setsid()
                os.execv("/bin/sleep", ["{marker}", "100"])
        print("asleep")
        time.sleep(100)
        """,
        limits=limits(wall_seconds=1),
    )
    assert (ended.stdout, ended.reason, ended.code) == ("asleep\n", "it ran past 1 s", None)
    assert 1 <= ended.seconds < 2
    assert processes_with(marker) == []


def test_cpu_time_of_all_processes_counts_together() -> None:
    ended = inside(
        """
        for _ in range(3):
            if os.fork() == 0:
                while True: pass
        os.wait()
        """,
        limits=limits(cpu_seconds=0.5),
    )
    assert ended.reason == "it used more than 0.5 s of CPU time"


def test_cpu_time_of_processes_that_have_ended_counts_too() -> None:
    ended = inside(
        """
        while True:
            if os.fork() == 0:
                until = time.process_time() + 0.05
                while time.process_time() < until: pass
                os._exit(0)
            os.wait()
        """,
        limits=limits(cpu_seconds=0.5),
    )
    assert ended.reason == "it used more than 0.5 s of CPU time"


def test_a_job_goes_when_its_host_process_is_killed() -> None:
    marker = f"orphan-{secrets.token_hex(8)}"
    program = f"""
import sys
sys.path[:] = {sys.path!r}
from sightline.tools.sandbox import Job, sandbox
process = sandbox().open(Job(("/bin/sh", "-c", "echo up; sleep 100; : {marker}")))
print(process.read_line(20), flush=True)
sys.stdin.read()
"""
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as host:
        assert host.stdout is not None
        assert host.stdout.readline() == "up\n"
        assert processes_with(marker)
        os.kill(host.pid, signal.SIGKILL)
        host.wait()
    for _ in range(500):
        if not processes_with(marker):
            break
        time.sleep(0.01)
    assert processes_with(marker) == []


@pytest.mark.parametrize("changed", [{"wall_seconds": 0}, {"memory_bytes": -1}, {"cpu_seconds": math.nan}])
def test_limits_are_numbers_above_zero(changed: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="above zero"):
        limits(**changed)
