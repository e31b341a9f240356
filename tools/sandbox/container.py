"""The sandbox made by a container engine (docker, or podman as root), where bubblewrap is not available.

The image is empty and made here: the system is bound read-only, as under bubblewrap, so that nothing is downloaded and
a job finds the same programs. Differences: memory and processes are counted by the kernel's control groups; CPU time
is limited for each process, not for the group; /out is a folder of the host, in memory where there is /dev/shm, whose
size is looked at every few hundredths of a second; and a host process that is killed leaves the container until its
time is over.
"""

from __future__ import annotations

import contextlib
import io
import json
import math
import os
import shutil
import subprocess
import tarfile
import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

from sightline.memory import InfrastructureError
from sightline.tools.sandbox.bubblewrap import ENVIRONMENT, GROUP, OPEN_FILES, PASSWD, SHARED_BYTES, STRANGERS
from sightline.tools.sandbox.output import amount
from sightline.tools.sandbox.protocol import Ended, Job, Limits
from sightline.tools.sandbox.seccomp import profile
from sightline.tools.sandbox.supervising import GATE, CouldNotStart, Launch, Running, start_in_lines
from sightline.tools.sandbox.view import SYSTEM_LINKS, checked, settings

_IMAGE = "sightline-empty"
_ENGINE_SECONDS = 60.0
_MOST_FILES = 20_000
_KILLED = 137
_PLACES = ("box", "dev", "etc", "in", "out", "proc", "sys", "tmp", "usr")


class Container:
    """Jobs in containers of one engine.

    Args:
        name: `docker` or `podman`.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._program = shutil.which(name)

    def check(self) -> None:
        """Make the image and run a job that does nothing.

        Raises:
            InfrastructureError: The engine is missing or refuses.
        """
        if self._program is None:
            raise InfrastructureError(f"{self.name} is not installed.", f"apt-get install {_PACKAGES[self.name]}")
        if self.name == "podman" and os.geteuid() != 0:
            # Without root it makes the same user namespaces as bubblewrap does, and works only where that does.
            raise InfrastructureError("podman serves as a sandbox only as root.", "apt-get install bubblewrap")
        self._engine("info")
        self._engine("import", "-", _IMAGE, stdin=_empty_image())
        ended = self.run(Job(("/bin/true",)))
        if ended.code != 0:
            raise self._refused(ended.stderr or ended.reason)

    def run(self, job: Job) -> Ended:
        """Run a job to its end; see `Sandbox`."""
        running = Running(job, in_lines=False)
        self._start(running, job)
        return running.watch()

    def open(self, job: Job) -> Running:
        """Start a job that is spoken to in lines; see `Sandbox`."""
        return start_in_lines(job, lambda running: self._start(running, job))

    def _start(self, running: Running, job: Job) -> None:
        name = f"sightline-{uuid.uuid4().hex}"
        with contextlib.ExitStack() as left:
            left.callback(self._try, "rm", "--force", name)
            folder = Path(left.enter_context(tempfile.TemporaryDirectory(prefix="sightline-", dir=_in_memory())))
            command = [
                str(self._program),
                "run",
                "--name",
                name,
                *_isolation(folder, job.limits),
                *_OWN_OPTIONS[self.name],
                *_given(folder, job),
            ]
            command += [_IMAGE, *_last_resort(job.limits), *GATE, *_process_limits(job.limits), *job.command]
            try:
                running.start(
                    Launch(
                        command,
                        lambda pid: _Held(pid, folder / "out", left.pop_all(), lambda: self._try("kill", name)),
                        environment=os.environ,
                    )
                )
            except CouldNotStart as error:
                raise self._refused(str(error)) from error

    def _engine(self, *arguments: str, stdin: bytes = b"") -> None:
        try:
            subprocess.run(
                [str(self._program), *arguments], input=stdin, capture_output=True, check=True, timeout=_ENGINE_SECONDS
            )
        except subprocess.CalledProcessError as error:
            raise self._refused(error.stderr.decode("utf-8", "replace")) from error
        except subprocess.TimeoutExpired as error:
            raise self._refused("it does not answer") from error

    def _try(self, *arguments: str) -> str:
        """What the engine prints; "" where it fails."""
        done = subprocess.run(
            [str(self._program), *arguments], capture_output=True, text=True, check=False, timeout=_ENGINE_SECONDS
        )
        return done.stdout.strip() if done.returncode == 0 else ""

    def _refused(self, said: str) -> InfrastructureError:
        reason = " ".join(said.split())[:300] or "it said nothing"
        return InfrastructureError(
            f"Programs cannot be run safely: {self.name} refuses to make a sandbox ({reason}).",
            f"Try it by hand: {self.name} info",
        )


_PACKAGES = {"docker": "docker.io", "podman": "podman"}


_OWN_OPTIONS: dict[str, list[str]] = {"docker": [], "podman": ["--read-only-tmpfs=false"]}
"""podman makes further folders in memory where the system is read-only."""


class _Held:
    """A container held by the process of the engine's command, which ends when the container has ended.

    Args:
        pid: That process.
        out: The folder of the host that is /out.
        left: What removes the container and its folders.
        kill: Tells the engine to kill the container.
    """

    def __init__(self, pid: int, out: Path, left: contextlib.ExitStack, kill: Callable[[], str]) -> None:
        self._left = left
        self._kill = kill
        with contextlib.ExitStack() as opened:
            self.gone = os.pidfd_open(pid)
            opened.callback(os.close, self.gone)
            self.outputs = os.open(out, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            opened.callback(os.close, self.outputs)
            self._left.push(opened.pop_all())

    def excess(self, limits: Limits) -> str:
        """Whether too much lies in /out."""
        size = files = 0
        for _, folders, names, descriptor in os.fwalk(".", dir_fd=self.outputs):
            files += len(folders) + len(names)
            for name in names:
                with contextlib.suppress(FileNotFoundError):
                    size += os.stat(name, dir_fd=descriptor, follow_symlinks=False).st_blocks * 512
            if size > limits.disk_bytes:
                return f"it wrote more than {amount(limits.disk_bytes)} to /out"
            if files > _MOST_FILES:
                return f"it wrote more than {_MOST_FILES} files to /out"
        return ""

    def kill(self) -> None:
        """End the container."""
        self._kill()

    def release(self, code: int) -> str:
        """Remove the container. Engines differ in whether they tell why; nothing else kills the job here."""
        self._left.close()
        return "it was killed, most likely for using more memory than it may" if code == _KILLED else ""


def _isolation(folder: Path, limits: Limits) -> list[str]:
    """Options of the engine: nothing of the network, no rights, a system that cannot be written to, limits."""
    root = os.geteuid() == 0
    user = STRANGERS + int.from_bytes(os.urandom(3), "big") if root else os.getuid()
    # Processes are counted for a user, and an ordinary user has others; the control group counts in both cases.
    counted = ["--ulimit", f"nproc={limits.processes}:{limits.processes}"] if root else []
    size = f"rw,nosuid,nodev,exec,mode=1777,size={limits.disk_bytes}"
    (folder / "seccomp.json").write_text(json.dumps(profile()))
    return [
        *counted, "--interactive", "--network", "none", "--ipc", "private", "--read-only", "--hostname", "sandbox",
        "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--security-opt", f"seccomp={folder}/seccomp.json",
        "--user", f"{user}:{user}", "--workdir", "/box", "--tmpfs", f"/box:{size}", "--tmpfs", f"/tmp:{size}",
        "--shm-size", str(SHARED_BYTES), "--pids-limit", str(limits.processes), "--memory", str(limits.memory_bytes),
        "--memory-swap", str(limits.memory_bytes), "--ulimit", f"nofile={OPEN_FILES}:{OPEN_FILES}",
        "--log-driver", "none",
    ]  # fmt: skip


def _given(folder: Path, job: Job) -> list[str]:
    """Options that bind the system, the inputs and /out, and set the variables."""
    binds = [(Path("/usr"), "/usr:ro")]
    binds += [(place, f"{place}:ro") for place in [*settings(), *map(checked, job.readable)]]
    for name in SYSTEM_LINKS:
        place = Path("/") / name
        if place.is_dir() and not place.is_symlink():
            binds.append((place, f"{place}:ro"))
    inputs, out, etc, nothing = (folder / name for name in ("in", "out", "etc", "nothing"))
    for place in (inputs, out, etc, nothing):
        place.mkdir()
    out.chmod(0o777)  # the job is somebody else; nobody but this user gets through the folder above
    for name, source in job.inputs.items():
        if isinstance(source, bytes):
            (inputs / name).write_bytes(source)
        elif source.is_file():
            shutil.copyfile(source, inputs / name)
        else:
            raise ValueError(f"{source} cannot be passed into a sandbox: it is no plain file")
        (inputs / name).chmod(0o444)
    for name, content in (("passwd", PASSWD), ("group", GROUP)):
        (etc / name).write_text(content)
        binds.append((etc / name, f"/etc/{name}:ro"))
    binds += [(inputs, "/in:ro"), (out, "/out")]
    if Path("/usr/local").is_dir() and not any(place.is_relative_to("/usr/local") for place in job.readable):
        binds.append((nothing, "/usr/local:ro"))
    options = [word for place, target in binds for word in ("--volume", f"{place}:{target}")]
    variables = {**ENVIRONMENT, **job.environment}
    return options + [word for name, value in variables.items() for word in ("--env", f"{name}={value}")]


def _last_resort(limits: Limits) -> list[str]:
    """Ends the container some time after its limit, should this process be killed and watch it no more."""
    if not math.isfinite(limits.wall_seconds):
        return []
    return ["/usr/bin/timeout", "--foreground", "--signal", "KILL", str(math.ceil(limits.wall_seconds) + 30)]


def _process_limits(limits: Limits) -> list[str]:
    options = ["--core=1", "--msgqueue=0", "--memlock=65536", f"--fsize={limits.file_bytes}"]
    if math.isfinite(limits.cpu_seconds):
        options.append(f"--cpu={math.ceil(limits.cpu_seconds)}:{math.ceil(limits.cpu_seconds) + 1}")
    return ["/usr/bin/prlimit", *options, "--"]


def _in_memory() -> str | None:
    """Where the host's side of /out lies: in memory, where that can be had."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def _empty_image() -> bytes:
    """An image as a tar file: empty folders to bind in, and the host's links such as /bin."""
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as archive:
        for name, target in _layout():
            entry = tarfile.TarInfo(name)
            entry.mode = 0o1777 if name in ("tmp", "box") else 0o755  # engines give a tmpfs the mode of its place
            entry.type = tarfile.SYMTYPE if target else tarfile.DIRTYPE
            entry.linkname = target
            archive.addfile(entry)
    return written.getvalue()


def _layout() -> Iterator[tuple[str, str]]:
    for name in _PLACES:
        yield name, ""
    for name in SYSTEM_LINKS:
        place = Path("/") / name
        if place.is_symlink():
            yield name, str(place.readlink())
        elif place.is_dir():
            yield name, ""
