"""Compiled ray casting: which surface a ray meets first, how it is lit, and a band of rows of a picture.

Plain loops for numba. They run in ordinary Python threads without the interpreter's lock, a band of rows each, and use
none of numba's own threading, so that calls from several threads at once are safe. All of them lie in this one file:
numba's cache on disk notices a change of the file a function is in, not of the files it calls into.

Arrays that describe a scene, N surfaces (`solids.py` packs them): kind (N,), rot (N, 3, 3) rows are the local axes in
the world, pos (N, 3), dim (N, 3), mat (N, 6) a material for each face. A tree node with count > 0 is a leaf over
order[first : first + count]; otherwise its children are `first` and `first + 1`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeVar

import numba as nb
import numpy as np

Kernel = TypeVar("Kernel", bound=Callable[..., Any])

BOX, FRUSTUM, ELLIPSOID, RECTANGLE = 0, 1, 2, 3
PLAIN, MIRROR, GLASS, GLOWING = 0, 1, 2, 3
EPSILON = 1e-5
FAR = 1e30
MAX_BOUNCES = 4

# fastmath without the flags that forbid infinities
_FAST = {"contract", "arcp", "nsz", "reassoc"}
_options: Any = {"nogil": True, "error_model": "numpy", "fastmath": _FAST}


def _jit(function: Kernel) -> Kernel:
    """Compiled at its first call, and kept on disk where the package's folder or a home can be written to."""
    try:
        compiled: Kernel = nb.njit(cache=True, **_options)(function)
    except RuntimeError:
        compiled = nb.njit(**_options)(function)
    return compiled


@_jit
def hit_box(
    ox: float, oy: float, oz: float, dx: float, dy: float, dz: float, hx: float, hy: float, hz: float
) -> tuple[float, int]:
    """Entry into |x| <= hx, |y| <= hy, |z| <= hz (exit, from inside): t and face +x -x +y -y +z -z."""
    near, far, face_in, face_out = -FAR, FAR, 0, 0
    for axis in range(3):
        if axis == 0:
            o, d, h = ox, dx, hx
        elif axis == 1:
            o, d, h = oy, dy, hy
        else:
            o, d, h = oz, dz, hz
        if d == 0.0:
            if abs(o) > h:
                return FAR, 0
            continue
        a, b = (-h - o) / d, (h - o) / d
        fa, fb = 2 * axis + 1, 2 * axis
        if a > b:
            a, b, fa, fb = b, a, fb, fa
        if a > near:
            near, face_in = a, fa
        if b < far:
            far, face_out = b, fb
    if near > far or far < EPSILON:
        return FAR, 0
    if near < EPSILON:
        return far, face_out
    return near, face_in


@_jit
def hit_frustum(
    ox: float, oy: float, oz: float, dx: float, dy: float, dz: float, bottom: float, top: float, h: float
) -> tuple[float, int]:
    """A capped cylinder or cone along z, |z| <= h: t and face 0 side, 4 top, 5 bottom."""
    best, face = FAR, 0
    k, middle = (top - bottom) / (2 * h), (top + bottom) / 2
    m = middle + k * oz
    a = dx * dx + dy * dy - k * k * dz * dz
    b = ox * dx + oy * dy - m * k * dz
    c = ox * ox + oy * oy - m * m
    if abs(a) > 1e-14:
        disc = b * b - a * c
        if disc >= 0:
            root = math.sqrt(disc)
            for sign in (-1.0, 1.0):
                t = (-b + sign * root) / a
                z = oz + t * dz
                if EPSILON < t < best and abs(z) <= h and middle + k * z >= 0:
                    best, face = t, 0
    if dz != 0.0:
        for which in (4, 5):
            level = h if which == 4 else -h
            radius = top if which == 4 else bottom
            t = (level - oz) / dz
            x, y = ox + t * dx, oy + t * dy
            if EPSILON < t < best and x * x + y * y <= radius * radius:
                best, face = t, which
    return best, face


@_jit
def hit_ellipsoid(
    ox: float, oy: float, oz: float, dx: float, dy: float, dz: float, rx: float, ry: float, rz: float
) -> float:
    """The nearest crossing of (x/rx)^2 + (y/ry)^2 + (z/rz)^2 = 1."""
    px, py, pz, qx, qy, qz = ox / rx, oy / ry, oz / rz, dx / rx, dy / ry, dz / rz
    a = qx * qx + qy * qy + qz * qz
    b = px * qx + py * qy + pz * qz
    c = px * px + py * py + pz * pz - 1.0
    disc = b * b - a * c
    if disc < 0:
        return FAR
    root = math.sqrt(disc)
    t = (-b - root) / a
    if t > EPSILON:
        return t
    t = (-b + root) / a
    return t if t > EPSILON else FAR


@_jit
def hit_one(i: int, o: Any, d: Any, kind: Any, rot: Any, pos: Any, dim: Any) -> tuple[float, int]:
    """T and face of surface i for a ray in the world; FAR where it misses."""
    x, y, z = o[0] - pos[i, 0], o[1] - pos[i, 1], o[2] - pos[i, 2]
    ox = rot[i, 0, 0] * x + rot[i, 0, 1] * y + rot[i, 0, 2] * z
    oy = rot[i, 1, 0] * x + rot[i, 1, 1] * y + rot[i, 1, 2] * z
    oz = rot[i, 2, 0] * x + rot[i, 2, 1] * y + rot[i, 2, 2] * z
    dx = rot[i, 0, 0] * d[0] + rot[i, 0, 1] * d[1] + rot[i, 0, 2] * d[2]
    dy = rot[i, 1, 0] * d[0] + rot[i, 1, 1] * d[1] + rot[i, 1, 2] * d[2]
    dz = rot[i, 2, 0] * d[0] + rot[i, 2, 1] * d[1] + rot[i, 2, 2] * d[2]
    k = kind[i]
    if k == BOX:
        return hit_box(ox, oy, oz, dx, dy, dz, dim[i, 0], dim[i, 1], dim[i, 2])
    if k == FRUSTUM:
        return hit_frustum(ox, oy, oz, dx, dy, dz, dim[i, 0], dim[i, 1], dim[i, 2])
    if k == ELLIPSOID:
        return hit_ellipsoid(ox, oy, oz, dx, dy, dz, dim[i, 0], dim[i, 1], dim[i, 2]), 0
    if dz == 0.0:
        return FAR, 0
    t = -oz / dz
    if t > EPSILON and abs(ox + t * dx) <= dim[i, 0] and abs(oy + t * dy) <= dim[i, 1]:
        return t, (0 if dz < 0 else 1)
    return FAR, 0


@_jit
def enter(
    n: int, ox: float, oy: float, oz: float, ix: float, iy: float, iz: float, low: Any, high: Any, limit: float
) -> float:
    """Where a ray with inverse direction (ix, iy, iz) enters the box of tree node n; FAR if not before `limit`."""
    a, b = (low[n, 0] - ox) * ix, (high[n, 0] - ox) * ix
    near, far = min(a, b), max(a, b)
    a, b = (low[n, 1] - oy) * iy, (high[n, 1] - oy) * iy
    near, far = max(near, min(a, b)), min(far, max(a, b))
    a, b = (low[n, 2] - oz) * iz, (high[n, 2] - oz) * iz
    near, far = max(near, min(a, b)), min(far, max(a, b))
    if far < 0.0 or near > far or near > limit:
        return FAR
    return float(near)


@_jit
def inverse(v: float) -> float:
    """1 / v, large instead of infinite, so that no 0 * inf arises."""
    return 1.0 / v if abs(v) > 1e-18 else 1e18


@_jit
def cast(o: Any, d: Any, root: int, limit: float, any_hit: bool, scene: Any, stack: Any) -> tuple[float, int, int]:
    """The first surface of the subtree `root` along a ray: t, surface, face (any one before `limit`, if `any_hit`)."""
    kind, rot, pos, dim, low, high, first, count, order = scene
    ix, iy, iz = inverse(d[0]), inverse(d[1]), inverse(d[2])
    best, surface, face = limit, -1, 0
    stack[0] = root
    top = 1
    while top > 0:
        top -= 1
        n = stack[top]
        if enter(n, o[0], o[1], o[2], ix, iy, iz, low, high, best) >= best:
            continue
        if count[n] > 0:
            for j in range(first[n], first[n] + count[n]):
                i = order[j]
                t, f = hit_one(i, o, d, kind, rot, pos, dim)
                if t < best:
                    best, surface, face = t, i, f
                    if any_hit:
                        return best, surface, face
        else:
            left = first[n]
            a = enter(left, o[0], o[1], o[2], ix, iy, iz, low, high, best)
            b = enter(left + 1, o[0], o[1], o[2], ix, iy, iz, low, high, best)
            if a <= b:
                if b < best:
                    stack[top] = left + 1
                    top += 1
                if a < best:
                    stack[top] = left
                    top += 1
            else:
                if a < best:
                    stack[top] = left
                    top += 1
                if b < best:
                    stack[top] = left + 1
                    top += 1
    return best, surface, face


@_jit
def texel(level: int, u: float, v: float, index: int, repeat: bool, texture: Any, colour: Any) -> None:
    """Add to `colour` the linear colour of one level of a texture at (u, v) in 0..1, bilinearly."""
    pixels, start, side, linear, _ = texture
    n = side[index] >> level
    if n < 1:
        n = 1
    base = start[index, level]
    x, y = u * n - 0.5, v * n - 0.5
    x0, y0 = math.floor(x), math.floor(y)
    fx, fy = x - x0, y - y0
    for step in range(4):
        xi, yi = int(x0) + (step & 1), int(y0) + (step >> 1)
        if repeat:
            xi, yi = xi & (n - 1), yi & (n - 1)
        else:
            xi, yi = min(max(xi, 0), n - 1), min(max(yi, 0), n - 1)
        w = (fx if step & 1 else 1 - fx) * (fy if step >> 1 else 1 - fy)
        at = base + 3 * (yi * n + xi)
        colour[0] += w * linear[pixels[at]]
        colour[1] += w * linear[pixels[at + 1]]
        colour[2] += w * linear[pixels[at + 2]]


@_jit
def place(i: int, face: int, p: Any, kind: Any, rot: Any, pos: Any, dim: Any, normal: Any, out: Any) -> None:
    """Outward normal at a surface point, and (u, v, width, height) of the face in metres, as seen from outside."""
    x, y, z = p[0] - pos[i, 0], p[1] - pos[i, 1], p[2] - pos[i, 2]
    lx = rot[i, 0, 0] * x + rot[i, 0, 1] * y + rot[i, 0, 2] * z
    ly = rot[i, 1, 0] * x + rot[i, 1, 1] * y + rot[i, 1, 2] * z
    lz = rot[i, 2, 0] * x + rot[i, 2, 1] * y + rot[i, 2, 2] * z
    a, b, c = dim[i, 0], dim[i, 1], dim[i, 2]
    nx, ny, nz = 0.0, 0.0, 0.0
    k = kind[i]
    if k == BOX:
        sign = 1.0 if face % 2 == 0 else -1.0
        if face < 2:
            nx, u, v, w, h = sign, sign * ly, -lz, b, c
        elif face < 4:
            ny, u, v, w, h = sign, -sign * lx, -lz, a, c
        else:
            nz, u, v, w, h = sign, sign * lx, -ly, a, b
        out[0], out[1], out[2], out[3] = u + w, v + h, 2 * w, 2 * h
    elif k == FRUSTUM:
        if face == 0:
            slope = (b - a) / (2 * c)
            middle = (a + b) / 2
            nx, ny, nz = lx, ly, -slope * (middle + slope * lz)
            turn = math.atan2(lx, -ly)
            radius = max(a, b)
            out[0], out[1], out[2], out[3] = (turn + math.pi) * radius, c - lz, 2 * math.pi * radius, 2 * c
        else:
            nz = 1.0 if face == 4 else -1.0
            r = b if face == 4 else a
            out[0], out[1], out[2], out[3] = lx + r, r - ly, 2 * r, 2 * r
    elif k == ELLIPSOID:
        nx, ny, nz = lx / (a * a), ly / (b * b), lz / (c * c)
        turn = math.atan2(lx, -ly)
        rise = math.asin(min(1.0, max(-1.0, lz / c)))
        radius = max(a, b)
        out[0], out[1] = (turn + math.pi) * radius, (math.pi / 2 - rise) * c
        out[2], out[3] = 2 * math.pi * radius, math.pi * c
    else:
        sign = 1.0 if face == 0 else -1.0
        nz = sign
        out[0], out[1], out[2], out[3] = sign * lx + a, b - ly, 2 * a, 2 * b
    length = 1.0 / math.sqrt(nx * nx + ny * ny + nz * nz)
    nx, ny, nz = nx * length, ny * length, nz * length
    for j in range(3):
        normal[j] = rot[i, 0, j] * nx + rot[i, 1, j] * ny + rot[i, 2, j] * nz


@_jit
def paint(m: int, t: float, slant: float, out: Any, materials: Any, texture: Any, tint: Any, colour: Any) -> None:
    """Linear albedo of material m at face place `out`, its texture filtered for a ray of length t."""
    flat, image, scale, contrast, _ = materials
    _, start, side, _, mean = texture
    index = image[m]
    if index < 0:
        for j in range(3):
            tint[j] = flat[m, j]
        return
    if scale[m] > 0:
        u, v, metres = out[0] / scale[m], out[1] / scale[m], scale[m]
    else:
        u, v, metres = out[0] / out[2], out[1] / out[3], max(out[2], out[3])
    footprint = t * slant * side[index] / metres
    level = min(max(math.log2(max(footprint, 1e-9)), 0.0), start.shape[1] - 1.001)
    level = min(level, math.log2(side[index]))
    fine = int(level)
    blend = level - fine
    colour[0], colour[1], colour[2] = 0.0, 0.0, 0.0
    texel(fine, u, v, index, scale[m] > 0, texture, colour)
    r, g, b = colour[0], colour[1], colour[2]
    if blend > 0.02 and (side[index] >> (fine + 1)) >= 1:
        colour[0], colour[1], colour[2] = 0.0, 0.0, 0.0
        texel(fine + 1, u, v, index, scale[m] > 0, texture, colour)
        r, g, b = r + blend * (colour[0] - r), g + blend * (colour[1] - g), b + blend * (colour[2] - b)
    k = contrast[m]
    tint[0] = flat[m, 0] * (mean[index, 0] + k * (r - mean[index, 0]))
    tint[1] = flat[m, 1] * (mean[index, 1] + k * (g - mean[index, 1]))
    tint[2] = flat[m, 2] * (mean[index, 2] + k * (b - mean[index, 2]))


@_jit
def sky(d: Any, colour: Any) -> None:
    """What a ray that meets nothing sees: sky, a line of hills, grass."""
    hills = 0.06 + 0.05 * math.sin(3.0 * math.atan2(d[0], d[1])) + 0.02 * math.sin(11.0 * math.atan2(d[0], d[1]))
    if d[2] > hills:
        k = min(1.0, max(0.0, d[2]))
        colour[0], colour[1], colour[2] = 0.75 - 0.5 * k, 0.85 - 0.35 * k, 0.95
    elif d[2] > 0:
        colour[0], colour[1], colour[2] = 0.16, 0.27, 0.2
    else:
        colour[0], colour[1], colour[2] = 0.2, 0.34, 0.12


@_jit
def shade(
    o: Any,
    d: Any,
    pixel_angle: float,
    scene: Any,
    solid: Any,
    materials: Any,
    texture: Any,
    lights: Any,
    room: Any,
    scratch: Any,
    colour: Any,
) -> tuple[float, int, int]:
    """Linear colour along a ray, through glass and mirrors; returns t, surface and face of the first surface."""
    kind, rot, pos, dim = scene[0], scene[1], scene[2], scene[3]
    mat, shadow_root = solid
    behaviour = materials[4]
    p, normal, out, tint, ray, ahead, sample, stack = scratch
    for j in range(3):
        ray[j], ahead[j] = o[j], d[j]
    strength, total, first_t, first_surface, first_face = 1.0, 0.0, FAR, -1, 0
    for bounce in range(MAX_BOUNCES):
        t, i, face = cast(ray, ahead, 0, FAR, False, scene, stack)
        if bounce == 0:
            first_t, first_surface, first_face = t, i, face
        if i < 0:
            sky(ahead, colour)
            for j in range(3):
                colour[j] *= strength
            break
        total += t
        for j in range(3):
            p[j] = ray[j] + t * ahead[j]
        place(i, face, p, kind, rot, pos, dim, normal, out)
        facing = normal[0] * ahead[0] + normal[1] * ahead[1] + normal[2] * ahead[2]
        if facing > 0:
            for j in range(3):
                normal[j] = -normal[j]
            facing = -facing
        m = mat[i, face]
        paint(m, total, pixel_angle / math.sqrt(max(-facing, 0.1)), out, materials, texture, tint, sample)
        if behaviour[m] == MIRROR and bounce < MAX_BOUNCES - 1:
            strength *= 0.88
            for j in range(3):
                ahead[j] -= 2 * facing * normal[j]
                ray[j] = p[j] + 1e-4 * normal[j]
            continue
        if behaviour[m] == GLASS and bounce < MAX_BOUNCES - 1:
            strength *= 0.9
            for j in range(3):
                ray[j] = p[j] + 1e-4 * ahead[j]
            continue
        light(p, normal, behaviour[m] == GLOWING, shadow_root, scene, lights, room, tint, ray, ahead, stack, colour)
        for j in range(3):
            colour[j] *= strength
        break
    return first_t, first_surface, first_face


@_jit
def light(
    p: Any,
    normal: Any,
    glows: bool,
    shadow_root: int,
    scene: Any,
    lights: Any,
    room: Any,
    tint: Any,
    start: Any,
    way: Any,
    stack: Any,
    colour: Any,
) -> None:
    """Lambert's law for each point of the lamps that p sees, light from all round, and darker corners."""
    if glows:
        for j in range(3):
            colour[j] = tint[j] * 1.6
        return
    where, power = lights
    corner = 1.0
    for j in range(3):
        for side in range(2):
            gap = abs(p[j] - room[side, j])
            inward = normal[j] if side == 0 else -normal[j]
            if gap < 1.0 and inward < 0.9:
                corner *= 1.0 - 0.3 * math.exp(-gap / 0.18)
    sum_r = sum_g = sum_b = corner * (0.30 + 0.12 * normal[2] + 0.04 * normal[0] + 0.02 * normal[1])
    for j in range(3):
        start[j] = p[j] + 1e-4 * normal[j]
    for s in range(where.shape[0]):
        x, y, z = where[s, 0] - start[0], where[s, 1] - start[1], where[s, 2] - start[2]
        cosine = x * normal[0] + y * normal[1] + z * normal[2]
        if cosine <= 0:
            continue
        distance = math.sqrt(x * x + y * y + z * z)
        way[0], way[1], way[2] = x / distance, y / distance, z / distance
        _, blocked, _ = cast(start, way, shadow_root, distance, True, scene, stack)
        if blocked < 0:
            k = cosine / distance / (1.0 + 0.12 * distance * distance)
            sum_r += k * power[s, 0]
            sum_g += k * power[s, 1]
            sum_b += k * power[s, 2]
    colour[0], colour[1], colour[2] = tint[0] * sum_r, tint[1] * sum_g, tint[2] * sum_b


@_jit
def look(x: float, y: float, lens: Any, d: Any) -> float:
    """Unit direction in the world of picture point (x, y); returns by how much range exceeds z-depth (1: panorama)."""
    panorama, fx, fy, cx, cy, k, r = lens
    if panorama:
        yaw, pitch = (x / cx - 1.0) * math.pi, (0.5 - y / (2.0 * cy)) * math.pi
        a, b, c = math.sin(yaw) * math.cos(pitch), -math.sin(pitch), math.cos(yaw) * math.cos(pitch)
        stretch = 1.0
    else:
        a, b = (x - cx) / fx, (y - cy) / fy
        if k[0] != 0 or k[1] != 0 or k[2] != 0 or k[3] != 0 or k[4] != 0:
            ux, uy = a, b
            for _ in range(60):
                q = ux * ux + uy * uy
                radial = 1 + q * (k[0] + q * (k[1] + q * k[4]))
                sx = 2 * k[2] * ux * uy + k[3] * (q + 2 * ux * ux)
                sy = k[2] * (q + 2 * uy * uy) + 2 * k[3] * ux * uy
                nx, ny = (a - sx) / radial, (b - sy) / radial
                done = abs(nx - ux) + abs(ny - uy) < 1e-13
                ux, uy = nx, ny
                if done:
                    break
            a, b = ux, uy
        stretch = math.sqrt(a * a + b * b + 1.0)
        a, b, c = a / stretch, b / stretch, 1.0 / stretch
    for j in range(3):
        d[j] = r[j, 0] * a + r[j, 1] * b + r[j, 2] * c
    return stretch


@_jit
def first_pass(
    y0: int,
    y1: int,
    eye: Any,
    lens: Any,
    pixel_angle: float,
    scene: Any,
    solid: Any,
    materials: Any,
    texture: Any,
    lights: Any,
    room: Any,
    gain: float,
    owner: Any,
    picture: Any,
) -> None:
    """Rows y0 to y1, one ray through each pixel's centre: linear colour, depth, owner's id, and which face it was."""
    linear, depth, ids, faces = picture
    scratch = (
        np.empty(3),
        np.empty(3),
        np.empty(4),
        np.empty(3),
        np.empty(3),
        np.empty(3),
        np.empty(3),
        np.empty(48, np.int32),
    )
    d, colour = np.empty(3), np.empty(3)
    for y in range(y0, y1):
        for x in range(depth.shape[1]):
            stretch = look(x + 0.5, y + 0.5, lens, d)
            t, i, face = shade(eye, d, pixel_angle, scene, solid, materials, texture, lights, room, scratch, colour)
            depth[y, x] = t / stretch if i >= 0 else np.inf
            ids[y, x] = owner[i] if i >= 0 else 0
            faces[y, x] = 6 * i + face
            for j in range(3):
                linear[y, x, j] = min(colour[j] * gain, 1.0)


@_jit
def second_pass(
    y0: int,
    y1: int,
    eye: Any,
    lens: Any,
    pixel_angle: float,
    scene: Any,
    solid: Any,
    materials: Any,
    texture: Any,
    lights: Any,
    room: Any,
    gain: float,
    curve: Any,
    picture: Any,
    smooth: Any,
) -> None:
    """Rows y0 to y1 to 8 bits; where a pixel differs from a neighbour, the mean of four more rays."""
    linear, depth, _, faces = picture
    height, width = depth.shape
    scratch = (
        np.empty(3),
        np.empty(3),
        np.empty(4),
        np.empty(3),
        np.empty(3),
        np.empty(3),
        np.empty(3),
        np.empty(48, np.int32),
    )
    d, colour, mean = np.empty(3), np.empty(3), np.empty(3)
    last = curve.shape[0] - 1
    for y in range(y0, y1):
        for x in range(width):
            uneven = False
            for step in range(4):
                v, w = y + (step == 0) - (step == 1), x + (step == 2) - (step == 3)
                if 0 <= v < height and 0 <= w < width and not uneven:
                    uneven = faces[v, w] != faces[y, x]
                    for j in range(3):
                        a, b = linear[y, x, j], linear[v, w, j]
                        uneven = uneven or abs(a - b) > 0.04 + 0.4 * max(a, b)
            for j in range(3):
                mean[j] = linear[y, x, j]
            if uneven:
                for j in range(3):
                    mean[j] = 0.0
                for step in range(4):  # a rotated grid
                    sx = 0.125 + 0.25 * ((2 * step + (step > 1)) % 4)
                    look(x + sx, y + 0.125 + 0.25 * step, lens, d)
                    shade(eye, d, 0.5 * pixel_angle, scene, solid, materials, texture, lights, room, scratch, colour)
                    for j in range(3):
                        mean[j] += 0.25 * min(colour[j] * gain, 1.0)
            for j in range(3):
                smooth[y, x, j] = curve[int(mean[j] * last + 0.5)]
