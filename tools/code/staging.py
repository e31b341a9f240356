"""The folder of a run's pictures and arrays that its cells read: `img1.png`, `depth1.npz`, by handle and nothing else.

Neither the run's folder nor its journal is there, nor a file's own name, nor anything of another run. Videos stay
outside: a model sees their frames.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from sightline.memory import Workspace

STAGED = frozenset({".png", ".npz"})


class Staging:
    """A folder of its own for one run; gains what the run makes.

    Attributes:
        folder: Where; readable by the kernel alone.
    """

    def __init__(self) -> None:
        self._private = Path(tempfile.mkdtemp(prefix="sightline-"))
        # Nobody else of the host gets past the outer folder. What root runs in a sandbox runs there as nobody, and
        # reads what anybody may.
        self.folder = self._private / "artifacts"
        self.folder.mkdir()
        self.folder.chmod(0o755)

    def update(self, workspace: Workspace) -> None:
        """Put in what is new."""
        for handle, artifact in list(workspace.artifacts.items()):
            target = self.folder / f"{handle}{artifact.suffix}"
            if artifact.suffix not in STAGED or target.exists():
                continue
            source = workspace.path(handle)
            try:
                if os.geteuid() == 0:
                    raise PermissionError
                os.link(source, target)
            except OSError:  # another file system, one without hard links, or a file that only root reads
                part = target.with_suffix(".part")
                shutil.copyfile(source, part)
                part.chmod(0o444)
                part.replace(target)

    def close(self) -> None:
        """Remove it."""
        shutil.rmtree(self._private, ignore_errors=True)
