"""Which JSON Schema keywords of a tool each provider rejects, or drops without saying so.

Sources: OpenAI's function-calling errors ("array schema missing items", "must have type 'object' and not have
'oneOf'/'anyOf'/'allOf'/'enum'/'not' at the top level"); Anthropic's ("input_schema does not support oneOf,
allOf, or anyOf at the top level", property keys matching a pattern); Gemini's `Schema` message; and the
fields of inspect_ai's `JSONSchema`, which loses every other keyword in silence. `prefixItems` counts as
refused by each: it does not survive them all, and a tool may go to any of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

Provider = Literal["openai", "openai-strict", "anthropic", "gemini", "inspect"]

_ROOT_BANNED: Mapping[str, tuple[str, ...]] = {
    "openai": ("oneOf", "anyOf", "allOf", "enum", "not"),
    "openai-strict": ("oneOf", "anyOf", "allOf", "enum", "not"),
    "anthropic": ("oneOf", "anyOf", "allOf"),
    "gemini": ("anyOf",),
    "inspect": ("anyOf",),
}
_GEMINI = {
    "type",
    "format",
    "title",
    "description",
    "nullable",
    "enum",
    "items",
    "maxItems",
    "minItems",
    "properties",
    "required",
    "minProperties",
    "maxProperties",
    "minLength",
    "maxLength",
    "pattern",
    "example",
    "anyOf",
    "propertyOrdering",
    "default",
    "minimum",
    "maximum",
}
_INSPECT = {
    "type",
    "format",
    "description",
    "default",
    "enum",
    "items",
    "properties",
    "additionalProperties",
    "anyOf",
    "required",
}
_INSPECT_HARMLESS = {"title", "examples"}  # dropped too, but they bind nothing
_STRICT_BANNED = ("allOf", "oneOf", "not", "if", "then", "else", "dependentRequired", "dependentSchemas")
_ANTHROPIC_KEY = re.compile(r"[a-zA-Z0-9_.-]{1,64}")


def _nodes(schema: Any, where: str = "$") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """(path, subschema) for the schema and everything under it; property names are not keywords."""
    if not isinstance(schema, Mapping):
        return
    yield where, schema
    for keyword in ("properties", "$defs", "definitions", "patternProperties", "dependentSchemas"):
        children = schema.get(keyword)
        if isinstance(children, Mapping):
            for name, child in children.items():
                yield from _nodes(child, f"{where}.{keyword}.{name}")
    for keyword in ("anyOf", "oneOf", "allOf", "prefixItems"):
        children = schema.get(keyword)
        if isinstance(children, list):
            for number, child in enumerate(children):
                yield from _nodes(child, f"{where}.{keyword}[{number}]")
    for keyword in ("items", "additionalProperties", "not", "contains", "if", "then", "else"):
        yield from _nodes(schema.get(keyword), f"{where}.{keyword}")


def _resolves(root: Mapping[str, Any], ref: object) -> bool:
    """Whether `$ref` points at something in `root`. Remote ones never do: no provider fetches them."""
    if not isinstance(ref, str) or not ref.startswith("#"):
        return False
    node: Any = root
    for token in ref[1:].split("/")[1:]:
        token = token.replace("~1", "/").replace("~0", "~")
        if not isinstance(node, Mapping) or token not in node:
            return False
        node = node[token]
    return isinstance(node, Mapping | bool)


def _types(node: Mapping[str, Any]) -> list[Any]:
    kind = node.get("type")
    return kind if isinstance(kind, list) else [] if kind is None else [kind]


def schema_problems(schema: Any, provider: Provider) -> list[str]:
    """What `provider` rejects or loses in a tool's parameter schema, as 'path: what is wrong'; [] if nothing.

    Raises ValueError for an unknown provider.
    """
    if provider not in _ROOT_BANNED:
        raise ValueError(f"unknown provider {provider!r}: one of {', '.join(_ROOT_BANNED)}")
    if not isinstance(schema, Mapping):
        return [f"$: the schema is {type(schema).__name__}, not an object"]
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        return [f"{error.json_path}: not a valid JSON Schema (draft 2020-12): {error.message}"]
    found = []
    if schema.get("type") != "object":
        found.append(f"$: type is {schema.get('type')!r}, must be 'object'")
    found += [f"$: {word} is not supported at the top level" for word in _ROOT_BANNED[provider] if word in schema]
    for where, node in _nodes(schema):
        found += [f"{where}: {what}" for what in _node_problems(node, schema, provider)]
    return found


def _node_problems(node: Mapping[str, Any], root: Mapping[str, Any], provider: Provider) -> Iterator[str]:
    if "prefixItems" in node:
        yield "prefixItems is not supported"
    if "$ref" in node and not _resolves(root, node["$ref"]):
        yield f"$ref {node['$ref']!r} points nowhere"
    if provider in ("openai", "openai-strict", "gemini") and "array" in _types(node) and "items" not in node:
        yield "array schema missing items"
    match provider:
        case "openai-strict":
            yield from _strict_problems(node)
        case "anthropic":
            for name in node.get("properties", {}):
                if not _ANTHROPIC_KEY.fullmatch(name):
                    yield f"property key {name!r} does not match {_ANTHROPIC_KEY.pattern}"
        case "gemini":
            yield from _gemini_problems(node, node is root)
        case "inspect":
            if isinstance(node.get("type"), list):
                yield f"type {node['type']} is a list; use anyOf"
            for word in sorted(node.keys() - _INSPECT - _INSPECT_HARMLESS - {"prefixItems"}):
                yield f"{word} is dropped"
        case "openai":
            pass


def _strict_problems(node: Mapping[str, Any]) -> Iterator[str]:
    for word in _STRICT_BANNED:
        if word in node:
            yield f"{word} is not permitted with strict"
    if "object" in _types(node):
        if node.get("additionalProperties") is not False:
            yield "additionalProperties must be false with strict"
        missing = [name for name in node.get("properties", {}) if name not in node.get("required", [])]
        if missing:
            yield f"required must name every property with strict; missing {', '.join(missing)}"


def _gemini_problems(node: Mapping[str, Any], is_root: bool) -> Iterator[str]:
    for word in sorted(node.keys() - _GEMINI - {"prefixItems"}):
        yield f"unknown name {word!r}"
    if isinstance(node.get("type"), list):
        yield f"type {node['type']} is a list; use nullable or anyOf"
    if node.get("type") == "object" and not node.get("properties") and not is_root:
        yield "properties should be non-empty for type object"
    if "enum" in node and node.get("type") != "string":
        yield "enum is only allowed for type string"
    if node.get("type") == "string" and node.get("format", "enum") not in ("enum", "date-time"):
        yield f"format {node['format']!r} is not supported for type string"
