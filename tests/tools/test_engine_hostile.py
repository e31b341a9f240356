"""Programs that misbehave: each ends in words that say what happened, and nothing of it is believed or left."""

from __future__ import annotations

import pytest

from sightline.memory import InstrumentLimit
from sightline.tools.graphics.engines import ProgramError, RenderRequest, find_engine
from sightline.tools.graphics.engines.running import LONGEST_PROGRAM

PLOT = "import os, sys\nimport matplotlib.pyplot as plt\nplt.plot([1, 2])\n"
SMALL = RenderRequest((64, 48), samples=1)

RAISING = {
    "a name": ("def draw():\n    return cube\n\ndraw()\n", 5, "return cube", "NameError: name 'cube' is not defined"),
    "syntax": ("x = 1\ny = = 2\n", 5, "y = = 2", "SyntaxError: invalid syntax"),
    "inside a library": ("plt.plot([1, 2], [1, 2, 3])\n", 4, "plt.plot([1, 2], [1, 2, 3])", "ValueError: x and y"),
    "exit": ("sys.exit(0)\n", 4, "sys.exit(0)", "ends the process itself"),
    "interrupt": ("raise KeyboardInterrupt\n", 4, "raise KeyboardInterrupt", "KeyboardInterrupt"),
    "an import": ("import requests_of_nobody\n", 4, "import requests_of_nobody", "ModuleNotFoundError"),
    "depth": ("def f():\n    f()\nf()\n", 5, "f()", "RecursionError"),
}


@pytest.mark.parametrize(("added", "line", "source", "problem"), RAISING.values(), ids=RAISING.keys())
def test_what_raises_is_told_with_its_line(added: str, line: int, source: str, problem: str) -> None:
    with pytest.raises(ProgramError) as caught:
        find_engine("plot").render(PLOT + added, SMALL)
    assert caught.value.line == line
    assert caught.value.source == source
    assert problem in caught.value.problem
    assert str(caught.value).startswith(f"Line {line} of the program fails (`{source}`): ")


ENDING = {
    "leaves at once": ("os._exit(0)\n", r"matplotlib ended early \(exit code 0\); there is no picture"),
    "crashes": ("import ctypes\nctypes.string_at(0)\n", r"matplotlib crashed \(SIGSEGV\)"),
    "kills itself": ("os.kill(os.getpid(), 9)\n", r"matplotlib (crashed \(SIGKILL\)|was killed)"),
    "never ends": ("while True:\n    pass\n", "matplotlib was stopped: it ran past 3 s"),
    "sleeps": ("import time\ntime.sleep(1000)\n", "matplotlib was stopped: it ran past 3 s"),
    "prints for ever": ("while True:\n    print('x' * 100000)\n", "matplotlib was stopped: it (printed more|ran past)"),
    "forges a result": (
        "open('/out/result.json', 'w').write('{\"report\": 5, \"notes\": 3}')\n"
        "open('/out/picture.png', 'w').write('no picture')\nos._exit(0)\n",
        "left a picture that cannot be read",
    ),
    "forges without a picture": (
        "open('/out/result.json', 'w').write('{}')\nos._exit(0)\n",
        "without writing a picture",
    ),
    "forges nonsense": ("open('/out/result.json', 'w').write('[' * 100000)\nos._exit(0)\n", "ended early"),
    "forges a link": (
        "os.symlink('/etc/passwd', '/out/picture.png')\nopen('/out/result.json', 'w').write('{}')\nos._exit(0)\n",
        "without writing a picture",
    ),
    "forges a huge picture": (
        "from PIL import Image\nImage.new('RGB', (3000, 10)).save('/out/picture.png')\n"
        "open('/out/result.json', 'w').write('{}')\nos._exit(0)\n",
        "left a picture of 3000x10: more than 1024",
    ),
    "draws what cannot be drawn": ("plt.title('$\\\\frac{1$')\n", "cannot make a picture of this scene: ValueError"),
}


@pytest.mark.parametrize(("added", "told"), ENDING.values(), ids=ENDING.keys())
def test_what_ends_badly_is_told_in_words(added: str, told: str) -> None:
    with pytest.raises(InstrumentLimit, match=told) as caught:
        find_engine("plot").render(PLOT + added, RenderRequest((64, 48), seconds=3 if "ran past" in told else 60))
    assert len(str(caught.value)) < 700


WORKING = {
    "deletes everything": (
        "import shutil\nfor place in ('/in', '/out', '/box', '/tmp'):\n    shutil.rmtree(place, ignore_errors=True)\n"
        "plt.plot([2, 1])\n"
    ),
    "closes its output": "os.close(1)\nos.close(2)\n",
    "leaves a thread": "import threading, time\nthreading.Thread(target=time.sleep, args=(1000,)).start()\n",
    "holds the exit": "import atexit, time\natexit.register(time.sleep, 1000)\n",
    "leaves a picture of its own": "os.symlink('/etc/passwd', '/out/picture.png')\n",
    "moves away": "os.makedirs('/tmp/deep')\nos.chdir('/tmp/deep')\n",
}


@pytest.mark.parametrize("added", WORKING.values(), ids=WORKING.keys())
def test_what_does_no_harm_gives_its_picture(added: str) -> None:
    rendered = find_engine("plot").render(PLOT + added, SMALL)
    assert rendered.size == (64, 48)
    assert (rendered.pixels < 128).any()


def test_what_it_prints_is_kept_in_part() -> None:
    rendered = find_engine("plot").render(PLOT + "print('begun')\nprint('x' * 10_000)\n", SMALL)
    assert rendered.printed.startswith("begun\nxxx")
    assert rendered.printed.endswith("more characters)")
    assert len(rendered.printed) < 4100


def test_empty_and_endless_programs_are_not_started() -> None:
    with pytest.raises(ProgramError, match="it is empty"):
        find_engine("plot").render(" \n", SMALL)
    with pytest.raises(ProgramError, match="characters"):
        find_engine("plot").render("#" * (LONGEST_PROGRAM + 1), SMALL)


# --------------------------------------------------------------------- Blender
BLENDER = "import os, sys\nimport bpy\nbpy.ops.object.camera_add()\nbpy.context.scene.camera = bpy.context.object\n"

BLENDER_ENDING = {
    "crashes": ("import ctypes\nctypes.string_at(0)\n", r"Blender crashed \(SIGSEGV\)"),
    "leaves": ("os._exit(3)\n", r"Blender ended early \(exit code 3\)"),
    "never ends": ("while True:\n    pass\n", "Blender was stopped: it ran past 5 s"),
    "fills memory": ("held = []\nwhile True:\n    held.append(os.urandom(1 << 20) * 200)\n", "it used more than 4 GiB"),
}


@pytest.mark.slow
@pytest.mark.parametrize(("added", "told"), BLENDER_ENDING.values(), ids=BLENDER_ENDING.keys())
def test_what_ends_blender_badly_is_told_in_words(added: str, told: str) -> None:
    with pytest.raises(InstrumentLimit, match=told):
        find_engine("blender").render(BLENDER + added, RenderRequest((32, 32), seconds=5 if "ran past" in told else 60))


@pytest.mark.slow
def test_a_mistake_in_a_blender_program_has_its_line() -> None:
    added = "\ndef build():\n    bpy.ops.mesh.primitive_cube_add(sizes=2)\n\nbuild()\n"
    with pytest.raises(ProgramError, match='keyword "sizes" unrecognized') as caught:
        find_engine("blender").render(BLENDER + added, SMALL)
    assert caught.value.line == 7
    assert caught.value.source == "bpy.ops.mesh.primitive_cube_add(sizes=2)"
