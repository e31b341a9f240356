"""The things that stand in a room, each made of a few parts, with its true front where a person would see one.

Every maker returns a `Thing` at the origin that faces +y. The front of a chair, sofa or bed is where one's legs go; of
a shelf, monitor, picture or clock the side one looks at; of a teddy, walker or car where it is headed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from sightline.evals.synthetic.solids import (
    FACING_FRONT,
    Floats,
    Paint,
    Part,
    Thing,
    Vector,
    ball,
    block,
    pillar,
    sheet,
    tilt,
)

COLOURS: dict[str, Vector] = {
    "red": (196, 44, 40),
    "blue": (48, 92, 190),
    "green": (58, 142, 66),
    "yellow": (232, 190, 48),
    "orange": (226, 122, 38),
    "purple": (122, 66, 160),
    "white": (232, 230, 224),
    "grey": (128, 130, 134),
    "black": (40, 40, 44),
    "brown": (140, 92, 56),
    "pink": (226, 132, 160),
    "turquoise": (48, 164, 164),
}
WOOD = Paint((176, 124, 78), "grain", 0.6)
DARK_WOOD = Paint((112, 72, 46), "grain", 0.6)
STEEL = Paint((170, 174, 180), "metal", 0.4)
BLACK = Paint((44, 44, 48), "speckle", 0.3)
SKIN = Paint((226, 178, 148))

Maker = Callable[[str], Thing]


def _cloth(colour: str, scale: float = 0.5) -> Paint:
    return Paint(COLOURS[colour], "cloth", scale)


def _thing(category: str, colour: str, parts: list[Part], *, front: bool = False, symmetric: bool = False) -> Thing:
    return Thing(f"{colour} {category}", category, colour, tuple(parts), front, symmetric)


def _lying(axis: str) -> Floats:
    """Turns a pillar to lie along x or y."""
    return tilt("y", 90) if axis == "x" else tilt("x", -90)


def chair(colour: str) -> Thing:
    """A chair with four legs, a cushion and a back of slats."""
    cloth = _cloth(colour)
    parts = [pillar((x, y, 0.22), 0.02, 0.44, WOOD) for x in (-0.19, 0.19) for y in (-0.19, 0.19)]
    parts += [block((0, 0, 0.45), (0.44, 0.44, 0.04), WOOD), block((0, 0.01, 0.49), (0.4, 0.4, 0.05), cloth)]
    lean = tilt("x", 8)
    parts += [pillar((x, -0.225, 0.7), 0.018, 0.5, WOOD, turn=lean) for x in (-0.19, 0.19)]
    parts += [
        block((0, -0.245, 0.82), (0.42, 0.03, 0.2), cloth, lean),
        block((0, -0.215, 0.63), (0.36, 0.02, 0.05), WOOD, lean),
    ]
    return _thing("chair", colour, parts, front=True)


def stool(colour: str) -> Thing:
    """A round stool."""
    parts = [pillar((0, 0, 0.43), 0.17, 0.06, _cloth(colour)), pillar((0, 0, 0.2), 0.03, 0.4, STEEL)]
    parts += [pillar((0, 0, 0.015), 0.16, 0.03, STEEL, 0.13)]
    return _thing("stool", colour, parts, symmetric=True)


def table(colour: str) -> Thing:
    """A dining table; either long side is as good as the other."""
    top = Paint(COLOURS[colour], "grain", 0.9)
    parts = [block((0, 0, 0.72), (1.3, 0.8, 0.04), top), block((0, 0, 0.66), (1.14, 0.64, 0.08), WOOD)]
    parts += [block((x, y, 0.35), (0.07, 0.07, 0.7), WOOD) for x in (-0.56, 0.56) for y in (-0.31, 0.31)]
    return _thing("table", colour, parts)


def desk(colour: str) -> Thing:
    """A desk; one sits at its front, the drawers open there."""
    top, drawer = Paint(COLOURS[colour], "grain", 0.9), Paint((214, 206, 190), "grain", 0.5)
    parts = [block((0, 0, 0.72), (1.2, 0.6, 0.04), top), block((-0.38, 0, 0.36), (0.4, 0.54, 0.68), drawer)]
    parts += [block((0.56, y, 0.35), (0.05, 0.05, 0.7), STEEL) for y in (-0.25, 0.25)]
    for z in (0.16, 0.38, 0.59):
        parts += [block((-0.38, 0.275, z), (0.36, 0.012, 0.18), WOOD), ball((-0.38, 0.295, z), 0.018, STEEL)]
    return _thing("desk", colour, parts, front=True)


def sofa(colour: str) -> Thing:
    """A two-seater with arms and two loose cushions."""
    cloth, dark = _cloth(colour, 0.7), replace(_cloth(colour, 0.7), colour=_darker(COLOURS[colour]))
    parts = [block((0, 0, 0.22), (1.7, 0.84, 0.28), dark), block((0, -0.34, 0.55), (1.7, 0.18, 0.5), cloth)]
    parts += [block((x, 0.06, 0.42), (0.66, 0.66, 0.14), cloth) for x in (-0.34, 0.34)]
    parts += [block((x, 0.02, 0.38), (0.18, 0.82, 0.48), dark) for x in (-0.76, 0.76)]
    parts += [pillar((x, y, 0.04), 0.03, 0.08, DARK_WOOD) for x in (-0.78, 0.78) for y in (-0.36, 0.36)]
    cushion = Paint((236, 214, 160), "label E", 0, printed=True)
    parts += [block((-0.46, -0.16, 0.63), (0.36, 0.1, 0.34), _cloth("yellow"), tilt("x", 14), front=cushion)]
    parts += [block((0.48, -0.16, 0.63), (0.36, 0.1, 0.34), _cloth("white"), tilt("x", 14))]
    return _thing("sofa", colour, parts, front=True)


def bed(colour: str) -> Thing:
    """A single bed; its head is at the back, its foot at the front."""
    parts = [block((0, 0, 0.24), (0.98, 2.0, 0.16), WOOD), block((0, 0.02, 0.4), (0.92, 1.9, 0.18), _cloth("white"))]
    parts += [block((0, 0.32, 0.47), (0.96, 1.34, 0.1), Paint(COLOURS[colour], "cloth", 0.9))]
    parts += [block((0, -0.98, 0.5), (1.0, 0.06, 0.84), DARK_WOOD), block((0, 0.99, 0.28), (1.0, 0.05, 0.4), DARK_WOOD)]
    parts += [ball((0, -0.68, 0.53), (0.33, 0.2, 0.09), Paint(COLOURS["white"], "cloth", 0.4))]
    parts += [block((x, y, 0.08), (0.07, 0.07, 0.16), DARK_WOOD) for x in (-0.44, 0.44) for y in (-0.94, 0.96)]
    return _thing("bed", colour, parts, front=True)


def shelf(colour: str) -> Thing:
    """A bookcase with three rows of books."""
    wood = Paint(COLOURS[colour], "grain", 0.8)
    parts = [block((x, 0, 0.9), (0.03, 0.3, 1.8), wood) for x in (-0.435, 0.435)]
    parts += [block((0, 0, z), (0.84, 0.3, 0.03), wood) for z in (0.06, 0.5, 0.94, 1.38, 1.785)]
    parts += [block((0, -0.14, 0.9), (0.84, 0.02, 1.8), replace(wood, colour=_darker(wood.colour)))]
    for k, z in enumerate((0.23, 0.67, 1.11)):
        books = Paint((255, 255, 255), f"books{k}", 0, printed=True)
        parts += [block((-0.08 + 0.08 * k, -0.02, z), (0.66, 0.2, 0.31), DARK_WOOD, front=books)]
    parts += [
        pillar((-0.2, 0, 1.46), 0.05, 0.13, _cloth("turquoise", 0.2), 0.08),
        ball((0.2, 0, 1.475), 0.08, _cloth("orange", 0.3)),
    ]
    return _thing("shelf", colour, parts, front=True)


def wardrobe(colour: str) -> Thing:
    """A wardrobe with two doors."""
    body, door = Paint(COLOURS[colour], "grain", 0.8), Paint(COLOURS[colour], "door", 0)
    parts = [block((0, 0, 0.98), (1.0, 0.55, 1.92), body), block((0, 0, 1.96), (1.06, 0.6, 0.05), DARK_WOOD)]
    parts += [block((x, 0.285, 0.98), (0.47, 0.02, 1.8), door) for x in (-0.245, 0.245)]
    parts += [ball((x, 0.31, 1.0), 0.022, STEEL) for x in (-0.04, 0.04)]
    return _thing("wardrobe", colour, parts, front=True)


def lamp(colour: str) -> Thing:
    """A floor lamp."""
    shade = Paint(COLOURS[colour], "cloth", 0.4, "glowing")
    parts = [pillar((0, 0, 0.015), 0.15, 0.03, BLACK), pillar((0, 0, 0.7), 0.014, 1.4, STEEL)]
    parts += [pillar((0, 0, 1.5), 0.22, 0.28, shade, 0.13)]
    return _thing("lamp", colour, parts, symmetric=True)


def plant(colour: str) -> Thing:
    """A potted plant; leaves every way, no front."""
    parts = [pillar((0, 0, 0.16), 0.12, 0.32, Paint(COLOURS[colour], "speckle", 0.4), 0.17)]
    parts += [
        pillar((0, 0, 0.31), 0.15, 0.03, Paint((70, 48, 34), "speckle", 0.2)),
        pillar((0, 0, 0.5), 0.018, 0.4, DARK_WOOD),
    ]
    rng = np.random.default_rng(7)
    for k in range(18):
        turn = tilt("z", 137.5 * k) @ tilt("x", float(rng.uniform(-60, 55)))
        green: Vector = (52 + float(rng.uniform(0, 50)), 118 + float(rng.uniform(0, 60)), 50.0)
        middle = np.array([0, 0, 0.52 + 0.022 * k]) + turn @ np.array([0, 0.17, 0])
        x, y, z = (float(v) for v in middle)
        parts.append(ball((x, y, z), (0.055, 0.16, 0.012), Paint(green, "leaf", 0.3), turn))
    return replace(_thing("plant", colour, parts), colour="green", name=f"plant in a {colour} pot")


def beach_ball(colour: str) -> Thing:
    """A ball with coloured stripes (`colour` only names it)."""
    parts = [ball((0, 0, 0.16), 0.16, Paint((255, 255, 255), "beach ball", 0, printed=True), tilt("x", 25))]
    return _thing("ball", colour, parts, symmetric=True)


def box(colour: str) -> Thing:
    """A cardboard box whose faces carry letters: A in front, then B right, C back, D left, E on top."""
    size = (0.42, 0.34, 0.32)
    letters = {"front": "A", "right": "B", "back": "C", "left": "D", "top": "E", "bottom": "F"}
    tint: Vector = tuple(0.5 * (255 + c) for c in COLOURS[colour])  # type: ignore[assignment]
    faces = {face: Paint(tint, f"label {letter}", 0, printed=True) for face, letter in letters.items()}
    return _thing("box", colour, [block((0, 0, size[2] / 2), size, Paint(tint), None, **faces)], front=True)


def mug(colour: str) -> Thing:
    """A mug; its handle sticks out to its right."""
    paint = Paint(COLOURS[colour], "speckle", 0.12)
    parts = [pillar((0, 0, 0.055), 0.04, 0.11, paint, 0.045), pillar((0, 0, 0.1105), 0.038, 0.002, Paint((60, 34, 20)))]
    parts += [block((0.058, 0, z), (0.045, 0.018, 0.016), paint) for z in (0.03, 0.085)]
    parts += [block((0.078, 0, 0.0575), (0.016, 0.018, 0.071), paint)]
    return _thing("mug", colour, parts)


def monitor(colour: str) -> Thing:
    """A computer monitor on its foot."""
    frame, picture = Paint(COLOURS[colour], "speckle", 0.3), Paint((255, 255, 255), "screen", 0, "glowing", True)
    parts = [block((0, -0.02, 0.01), (0.24, 0.18, 0.02), frame), pillar((0, -0.04, 0.12), 0.02, 0.22, STEEL)]
    parts += [
        block((0, 0, 0.34), (0.58, 0.04, 0.36), frame),
        sheet((0, 0.0205, 0.34), 0.54, 0.32, picture, FACING_FRONT),
    ]
    return _thing("monitor", colour, parts, front=True)


def teddy(colour: str) -> Thing:
    """A sitting teddy bear."""
    fur, pale = Paint(COLOURS[colour], "pile", 0.5), Paint((232, 206, 168), "pile", 0.4)
    dark = Paint((24, 20, 20))
    parts = [ball((0, 0, 0.2), (0.14, 0.12, 0.18), fur), ball((0, 0.055, 0.19), (0.09, 0.08, 0.12), pale)]
    parts += [ball((0, 0.02, 0.46), (0.125, 0.115, 0.115), fur), ball((0, 0.125, 0.435), (0.055, 0.045, 0.045), pale)]
    parts += [ball((x, 0, 0.565), (0.05, 0.03, 0.05), fur) for x in (-0.09, 0.09)]
    parts += [ball((x, 0.122, 0.49), 0.016, dark) for x in (-0.045, 0.045)] + [ball((0, 0.168, 0.45), 0.018, dark)]
    parts += [ball((x, 0.18, 0.065), (0.06, 0.15, 0.065), fur, tilt("z", -12 if x > 0 else 12)) for x in (-0.1, 0.1)]
    parts += [ball((x, 0.06, 0.29), (0.05, 0.12, 0.05), fur, tilt("x", -40)) for x in (-0.15, 0.15)]
    return _thing("teddy", colour, parts, front=True)


def car(colour: str) -> Thing:
    """A toy car with headlights in front."""
    paint, glass = Paint(COLOURS[colour], "speckle", 0.6), Paint((60, 84, 110))
    parts = [block((0, 0, 0.115), (0.26, 0.58, 0.11), paint), block((0, -0.07, 0.215), (0.22, 0.28, 0.1), glass)]
    parts += [block((0, -0.07, 0.27), (0.225, 0.26, 0.02), paint), block((0, 0.19, 0.172), (0.22, 0.18, 0.012), paint)]
    parts += [
        pillar((x, y, 0.065), 0.065, 0.05, BLACK, turn=_lying("x")) for x in (-0.115, 0.115) for y in (-0.18, 0.18)
    ]
    parts += [
        pillar((x, y, 0.065), 0.035, 0.054, STEEL, turn=_lying("x")) for x in (-0.115, 0.115) for y in (-0.18, 0.18)
    ]
    lit, rear = Paint((255, 248, 200), behaviour="glowing"), Paint((190, 20, 20), behaviour="glowing")
    parts += [ball((x, 0.288, 0.13), (0.032, 0.02, 0.026), lit) for x in (-0.085, 0.085)]
    parts += [block((x, -0.292, 0.13), (0.05, 0.012, 0.03), rear) for x in (-0.09, 0.09)]
    parts += [block((0, 0.292, 0.075), (0.24, 0.02, 0.03), STEEL), block((0, -0.294, 0.075), (0.24, 0.02, 0.03), STEEL)]
    return _thing("toy car", colour, parts, front=True)


def walker(colour: str) -> Thing:
    """A person in the middle of a step, in a shirt of a colour."""
    shirt, jeans = Paint(COLOURS[colour], "cloth", 0.35), Paint((52, 66, 112), "cloth", 0.3)
    hair, shoe = Paint((66, 44, 30), "pile", 0.3), Paint((60, 40, 34))
    parts = [ball((0, 0, 1.2), (0.21, 0.13, 0.31), shirt), ball((0, 0, 0.93), (0.17, 0.13, 0.12), jeans)]
    parts += [pillar((0, 0, 1.5), 0.05, 0.12, SKIN), ball((0, 0.01, 1.63), (0.085, 0.1, 0.115), SKIN)]
    parts += [ball((0, -0.02, 1.67), (0.094, 0.1, 0.1), hair), ball((0, 0.112, 1.61), (0.016, 0.024, 0.02), SKIN)]
    parts += [ball((x, 0.094, 1.645), 0.014, Paint((30, 26, 30))) for x in (-0.034, 0.034)]
    parts += [block((0, 0.094, 1.575), (0.05, 0.02, 0.012), Paint((170, 60, 60)))]
    for x, swing in ((-0.09, 22.0), (0.09, -22.0)):
        lean = tilt("x", swing)
        foot = np.array([x, 0, 0.9]) + lean @ np.array([0, 0, -0.82])
        parts += [
            pillar(_vector(np.array([x, 0, 0.9]) + lean @ np.array([0, 0, -0.4])), 0.055, 0.8, jeans, 0.085, lean)
        ]
        parts += [ball((x, float(foot[1]) + 0.05, float(foot[2]) - 0.025), (0.05, 0.13, 0.05), shoe)]
        arm = tilt("x", -1.2 * swing)
        shoulder = np.array([2.6 * x, 0, 1.42])
        parts += [pillar(_vector(shoulder + arm @ np.array([0, 0, -0.28])), 0.035, 0.56, shirt, 0.055, arm)]
        parts += [ball(_vector(shoulder + arm @ np.array([0, 0, -0.6])), 0.05, SKIN)]
    low = min(float(p.centre[2]) - 0.05 for p in parts if p.paint == shoe)
    parts = [replace(p, centre=(p.centre[0], p.centre[1], p.centre[2] - low)) for p in parts]
    return replace(_thing("person", colour, parts, front=True), name=f"person in a {colour} shirt")


def clock(colour: str) -> Thing:
    """A round clock to hang on a wall: its back at y = 0, its origin at the bottom."""
    parts = [pillar((0, 0.02, 0.16), 0.16, 0.04, Paint(COLOURS[colour]), turn=_lying("y"))]
    parts += [pillar((0, 0.041, 0.16), 0.14, 0.004, Paint((245, 243, 235)), turn=_lying("y"))]
    for k in range(12):
        turn = tilt("y", 30 * k)
        parts += [
            block(
                _vector(np.array([0, 0.044, 0.16]) + turn @ np.array([0, 0, 0.12])), (0.012, 0.004, 0.03), BLACK, turn
            )
        ]
    for angle, length in ((-60, 0.07), (35, 0.1)):
        turn = tilt("y", angle)
        parts += [
            block(
                _vector(np.array([0, 0.046, 0.16]) + turn @ np.array([0, 0, length / 2])),
                (0.014, 0.004, length),
                BLACK,
                turn,
            )
        ]
    return _thing("clock", colour, parts, front=True)


def _vector(v: Floats) -> Vector:
    x, y, z = (float(c) for c in v)
    return x, y, z


def _darker(colour: Vector) -> Vector:
    r, g, b = (0.7 * c for c in colour)
    return r, g, b


MAKERS: dict[str, Maker] = {
    "chair": chair,
    "stool": stool,
    "table": table,
    "desk": desk,
    "sofa": sofa,
    "bed": bed,
    "shelf": shelf,
    "wardrobe": wardrobe,
    "lamp": lamp,
    "plant": plant,
    "ball": beach_ball,
    "box": box,
    "mug": mug,
    "monitor": monitor,
    "teddy": teddy,
    "toy car": car,
    "person": walker,
    "clock": clock,
}
