"""Without a sandbox nothing runs: what is said, and the command that mends it. And the sandbox for an ordinary user."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sandbox_kit import python_job

from sightline.memory import InfrastructureError
from sightline.tools.sandbox import Job, sandbox
from sightline.tools.sandbox.bubblewrap import Bubblewrap

TESTS = Path(__file__).parents[1]
ORDINARY = 1_800_000_001
"""A user that no machine has."""

REFUSED = """
import sys
from sightline.memory import InfrastructureError
from sightline.tools.sandbox import Job, sandbox
try:
    print(sandbox("bubblewrap").run(Job(("/bin/echo", "ran"))).stdout)
except InfrastructureError as error:
    print(error.message, "|", error.remedy)
"""


def test_without_bubblewrap_nothing_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    bare = Bubblewrap()
    for use in (bare.check, lambda: bare.run(python_job("")), lambda: bare.open(python_job(""))):
        with pytest.raises(InfrastructureError, match="is not installed") as caught:
            use()
        assert caught.value.remedy == "apt-get install bubblewrap"


def test_a_bubblewrap_that_is_too_old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Version 0.6 says this, word for word."""
    old = tmp_path / "bwrap"
    old.write_text("#!/bin/sh\necho 'bwrap: Unknown option --disable-userns' >&2\nexit 1\n")
    old.chmod(0o755)
    tmp_path.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InfrastructureError) as caught:
        Bubblewrap().run(Job(("/bin/true",)))
    assert "Version 0.8 or later is needed" in caught.value.remedy


def test_a_machine_that_forbids_user_namespaces() -> None:
    """A real one: a user namespace in which no further one may be made."""
    forbid = [
        "unshare",
        "--user",
        "--map-root-user",
        "sh",
        "-c",
        'echo 0 >/proc/sys/user/max_user_namespaces; exec "$@"',
    ]
    if subprocess.run([*forbid, "sh", "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("this machine lets nobody make such a user namespace")
    done = subprocess.run(
        [*forbid, "sh", sys.executable, "-c", REFUSED], capture_output=True, text=True, check=True, timeout=60
    )  # fmt: skip
    assert "bubblewrap refuses to make a sandbox" in done.stdout
    assert done.stdout.rstrip().endswith("| sysctl -w user.max_user_namespaces=10000")
    assert "ran" not in done.stdout.split()


def test_an_unknown_sandbox() -> None:
    with pytest.raises(ValueError, match="bubblewrap"):
        sandbox("chroot")


def test_a_program_that_is_not_there_is_the_job_s_own_failure() -> None:
    ended = sandbox("bubblewrap").run(Job(("/bin/no-such-program",)))
    assert ended.code == 127
    assert "no-such-program" in ended.stderr


def test_a_command_is_needed() -> None:
    with pytest.raises(ValueError, match="needs a command"):
        Job(())
    with pytest.raises(ValueError, match="zero byte"):
        Job(("/bin/echo", "a\0b"))
    with pytest.raises(ValueError, match="no name of a variable"):
        Job(("/bin/echo",), environment={"A=B": ""})


def as_ordinary_user(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python as a user without rights, by an interpreter that such a user can reach; skip where there is none."""
    if os.geteuid() != 0:
        pytest.skip("these tests run as an ordinary user already")
    folders = os.pathsep.join(entry for entry in sys.path if entry and Path(entry).is_dir())
    for interpreter in (sys.executable, "/usr/bin/python3"):
        command = [interpreter, "-c", "import sightline.tools.sandbox, pytest, numpy"]
        environment = {"PYTHONPATH": folders, "HOME": "/nonexistent", "PATH": "/usr/bin:/bin", "CI": "true"}
        user = {"user": ORDINARY, "group": ORDINARY, "extra_groups": []}
        try:
            subprocess.run(command, env=environment, cwd="/", capture_output=True, check=True, timeout=60, **user)  # type: ignore[call-overload]
        except (OSError, subprocess.CalledProcessError):
            continue
        return subprocess.run(  # type: ignore[no-any-return, call-overload]
            [interpreter, *arguments], env=environment, cwd=TESTS.parent, capture_output=True, text=True,
            timeout=500, check=False, **user,
        )  # fmt: skip
    pytest.skip("no interpreter here is readable by an ordinary user with these packages")


def test_an_ordinary_user_has_the_same_sandbox() -> None:
    program = REFUSED + "print(sandbox().run(Job(('/bin/sh', '-c', 'id -u; echo $$; ls /home /root'))))\n"
    done = as_ordinary_user("-c", program)
    assert done.stdout.startswith("ran"), done.stdout + done.stderr
    assert r"stdout='1000\n2\n'" in done.stdout


@pytest.mark.slow
def test_every_attack_fails_for_an_ordinary_user_too(tmp_path_factory: pytest.TempPathFactory) -> None:
    files = [str(TESTS / "tools" / f"test_sandbox_{name}.py") for name in ("attacks", "limits", "files", "lines")]
    done = as_ordinary_user("-m", "pytest", "-p", "no:cacheprovider", "-p", "no:xdist", "-q", *files)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert " passed" in done.stdout
