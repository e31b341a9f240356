"""Which files a client may bring in: those under a folder that was granted, and no others.

Over stdio the client runs on this machine and may grant folders itself (MCP's roots). Over HTTP it may run anywhere,
and what it calls a root would be a folder of ours: only the folders named with `--root` count there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from sightline.memory import ModelMistake


def folder_of(uri: str) -> Path | None:
    """The folder that a root's URI names; None where it is no place on this machine's disk."""
    parts = urlsplit(uri)
    if parts.scheme != "file" or parts.netloc not in ("", "localhost") or not parts.path:
        return None
    return Path(unquote(parts.path))


def granted_file(path: str, roots: Sequence[Path]) -> Path:
    """The file that a client names, where it lies under a granted folder.

    Links are followed before the check: what counts is where a file really lies. A relative path is looked for under
    each root.

    Args:
        path: As the client wrote it; a `file:` URI is taken, too.
        roots: Granted folders.

    Raises:
        ModelMistake: It lies elsewhere, or there is no such file. Both are told in the same words, so that nothing is
            learned of what lies outside.
    """
    if not roots:
        raise ModelMistake(
            "No folder is granted, so no file can be opened.",
            "The person starts the server with --root FOLDER, or grants a root in the client; "
            "or give the picture itself as a data: URI.",
        )
    wanted = Path(folder_of(path) or path) if path.startswith("file:") else Path(path)
    known = [root.resolve() for root in roots]
    for candidate in _candidates(wanted, known):
        real = candidate.resolve()
        if real.is_file() and any(real.is_relative_to(root) for root in known):
            return real
    raise ModelMistake(
        f"{path!r} is no file in the granted folders.",
        f"Granted: {', '.join(str(root) for root in roots)}. Name a file in one of them.",
    )


def _candidates(wanted: Path, roots: Iterable[Path]) -> list[Path]:
    if "\0" in str(wanted):
        return []
    return [wanted] if wanted.is_absolute() else [root / wanted for root in roots]
