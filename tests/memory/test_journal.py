"""The journal: what was written is there again, whatever happened to the process that wrote it."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sightline.memory import InfrastructureError, InputError, Journal, PersonSaid, RunResumed, read_events
from sightline.memory.journal import write_journal

WORDS = ["first", "second\nline", "drei – 三", "\u2028 a line separator is no end of line"]


def write(path: Path, words: list[str], time: float = 0.0) -> None:
    with Journal(path) as journal:
        for text in words:
            journal.append(PersonSaid(text=text, time=time))


def read(path: Path) -> list[str]:
    return [event.text for event in read_events(path) if isinstance(event, PersonSaid)]


def test_events_come_back_in_order_with_position_and_time(tmp_path: Path) -> None:
    path = tmp_path / "run" / "trace.jsonl"
    write(path, WORDS)
    assert read(path) == WORDS
    events = list(read_events(path))
    assert [event.position for event in events] == [0, 1, 2, 3]
    assert all(event.time > 1.7e9 for event in events)
    assert path.stat().st_mode & 0o077 == 0  # what a person asked is theirs alone


@given(
    words=st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=20), min_size=1, max_size=5),
    data=st.data(),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_cut_off_anywhere_it_keeps_every_whole_line(tmp_path: Path, words: list[str], data: st.DataObject) -> None:
    path = tmp_path / "trace.jsonl"
    path.unlink(missing_ok=True)
    write(path, words, time=1.0)  # so that the same words make the same bytes
    whole = path.read_bytes()
    cut = data.draw(st.integers(0, len(whole)))
    path.write_bytes(whole[:cut])
    kept = words[: whole[:cut].count(b"\n")]
    assert read(path) == kept
    with Journal(path) as journal:
        assert [event.text for event in journal.recovered] == kept
        assert journal.append(PersonSaid(text="after")).position == len(kept)
    assert read(path) == [*kept, "after"]


def test_a_torn_line_longer_than_a_block_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "trace.jsonl"
    write(path, ["kept"])
    with path.open("ab") as file:
        file.write(b'{"type":"person_said","text":"' + b"x" * 200_000)
    write(path, ["next"])
    assert read(path) == ["kept", "next"]


@pytest.mark.parametrize("damage", [b"{not json}\n", b'{"type":"person_said"}\n', b'{"type":"unheard_of"}\n', b"\n"])
def test_damage_before_the_end_is_said_with_its_line(damage: bytes, tmp_path: Path) -> None:
    path = tmp_path / "trace.jsonl"
    write(path, ["one", "two"])
    first, second = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(first + damage + second)
    with pytest.raises(InputError, match="line 2: not a valid event") as caught:
        list(read_events(path))
    assert "\n" not in str(caught.value)
    with pytest.raises(InputError):
        Journal(path)
    # A journal that cannot be opened is not left locked.
    path.write_bytes(first + second)
    write(path, ["three"])


def test_a_missing_journal_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="There is no trace"):
        list(read_events(tmp_path / "trace.jsonl"))


def test_one_writer_at_a_time_in_one_process(tmp_path: Path) -> None:
    path = tmp_path / "trace.jsonl"
    with Journal(path), pytest.raises(InputError, match="being written"):
        Journal(path)
    write(path, ["free again"])


def test_a_writer_that_was_killed_leaves_no_lock(tmp_path: Path) -> None:
    path = tmp_path / "trace.jsonl"
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, time; from pathlib import Path; from sightline.memory import Journal, RunResumed\n"
            "journal = Journal(Path(sys.argv[1])); journal.append(RunResumed())\n"
            "print('held', flush=True); time.sleep(60)",
            str(path),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(InputError, match="being written by another process"):
            Journal(path)
        assert [event.type for event in read_events(path)] == ["run_resumed"]  # reading needs no lock
    finally:
        holder.kill()
        holder.communicate()
    with Journal(path) as journal:
        assert len(journal.recovered) == 1


def test_a_full_disk_is_said_and_leaves_the_journal_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "trace.jsonl"
    real_write = os.write
    with Journal(path) as journal:
        journal.append(PersonSaid(text="before"))

        def write_a_part(fd: int, data: bytes) -> int:
            return real_write(fd, data[: len(data) // 2])

        def refuse(fd: int, data: bytes) -> int:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        for full in (write_a_part, refuse):
            with monkeypatch.context() as patched:
                patched.setattr(os, "write", full)
                with pytest.raises(InfrastructureError, match="cannot be written") as caught:
                    journal.append(PersonSaid(text="lost"))
            assert "resume" in caught.value.remedy
        assert journal.append(PersonSaid(text="after")).position == 1
    assert read(path) == ["before", "after"]


def test_a_whole_journal_is_written_as_it_is(tmp_path: Path) -> None:
    source, target = tmp_path / "a.jsonl", tmp_path / "new" / "trace.jsonl"
    write(source, WORDS)
    write_journal(target, read_events(source))
    assert target.read_bytes() == source.read_bytes()
    assert [file.name for file in target.parent.iterdir()] == ["trace.jsonl"]
    assert target.stat().st_mode & 0o077 == 0


def test_closing_twice_is_safe(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "trace.jsonl")
    journal.append(RunResumed())
    journal.close()
    journal.close()
