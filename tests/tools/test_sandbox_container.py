"""The sandbox made by a container engine, where one runs: what bubblewrap guarantees, and the same attacks."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from sandbox_kit import limits, outcomes, processes_with, python_job

from sightline.memory import InfrastructureError
from sightline.tools.sandbox import Ended, Sandbox, sandbox
from sightline.tools.sandbox.container import Container

KILLED = "it was killed, most likely for using more memory than it may"
CANARY = f"canary-{secrets.token_hex(8)}"


@pytest.fixture(params=["docker", "podman"])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """A working engine."""
    try:
        return sandbox(request.param)
    except InfrastructureError as error:
        pytest.skip(f"no engine here: {error}")


@pytest.fixture
def inside(engine: Sandbox) -> Callable[..., Ended]:
    return lambda code, **settings: engine.run(python_job(code, **settings))


def containers(engine: Sandbox) -> str:
    return subprocess.run(
        [engine.name, "ps", "--all", "--filter", "name=sightline-", "--quiet"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip


def test_files_in_and_out_and_nothing_left(engine: Sandbox, inside: Callable[..., Ended], tmp_path: Path) -> None:
    (tmp_path / CANARY).write_text("pixels")
    before = set(Path("/dev/shm").iterdir())
    ended = inside(
        f"""
        print(open("/in/target.png").read(), os.getcwd())
        attempt("input", lambda: open("/in/target.png", "w"))
        open("/box/x", "w"); open("/tmp/x", "w")
        open("/out/a.txt", "w").write("out")
        os.mkdir("/out/folder", 0o700); open("/out/folder/deep", "w")
        os.symlink("/etc/passwd", "/out/link")
        for name in ("mountinfo", "environ", "cmdline"):
            print({CANARY[:9]!r} + {CANARY[9:]!r} in open("/proc/self/" + name).read())
        """,
        inputs={"target.png": tmp_path / CANARY},
        outputs=("a.txt", "link", "folder"),
    )
    assert ended.stdout.splitlines() == ["pixels /box", outcomes_line(ended), "False", "False", "False"], ended
    assert ended.files == {"a.txt": b"out"}
    assert len(ended.problems) == 2
    assert containers(engine) == ""
    assert set(Path("/dev/shm").iterdir()) - before == set()


def outcomes_line(ended: Ended) -> str:
    line = ended.stdout.splitlines()[1]
    assert line.startswith("input refused")
    return line


def test_attacks(inside: Callable[..., Ended], isolated: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_CANARY", CANARY)
    secret = isolated / "secret"
    secret.write_text(CANARY)
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as abstract:
        abstract.bind(f"\0{CANARY}")
        abstract.listen()
        ended = inside(f"""
            import ctypes, errno, socket
            libc = ctypes.CDLL(None, use_errno=True)
            def connect(family, address):
                with socket.socket(family) as s:
                    s.connect(address)
            def call(what, *arguments):
                if getattr(libc, what)(*arguments) == -1:
                    raise OSError(ctypes.get_errno(), what)
            attempt("file", lambda: open({str(secret)!r}).read())
            attempt("tcp", lambda: connect(socket.AF_INET, ("127.0.0.1", {server.getsockname()[1]})))
            attempt("abstract", lambda: connect(socket.AF_UNIX, "\\0{CANARY}"))
            attempt("parent", lambda: open("/proc/{os.getpid()}/environ").read())
            for place in ("/", "/usr", "/usr/local", "/etc", "/in", "/var/tmp", "/run"):
                attempt("write" + place, lambda: open(place + "/x", "w"))
            attempt("vsock", lambda: call("socket", 40, 1, 0))
            attempt("mount", lambda: call("mount", b"none", b"/box", b"tmpfs", 0, None))
            attempt("unshare", lambda: call("unshare", 0x10000000))
            attempt("ptrace", lambda: call("ptrace", 16, 1, 0, 0))
            attempt("setuid", lambda: call("setuid", 0))
            print("fd", *os.listdir("/proc/self/fd"))
            print("variables", "SECRET_CANARY" in os.environ)
        """)
    came = outcomes(ended.stdout)
    assert came.pop("variables") == "False"
    assert came.pop("fd") == "0"
    assert set(came.values()) == {"refused"}
    assert len(came) == 16


def test_time_processes_and_daemons(inside: Callable[..., Ended]) -> None:
    marker = f"stubborn-{secrets.token_hex(8)}"
    ended = inside(
        f"""
        import signal
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        children = 0
        try:
            while True:
                if os.fork() == 0:
                    os.setsid()
                    os.execv("/bin/sleep", ["{marker}", "100"])
                children += 1
        except BlockingIOError:
            print("stopped after", children)
        time.sleep(100)
        """,
        limits=limits(wall_seconds=2, processes=30),
    )
    assert ended.reason == "it ran past 2 s"
    assert 10 < int(ended.stdout.split()[-1]) < 30
    assert processes_with(marker) == []


def test_memory_and_files(inside: Callable[..., Ended]) -> None:
    ended = inside("block = b'x' * (400 << 20)", limits=limits(memory_bytes=100 << 20))
    assert ended.reason == KILLED
    flood = """
        for number in range(1000):
            with open(f"/out/{number}", "wb") as file:
                file.write(b"x" * (4 << 20))
        time.sleep(60)
    """
    ended = inside(flood, limits=limits(disk_bytes=32 << 20))
    assert ended.reason in ("it wrote more than 32 MiB to /out", KILLED)
    assert (
        "No space" in inside("open('/box/x', 'wb').write(b'x' * (9 << 20))", limits=limits(disk_bytes=8 << 20)).stderr
    )


def test_lines(engine: Sandbox) -> None:
    process = engine.open(python_job("for line in sys.stdin: print('got', line.strip())"))
    assert process.write_line("1")
    assert process.read_line(10) == "got 1"
    assert process.kill().reason == "it was stopped"
    assert containers(engine) == ""


def test_without_an_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InfrastructureError, match="docker is not installed") as caught:
        Container("docker").check()
    assert caught.value.remedy == "apt-get install docker.io"


def test_an_engine_that_does_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Docker's client says this, word for word, where its daemon does not run."""
    client = tmp_path / "docker"
    client.write_text(
        "#!/bin/sh\necho 'Cannot connect to the Docker daemon at unix:///var/run/docker.sock.' >&2\nexit 1\n"
    )
    client.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InfrastructureError, match="Cannot connect to the Docker daemon") as caught:
        Container("docker").check()
    assert caught.value.remedy == "Try it by hand: docker info"
