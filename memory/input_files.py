"""Opening a file that a person named: everything that can be wrong with a path, said in one line each."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

from sightline.memory.errors import InputError

_URL = re.compile(r"([a-z][a-z0-9+.-]+)://", re.IGNORECASE)
_LONGEST_SHOWN = 160


def read_input(path: str | os.PathLike[str], what: str, max_bytes: int, upto: int = -1) -> tuple[bytes, str, Path]:
    """Reads a picture or video that a person handed in by its path.

    Args:
        path: As the person wrote it.
        what: "picture" or "video", for the messages.
        max_bytes: Larger files are refused before anything is read.
        upto: Read only so many bytes; all by default.

    Returns:
        The bytes, the path quoted on one line for messages to the person, and the path.

    Raises:
        InputError: It is an address, missing, a folder, a device, empty, too large or unreadable.
    """
    text = os.fsdecode(os.fspath(path))
    shown = repr(text if len(text) <= _LONGEST_SHOWN else f"...{text[-_LONGEST_SHOWN:]}")
    if not text:
        raise InputError(f"The {what}'s path is empty.", f"Name a {what} file.")
    if address := _URL.match(text):
        if address[1].lower() in ("http", "https"):
            raise InputError(f"{shown} is an address, and nothing is fetched here.", f"Download the {what} first.")
        raise InputError(f"{shown} is an address, not a path.", "Give the plain path of the file.")
    file = Path(text)
    try:
        status = file.stat()
        if stat.S_ISDIR(status.st_mode):
            raise InputError(f"{shown} is a folder, not a {what}.", "Name the file in it.")
        if not stat.S_ISREG(status.st_mode):  # reading a pipe or a device might never end
            raise InputError(f"{shown} is not a regular file.", f"Save the {what} to a file first.")
        if status.st_size == 0:
            raise InputError(f"{shown} is empty.", "Copy or download it again.")
        if status.st_size > max_bytes:
            raise InputError(
                f"{shown} has {status.st_size / 1e6:.0f} MB; the limit is {max_bytes / 1e6:.0f}.",
                "Scale it down or cut it first.",
            )
        with file.open("rb") as stream:
            return stream.read(upto), shown, file
    except FileNotFoundError:
        raise InputError(f"There is no file {shown}.", "Check the path.") from None
    except PermissionError:
        raise InputError(f"{shown} may not be read: permission denied.", "Change its permissions.") from None
    except (OSError, ValueError) as error:  # a name that is too long, a NUL in it, a disk that fails
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"{shown} cannot be opened: {reason}.", "Check the path.") from error
