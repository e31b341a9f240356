"""The scene a Blender program begins with, and the picture that is made of what it leaves.

An exported program holds this text around the program itself, so there is nothing here that a person could not run.
"""

from __future__ import annotations

from typing import Any


def picture_begin(start: str = "") -> None:
    """Open the start file, or an empty scene: Cycles, Standard view transform, a dark grey world, 512x512."""
    import bpy

    if start:
        bpy.ops.wm.open_mainfile(filepath=start, load_ui=False, use_scripts=False)
        return

    def empty_scene(*_: object) -> None:
        # Also after a program that begins with read_factory_settings, as many do.
        scene = bpy.context.scene
        scene.render.engine = "CYCLES"
        scene.render.resolution_x = scene.render.resolution_y = 512
        scene.view_settings.view_transform = "Standard"
        if scene.world is None:
            scene.world = bpy.data.worlds.new("World")
            scene.world.use_nodes = True
            scene.world.node_tree.nodes["Background"].inputs["Color"].default_value = (0.05, 0.05, 0.05, 1.0)

    bpy.app.handlers.load_post.append(bpy.app.handlers.persistent(empty_scene))
    bpy.ops.wm.read_factory_settings(use_empty=True)


def picture_arrange(wanted: dict[str, Any]) -> list[str]:
    """Apply what is wanted of the picture: frame, hidden objects, camera, size, samples.

    Args:
        wanted: JSON data: `size` or None, `most_side`, `samples`, `frame` or None, `hidden`, `camera` or None.

    Returns:
        What was changed that the scene had asked for otherwise, in words.

    Raises:
        LookupError: It names an object or a frame that is not there, or there is no camera; in words.
    """
    import bpy
    import mathutils

    notes = []
    scene = bpy.context.scene
    if bpy.context.mode != "OBJECT":
        bpy.ops.object.mode_set(mode="OBJECT")
    picture_frame(scene, wanted["frame"])
    for name in wanted["hidden"]:
        if name not in scene.objects:
            raise LookupError(
                f"The scene has no object named {name!r}; it has: {', '.join(scene.objects.keys()[:40])}."
            )
        scene.objects[name].hide_render = True

    if scene.render.engine != "CYCLES":
        notes.append(f"rendered with Cycles, not {scene.render.engine}: it needs no graphics card")
        scene.render.engine = "CYCLES"
    camera = wanted["camera"]
    if camera is not None:
        lens = bpy.data.cameras.new("picture camera")
        lens.sensor_fit, lens.sensor_width, lens.lens = "HORIZONTAL", camera["sensor_width"], camera["lens"]
        lens.shift_x, lens.shift_y = camera["shift"]
        lens.clip_start, lens.clip_end = 0.001, 100000.0
        holder = bpy.data.objects.new("picture camera", lens)
        scene.collection.objects.link(holder)
        holder.matrix_world = mathutils.Matrix(camera["matrix"])
        scene.camera = holder
        scene.render.pixel_aspect_x, scene.render.pixel_aspect_y = camera["pixel_aspect"]
    elif scene.camera is None:
        raise LookupError("The scene has no camera: add one and set bpy.context.scene.camera.")

    render = scene.render
    share = render.resolution_percentage / 100
    own = max(1, round(render.resolution_x * share)), max(1, round(render.resolution_y * share))
    width, height = wanted["size"] or own
    scale = min(1.0, wanted["most_side"] / max(width, height))
    if scale < 1:
        notes.append(f"scaled down from {width}x{height}")
    render.resolution_x, render.resolution_y = max(1, round(width * scale)), max(1, round(height * scale))
    render.resolution_percentage = 100
    render.use_border = render.use_multiview = False
    render.threads_mode, render.threads = "FIXED", 2
    cycles = scene.cycles
    cycles.device, cycles.samples, cycles.seed, cycles.use_animated_seed = "CPU", wanted["samples"], 0, False
    cycles.time_limit = 0.0
    if cycles.use_denoising:
        from _cycles import with_openimagedenoise

        cycles.use_denoising = with_openimagedenoise  # Debian's build, for one, lacks it
        if with_openimagedenoise:
            cycles.denoiser, cycles.denoising_prefilter = "OPENIMAGEDENOISE", "FAST"
    for layer in scene.view_layers:
        layer.samples = 0
    return notes


def picture_frame(scene: Any, frame: int | None) -> None:
    """Go to a frame; where something is simulated, through all frames from the first, as a simulation must."""
    import bpy

    first, last = scene.frame_start, scene.frame_end
    if frame is not None and not first <= frame <= last:
        raise LookupError(f"The scene has no frame {frame}: its frames are {first} to {last}.")
    target = scene.frame_current if frame is None else frame
    handlers = bpy.app.handlers
    simulated = scene.rigidbody_world is not None or bool(handlers.frame_change_pre or handlers.frame_change_post)
    simulated = simulated or any(
        item.particle_systems
        or any(hasattr(modifier, "point_cache") or modifier.type == "NODES" for modifier in item.modifiers)
        for item in scene.objects
    )
    if simulated:
        for step in range(first, min(target, last)):
            scene.frame_set(step)
    if simulated or frame is not None:
        scene.frame_set(target)


def picture_write(path: str, silhouette: str = "") -> None:
    """Render to a PNG; the silhouette, where one is wanted, is a second PNG whose alpha says what is covered."""
    import bpy

    scene = bpy.context.scene
    output = scene.render.image_settings
    if hasattr(output, "media_type"):
        output.media_type = "IMAGE"
    output.file_format, output.color_mode, output.color_depth = "PNG", "RGB", "8"
    scene.render.filepath, scene.render.use_file_extension = path, False
    bpy.ops.render.render(write_still=True)
    if silhouette:
        scene.render.film_transparent, scene.render.use_compositing = True, False
        scene.cycles.samples, scene.cycles.max_bounces = 4, 0
        scene.cycles.use_adaptive_sampling = scene.cycles.use_denoising = False
        output.color_mode = "RGBA"
        scene.render.filepath = silhouette
        bpy.ops.render.render(write_still=True)
