"""What is in a Blender scene, as JSON data. Angles in degrees, lengths in the scene's units, as Blender names them."""

from __future__ import annotations

from typing import Any

MOST_OBJECTS = 400
"""Objects told of one by one."""


def scene_report(scene: Any) -> dict[str, Any]:
    """All of a scene at its current frame: settings, and each object as it is evaluated (modifiers, physics)."""
    import bpy

    bpy.context.view_layer.update()
    graph = bpy.context.evaluated_depsgraph_get()
    objects = [object_report(item, graph) for item in list(scene.objects)[:MOST_OBJECTS]]
    world = _background(scene.world)
    return {
        "frame": scene.frame_current,
        "frames": [scene.frame_start, scene.frame_end],
        "frames_per_second": scene.render.fps / scene.render.fps_base,
        "unit_scale": scene.unit_settings.scale_length,
        "size": [
            max(1, round(scene.render.resolution_x * scene.render.resolution_percentage / 100)),
            max(1, round(scene.render.resolution_y * scene.render.resolution_percentage / 100)),
        ],
        "pixel_aspect": [scene.render.pixel_aspect_x, scene.render.pixel_aspect_y],
        "view_transform": scene.view_settings.view_transform,
        "exposure": scene.view_settings.exposure,
        "gravity": list(scene.gravity) if scene.use_gravity else [0.0, 0.0, 0.0],
        "physics": scene.rigidbody_world is not None,
        "world": world,
        "active_camera": scene.camera.name if scene.camera else "",
        "objects": objects,
        "left_out": max(0, len(scene.objects) - MOST_OBJECTS),
    }


def picture_report(scene: Any) -> dict[str, Any]:
    """What the picture is made with, as prepared: frame, size, and the camera that renders."""
    import bpy

    bpy.context.view_layer.update()
    return {
        "frame": scene.frame_current,
        "size": [scene.render.resolution_x, scene.render.resolution_y],
        "pixel_aspect": [scene.render.pixel_aspect_x, scene.render.pixel_aspect_y],
        "camera": object_report(scene.camera, bpy.context.evaluated_depsgraph_get()),
    }


def object_report(item: Any, graph: Any) -> dict[str, Any]:
    """One object as it is evaluated."""
    import math

    evaluated = item.evaluated_get(graph)
    matrix = evaluated.matrix_world
    place, turn, scale = matrix.decompose()
    told: dict[str, Any] = {
        "name": item.name,
        "type": item.type,
        "hidden": bool(item.hide_render),
        "location": list(place),
        "rotation": [math.degrees(angle) for angle in turn.to_euler("XYZ")],
        "scale": list(scale),
        "matrix": [list(row) for row in matrix],
        "parent": item.parent.name if item.parent else "",
        "collections": [collection.name for collection in item.users_collection],
    }
    box = _world_box(evaluated, graph)
    if box is not None:
        told["box"] = box
        told["dimensions"] = list(evaluated.dimensions)
    materials = [_material(slot.material) for slot in item.material_slots if slot.material]
    if materials:
        told["materials"] = materials
    if item.type == "LIGHT":
        told["light"] = _light(item.data)
    if item.type == "CAMERA":
        told["camera"] = _camera(item.data)
    if item.type == "FONT":
        told["text"] = item.data.body[:200]
    modifiers = [f"{modifier.name} ({modifier.type})" for modifier in item.modifiers]
    if modifiers:
        told["modifiers"] = modifiers
    if item.rigid_body is not None:
        body = item.rigid_body
        told["rigid_body"] = {
            "type": body.type, "mass": body.mass, "shape": body.collision_shape, "friction": body.friction,
            "bounciness": body.restitution, "animated": body.kinematic,
        }  # fmt: skip
    keys = _keys(item)
    if keys:
        told["key_frames"] = keys
    return told


def _world_box(evaluated: Any, graph: Any) -> list[list[float]] | None:
    """Lowest and highest corner along the world's axes: of the vertices where there is a mesh, else of the box.

    Without numpy, which Debian's Blender comes without.
    """
    from array import array

    import bpy
    from mathutils import Vector

    if evaluated.type == "MESH" and len(evaluated.data.vertices):
        mesh = bpy.data.meshes.new_from_object(evaluated, depsgraph=graph)
        mesh.transform(evaluated.matrix_world)
        flat = array("f", bytes(12 * len(mesh.vertices)))
        mesh.vertices.foreach_get("co", flat)
        bpy.data.meshes.remove(mesh)
        axes = [flat[axis::3] for axis in range(3)]
    elif evaluated.type in ("CURVE", "SURFACE", "FONT", "META", "CURVES", "POINTCLOUD", "VOLUME"):
        corners = [evaluated.matrix_world @ Vector(corner) for corner in evaluated.bound_box]
        axes = [array("f", (corner[axis] for corner in corners)) for axis in range(3)]
    else:
        return None
    return [[min(values) for values in axes], [max(values) for values in axes]]


def _background(world: Any) -> dict[str, Any]:
    if world is None:
        return {}
    shader = _node(world, "BACKGROUND")
    if shader is None:
        return {"name": world.name, "color": list(world.color)}
    colour = shader.inputs["Color"]
    return {
        "name": world.name,
        "color": "from nodes" if colour.is_linked else list(colour.default_value)[:3],
        "strength": shader.inputs["Strength"].default_value,
    }


def _material(material: Any) -> dict[str, Any]:
    told: dict[str, Any] = {"name": material.name}
    shader = _node(material, "BSDF_PRINCIPLED")
    if shader is None:
        told["color"] = list(material.diffuse_color)[:3]
        return told
    for key, socket in (("color", "Base Color"), ("metallic", "Metallic"), ("roughness", "Roughness")):
        value = shader.inputs[socket]
        plain = value.default_value if key != "color" else list(value.default_value)[:3]
        told[key] = "from nodes" if value.is_linked else plain
    return told


def _node(owner: Any, kind: str) -> Any:
    tree = owner.node_tree
    return next((node for node in tree.nodes if node.type == kind), None) if tree else None


def _light(light: Any) -> dict[str, Any]:
    told = {"type": light.type, "energy": light.energy, "color": list(light.color)}
    if light.type == "SUN":
        import math

        told["angle"] = math.degrees(light.angle)
    elif light.type == "AREA":
        told["size"] = [light.size, light.size_y] if light.shape in ("RECTANGLE", "ELLIPSE") else light.size
    else:
        told["radius"] = light.shadow_soft_size
    return told


def _camera(lens: Any) -> dict[str, Any]:
    return {
        "type": lens.type, "lens": lens.lens, "sensor_fit": lens.sensor_fit, "sensor_width": lens.sensor_width,
        "sensor_height": lens.sensor_height, "shift": [lens.shift_x, lens.shift_y], "ortho_scale": lens.ortho_scale,
    }  # fmt: skip


def _keys(item: Any) -> list[int]:
    """Frames at which the object has a key, whatever moves."""
    action = item.animation_data.action if item.animation_data else None
    if action is None:
        return []
    if hasattr(action, "layers"):  # Blender 4.4 and later: slots, layers, strips
        curves = [
            curve
            for layer in action.layers
            for strip in layer.strips
            for bag in strip.channelbags
            if bag.slot == item.animation_data.action_slot
            for curve in bag.fcurves
        ]
    else:
        curves = list(action.fcurves)
    return sorted({round(point.co[0]) for curve in curves for point in curve.keyframe_points})
