"""`python -m sightline.demos.web` is `sightline demo`."""

from __future__ import annotations

import sys

from sightline.demos.cli import main

if __name__ == "__main__":
    sys.argv.insert(1, "demo")
    main()
