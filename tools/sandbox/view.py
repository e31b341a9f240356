"""What of the host's disk a job sees: the system's programs and libraries, and the folders it was given to read."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from sightline.memory import runs_folder

SYSTEM_LINKS = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
_SETTINGS = ("/etc/ld.so.cache", "/etc/alternatives", "/etc/fonts", "/var/cache/fontconfig")
"""Beside /usr: what the dynamic linker, Debian's choices among programs, and fonts need."""

_BROAD = (
    "/", "/bin", "/boot", "/dev", "/etc", "/home", "/media", "/mnt", "/opt", "/proc", "/root", "/run", "/srv", "/sys",
    "/tmp", "/usr", "/var", "/var/lib", "/var/tmp",
)  # fmt: skip
_PLACES = ("/in", "/box", "/out")  # the sandbox's own


def system_view(readable: Iterable[Path], found_at: Mapping[Path, Path]) -> list[str]:
    """Options of bwrap that bind the system and these folders, all read-only.

    Args:
        readable: The folders.
        found_at: Where they are found instead, for those that bwrap cannot reach by their own path.

    Raises:
        ValueError: A folder is not there, or would show far more than an interpreter or an engine.
    """
    options = ["--ro-bind", "/usr", "/usr"]
    own = Path("/usr/local").is_dir()
    if own:  # what an administrator keeps there is no part of the system
        options += ["--size", "65536", "--tmpfs", "/usr/local"]
    for name in SYSTEM_LINKS:
        place = Path("/") / name
        if place.is_symlink():
            options += ["--symlink", str(place.readlink()), str(place)]
        elif place.is_dir():
            options += ["--ro-bind", str(place), str(place)]
    wanted = settings()
    wanted += [checked(folder) for folder in readable]
    for parent in _parents(wanted):
        options += ["--perms", "0755", "--dir", str(parent)]
    for place in wanted:
        options += ["--ro-bind", str(found_at.get(place, place)), str(place)]
    return [*options, "--remount-ro", "/usr/local"] if own else options


def settings() -> list[Path]:
    """What of the host's settings a program needs, as far as it is there."""
    return [Path(place) for place in _SETTINGS if Path(place).exists()]


def checked(folder: Path) -> Path:
    """The folder, if it may be shown.

    Raises:
        ValueError: It may not, or is not there.
    """
    place = Path(os.path.normpath(folder))
    if not place.is_absolute() or not place.exists():
        raise ValueError(f"{folder} cannot be shown in a sandbox: it is no absolute path of something that is there")
    real = place.resolve()
    private = (Path.home().resolve(), runs_folder().resolve())
    if str(real) in _BROAD or str(place) in _PLACES or any(secret.is_relative_to(real) for secret in private):
        raise ValueError(f"{folder} is not shown in a sandbox: it holds more than a program needs")
    if real.is_relative_to(private[1]):
        raise ValueError(f"{folder} is not shown in a sandbox: runs are passed in as named files")
    return place


def out_of_reach(readable: Iterable[Path]) -> list[Path]:
    """Those that only some users can reach, such as what lies in root's home."""
    return [
        place
        for place in map(checked, readable)
        if not place.stat().st_mode & stat.S_IROTH
        or not all(parent.stat().st_mode & stat.S_IXOTH for parent in (*place.parents, *place.resolve().parents))
    ]


def _parents(places: list[Path]) -> Iterator[Path]:
    """The folders above, outermost first, that the sandbox makes itself; its own may be entered by anybody."""
    seen = {Path("/"), Path("/usr"), Path("/usr/local")}
    for place in places:
        for parent in reversed(place.parents):
            if parent not in seen and not any(parent.is_relative_to(other) for other in places):
                seen.add(parent)
                yield parent
