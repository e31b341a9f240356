"""A job that is kept open and spoken to in lines."""

from __future__ import annotations

import threading
import time

import pytest
from sandbox_kit import limits, processes_with, python_job

from sightline.tools.sandbox import Process, sandbox

ECHO = """
for line in sys.stdin:
    print("got", line.rstrip("\\n"))
"""


def opened(code: str, **settings: object) -> Process:
    return sandbox().open(python_job(code, **settings))


def test_lines_go_both_ways_and_keep_their_order() -> None:
    process = opened(ECHO)
    try:
        for number in range(200):
            assert process.write_line(f"{number} é")
        assert [process.read_line(10) for _ in range(200)] == [f"got {number} é" for number in range(200)]
        assert process.read_line(0.05) is None
        assert not process.closed
        assert process.ended is None
    finally:
        ended = process.kill("the test is over")
    assert (ended.code, ended.reason, ended.stdout) == (None, "the test is over", "")
    assert process.closed
    assert not process.write_line("x")
    assert process.read_line(1) is None


def test_what_it_said_before_it_ended_can_still_be_read() -> None:
    process = opened("print('one'); print('two'); print('oops', file=sys.stderr); sys.exit(3)", outputs=("missing",))
    while not process.closed:
        time.sleep(0.01)
    assert process.read_line(1) == "one"
    assert process.read_line(1) == "two"
    assert process.read_line(1) is None
    ended = process.ended
    assert ended is not None
    assert (ended.code, ended.stderr, ended.reason) == (3, "oops\n", "")
    assert ended.problems == ("missing was not written to /out.",)


def test_a_line_too_long_ends_it() -> None:
    process = opened("print('x' * 5000)\ntime.sleep(60)", limits=limits(output_bytes=1000))
    assert process.read_line(10) is None
    assert process.ended is not None
    assert process.ended.reason == "it wrote a line longer than 1000 bytes"


def test_a_line_without_end_fills_no_memory() -> None:
    process = opened("while True: os.write(1, b'x' * 65536)", limits=limits(output_bytes=100_000))
    assert process.read_line(30) is None
    assert process.ended is not None
    assert process.ended.reason == "it wrote a line longer than 97.7 KiB"


def test_lines_that_nobody_reads_wait_in_the_process() -> None:
    process = opened("""
        number = 0
        while True:
            number += 1
            print("x" * 1000)
            print(number, file=sys.stderr)
    """)
    time.sleep(0.5)
    ended = process.kill()
    assert 0 < int(ended.stderr.split()[-1]) < 200, "a pipe holds 64 KiB"


def test_a_process_that_does_not_read_is_killed() -> None:
    process = opened("time.sleep(60)")
    line = "x" * (1 << 20)
    assert not process.write_line(line, timeout=0.3)
    assert process.ended is not None
    assert process.ended.reason == "it did not read what it was sent"


def test_long_lines_pass() -> None:
    process = opened("print(len(sys.stdin.readline()))\nprint('y' * 3_000_000)", limits=limits(output_bytes=4 << 20))
    assert process.write_line("x" * 5_000_000)
    assert process.read_line(20) == "5000001"
    assert process.read_line(20) == "y" * 3_000_000
    process.kill()


def test_one_line_at_a_time() -> None:
    process = opened(ECHO)
    with pytest.raises(ValueError, match="end of line"):
        process.write_line("a\nb")
    process.kill()


def test_a_process_that_closes_its_output_is_still_held() -> None:
    process = opened("os.close(1)\nos.close(2)\ntime.sleep(60)")
    assert process.read_line(0.3) is None
    assert not process.closed
    assert process.kill().reason == "it was stopped"
    assert processes_with("/in/attack.py") == []


def test_bytes_that_are_no_text_and_empty_lines() -> None:
    process = opened(r"os.write(1, b'\xff\n\n\x00z\n')")
    assert [process.read_line(10) for _ in range(3)] == ["\N{REPLACEMENT CHARACTER}", "", "\0z"]
    process.kill()


def test_limits_hold_and_killing_leaves_nothing() -> None:
    process = opened(
        """
        if os.fork() == 0:
            os.setsid()
            time.sleep(60)
        print("up")
        block = b"x" * (400 << 20)
        time.sleep(60)
        """,
        limits=limits(memory_bytes=200 << 20),
    )
    assert process.read_line(10) == "up"
    assert process.read_line(20) is None
    assert process.ended is not None
    assert process.ended.reason == "it used more than 200 MiB of memory"
    assert processes_with("/in/attack.py") == []


def test_it_outlives_the_thread_that_opened_it() -> None:
    found: list[Process] = []
    thread = threading.Thread(target=lambda: found.append(opened(ECHO)))
    thread.start()
    thread.join()
    time.sleep(0.2)
    assert found[0].write_line("still there")
    assert found[0].read_line(10) == "got still there"
    found[0].kill()


def test_killed_while_another_thread_reads() -> None:
    process = opened("time.sleep(60)")
    threading.Timer(0.3, process.kill).start()
    begun = time.monotonic()
    assert process.read_line(30) is None
    assert time.monotonic() - begun < 10
    assert process.closed


def test_files_while_it_lives() -> None:
    process = opened("open('/out/a.txt', 'w').write('1')\nos.symlink('/etc/passwd', '/out/b')\nprint('ok')\ninput()")
    assert process.read_line(10) == "ok"
    files, problems = process.files(("a.txt", "b"))
    assert files == {"a.txt": b"1"}
    assert problems == ("b was not taken from /out: it is no plain file.",)
    process.kill()
    assert process.files(("a.txt",)) == ({}, ())
