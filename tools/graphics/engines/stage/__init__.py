"""What runs beside a model's program, inside the sandbox: begins its scene, runs it, writes the picture and the report.

These files are handed into the sandbox as they are. They import the standard library and what the engine itself has
(bpy, pptx, matplotlib, resvg), and nothing else of this project.
"""

from __future__ import annotations
