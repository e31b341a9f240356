"""The sandbox made by bubblewrap: namespaces of Linux for everything, with nothing in them but what is named here.

bwrap makes a user namespace in which the job is somebody without rights. Started by root it would still be root to the
kernel, which counts no processes of root's and asks less of it in many places. So root first becomes a number that
nobody on this machine has; folders that only root can reach are bound, in a mount namespace of their own, where that
number can. From there on it is the same as for an ordinary user.
"""

from __future__ import annotations

import contextlib
import math
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from sightline.memory import InfrastructureError
from sightline.tools.sandbox.holds import Namespace
from sightline.tools.sandbox.protocol import Ended, Job
from sightline.tools.sandbox.seccomp import refusals
from sightline.tools.sandbox.supervising import GATE, CouldNotStart, Launch, Running, start_in_lines
from sightline.tools.sandbox.view import out_of_reach, system_view

INSTALL = "apt-get install bubblewrap"

ENVIRONMENT = {"PATH": "/usr/bin:/bin", "HOME": "/tmp", "TMPDIR": "/tmp", "LANG": "C.UTF-8"}
OPEN_FILES = 512
SHARED_BYTES = 64 << 20
_USER = 1000
PASSWD = f"user:x:{_USER}:{_USER}:user:/tmp:/bin/sh\n"
GROUP = f"user:x:{_USER}:\n"
STRANGERS = 1_900_000_000
"""First of the user numbers that root's jobs run as, one each: no account and no range of containers is there."""

_SHELVES = ("/tmp", "/mnt", "/run", "/srv")
"""Where a folder that only root reaches can be bound for others: the first that does not hold that folder itself."""

_BIND = """
shelf=$1
shift
/usr/bin/mount -t tmpfs -o mode=0755,size=64k none "$shelf"
number=0
while [ "$1" != -- ]; do
    if [ -d "$1" ]; then /usr/bin/mkdir "$shelf/$number"; else : >"$shelf/$number"; fi
    /usr/bin/mount --bind "$1" "$shelf/$number"
    number=$((number + 1))
    shift
done
shift
exec "$@"
"""


class Bubblewrap:
    """Jobs under `bwrap`."""

    name = "bubblewrap"

    def __init__(self) -> None:
        self._program = shutil.which("bwrap")

    def check(self) -> None:
        """Run a job that does nothing.

        Raises:
            InfrastructureError: bwrap is missing or refuses to run.
        """
        ended = self.run(Job(("/bin/true",)))
        if ended.code != 0:
            raise refused(ended.stderr or ended.reason)

    def run(self, job: Job) -> Ended:
        """Run a job to its end; see `Sandbox`."""
        running = Running(job, in_lines=False)
        self._start(running, job)
        return running.watch()

    def open(self, job: Job) -> Running:
        """Start a job that is spoken to in lines; see `Sandbox`."""
        return start_in_lines(job, lambda running: self._start(running, job))

    def _start(self, running: Running, job: Job) -> None:
        if self._program is None:
            raise InfrastructureError("Programs cannot be run safely: bubblewrap (bwrap) is not installed.", INSTALL)
        try:
            with _launch(self._program, job) as launch:
                running.start(launch)
        except CouldNotStart as error:
            raise refused(str(error)) from error


@contextlib.contextmanager
def _launch(program: str, job: Job) -> Iterator[Launch]:
    """What starts a job; what bwrap inherits is closed again when it has started."""
    with contextlib.ExitStack() as held:

        def hold(descriptor: int) -> int:
            held.callback(os.close, descriptor)
            return descriptor

        status, status_in = map(hold, os.pipe())
        inherited = [status_in]

        def given(content: bytes) -> str:
            """A descriptor to read this from."""
            inherited.append(hold(os.memfd_create("sandbox", os.MFD_CLOEXEC)))
            with open(inherited[-1], "wb", closefd=False) as file:
                file.write(content)
            os.lseek(inherited[-1], 0, os.SEEK_SET)
            return str(inherited[-1])

        hidden = out_of_reach((*job.readable, Path(program))) if _is_root() else []
        shelf = _shelf([*hidden, *job.readable, Path(program)])
        found_at = {place: shelf / str(number) for number, place in enumerate(hidden)}
        view = system_view(job.readable, found_at)
        # What is to be read lies over the sandbox's own folders: it may be in /tmp or /box of the host.
        inside = [*_isolation(str(status_in)), "--seccomp", given(refusals()), *_places(job), *view]
        # Contents are copied in: a bound file would show its path on the host in /proc/self/mountinfo.
        for place, content in (("/etc/passwd", PASSWD), ("/etc/group", GROUP)):
            inside += ["--perms", "0444", "--file", given(content.encode()), place]
        for name, source in job.inputs.items():
            if isinstance(source, bytes):
                number = given(source)
            else:
                inherited.append(hold(_open_plain(source)))
                number = str(inherited[-1])
            inside += ["--perms", "0444", "--file", number, f"/in/{name}"]
        inside += ["--remount-ro", "/"]
        for variable, value in {**ENVIRONMENT, **job.environment}.items():
            inside += ["--setenv", variable, value]
        start = str(found_at.get(Path(program), program))
        command = [start, "--args", given(_joined(inside)), "--", *GATE, *_process_limits(job), *job.command]
        if _is_root():
            command = [*_within_reach(hidden, shelf), *_as_a_stranger(), *command]
        # No variables: /proc/1/environ shows what bwrap was given, whatever it gives on.
        yield Launch(command, lambda _: Namespace(status), tuple(inherited))


def _isolation(status: str) -> list[str]:
    """Everything private, nothing inherited, no way back."""
    return [
        "--unshare-all", "--unshare-user", "--disable-userns", "--die-with-parent", "--new-session", "--clearenv",
        "--uid", str(_USER), "--gid", str(_USER), "--hostname", "sandbox", "--json-status-fd", status,
    ]  # fmt: skip


def _places(job: Job) -> list[str]:
    """Private /proc and /dev, and the folders in memory. Of /dev only /dev/shm can be written to."""
    size = str(job.limits.disk_bytes)
    options = ["--proc", "/proc", "--dev", "/dev", "--size", str(SHARED_BYTES), "--tmpfs", "/dev/shm"]
    options += ["--remount-ro", "/dev", "--perms", "0755", "--dir", "/etc", "--perms", "0755", "--dir", "/in"]
    for place in ("/box", "/out", "/tmp"):
        options += ["--size", size, "--tmpfs", place]
    return [*options, "--chdir", "/box"]


def _process_limits(job: Job) -> list[str]:
    """Limits that the kernel holds each process to.

    The CPU's is a backstop: the group is watched for its own. A core of one byte is the number that also keeps the
    kernel from starting the host's collector of crashes, which zero does not.
    """
    limits = job.limits
    options = [f"--nproc={limits.processes}", f"--fsize={limits.file_bytes}", f"--nofile={OPEN_FILES}"]
    if math.isfinite(limits.cpu_seconds):
        options.append(f"--cpu={math.ceil(limits.cpu_seconds) + 1}")
    return ["/usr/bin/prlimit", "--core=1", "--msgqueue=0", "--memlock=65536", *options, "--"]


def _shelf(folders: list[Path]) -> Path:
    """A folder of the host to bind these in."""
    return next(
        place
        for place in map(Path, _SHELVES)
        if place.is_dir() and not any(folder.is_relative_to(place) for folder in folders)
    )


def _within_reach(folders: list[Path], shelf: Path) -> list[str]:
    """What binds folders where anybody reaches them, seen by nobody but what it becomes."""
    if not folders:
        return []
    unshare = ["/usr/bin/unshare", "--mount", "--propagation", "private", "--"]
    return [*unshare, "/bin/sh", "-e", "-c", _BIND, "sh", str(shelf), *map(str, folders), "--"]


def _as_a_stranger() -> list[str]:
    number = str(STRANGERS + int.from_bytes(os.urandom(3), "big"))
    return [
        "/usr/bin/setpriv", "--reuid", number, "--regid", number, "--clear-groups", "--inh-caps=-all",
        "--bounding-set=-all", "--no-new-privs", "--",
    ]  # fmt: skip


def _is_root() -> bool:
    """Whether the kernel takes this process for root; root of a user namespace (a rootless container) is not."""
    return os.geteuid() == 0 and Path("/proc/self/uid_map").read_text("ascii").split() == ["0", "0", "4294967295"]


def _open_plain(source: Path) -> int:
    """A descriptor of a plain file.

    Raises:
        ValueError: It is something else.
        OSError: It cannot be opened.
    """
    descriptor = os.open(source, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise ValueError(f"{source} cannot be passed into a sandbox: it is no plain file")
    return descriptor


def _joined(options: list[str]) -> bytes:
    """Options as `bwrap --args` reads them. They are not on its command line, which /proc/1/cmdline shows inside."""
    return b"".join(os.fsencode(option) + b"\0" for option in options)


def refused(said: str) -> InfrastructureError:
    """Why bwrap did not make the sandbox, from its own words, with what mends it."""
    reason = " ".join(said.split())[:300] or "it said nothing"
    message = f"Programs cannot be run safely: bubblewrap refuses to make a sandbox ({reason})."
    if "Unknown option" in reason:
        return InfrastructureError(message, f"Version 0.8 or later is needed: {INSTALL}")
    if "mount proc" in reason:
        return InfrastructureError(
            message, "In a container: start it with docker run --security-opt systempaths=unconfined ..."
        )
    if any(words in reason for words in ("uid map", "namespace", "Operation not permitted", "Permission denied")):
        return InfrastructureError(message, _user_namespaces())
    return InfrastructureError(message, "Try it by hand: bwrap --unshare-all --ro-bind / / true")


def _user_namespaces() -> str:
    """The command that allows user namespaces, by what forbids them here."""
    for setting, value in (
        ("kernel/apparmor_restrict_unprivileged_userns", "0"),
        ("kernel/unprivileged_userns_clone", "1"),
    ):
        place = Path("/proc/sys") / setting
        if place.exists() and place.read_text("ascii").strip() != value:
            return f"sysctl -w {setting.replace('/', '.')}={value}"
    if Path("/proc/sys/user/max_user_namespaces").read_text("ascii").strip() == "0":
        return "sysctl -w user.max_user_namespaces=10000"
    return "In a container: start it with docker run --security-opt seccomp=unconfined --cap-add SYS_ADMIN ..."
