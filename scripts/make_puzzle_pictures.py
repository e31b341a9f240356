"""Make the picture of docs/synthetic-suite.md anew: one puzzle of each suite's types.

python scripts/make_puzzle_pictures.py
"""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
from PIL import Image

from sightline.evals.synthetic.puzzles import mazes, polycubes, rotation

PICTURES = Path(__file__).resolve().parent.parent / "docs" / "pictures"
EDGE = 220


def main() -> None:
    """Two rows of five pictures."""
    makers = (
        (mazes.next_move, 1),
        (rotation.match, 3),
        (rotation.clock, 1),
        (polycubes.count, 1),
        (polycubes.side_view, 2),
        (polycubes.match, 2),
    )
    tiles = []
    for maker, count in makers:
        _, drawers = maker(7, random.Random("docs"))[0]
        pictures = [Image.fromarray(draw()) for draw in drawers[:count]]
        tiles += [np.asarray(picture.resize((EDGE, EDGE), Image.Resampling.LANCZOS)) for picture in pictures]
    rows = [np.concatenate(tiles[k : k + 5], axis=1) for k in (0, 5)]
    Image.fromarray(np.concatenate(rows)).save(PICTURES / "puzzles.png", optimize=True)


if __name__ == "__main__":
    main()
