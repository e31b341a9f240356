"""`schema_problems` says what each provider rejects or loses, and accepts what all of them take."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from servers import schema_problems
from servers.schemas import Provider

PROVIDERS = get_args(Provider)
PLAIN = {
    "type": "object",
    "properties": {
        "image": {"type": "string", "description": "A handle."},
        "box": {"type": "array", "items": {"type": "number"}, "description": "x0, y0, x1, y1."},
        "mode": {"type": "string", "enum": ["a", "b"]},
        "prefixItems": {"type": "integer"},  # a property's name is not a keyword
    },
    "required": ["image", "box", "mode", "prefixItems"],
}


@pytest.mark.parametrize("provider", PROVIDERS)
def test_plain_schemas_pass_everywhere(provider: Provider) -> None:
    strict = {"additionalProperties": False} if provider == "openai-strict" else {}
    assert schema_problems(PLAIN | strict, provider) == []


def prop(schema: Any, **root: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"a": schema}, **root}


REJECTED: list[tuple[dict[str, Any], str, set[str]]] = [
    ({"type": "array", "items": {}}, "must be 'object'", set(PROVIDERS)),
    ({"type": "object", "oneOf": [{"type": "object"}]}, "oneOf", set(PROVIDERS)),
    ({"type": "object", "anyOf": [{"type": "object"}]}, "anyOf", set(PROVIDERS)),
    ({"type": "object", "allOf": [{"type": "object"}]}, "allOf", set(PROVIDERS)),
    (prop({"type": "array", "prefixItems": [{}], "items": {}}), "prefixItems", set(PROVIDERS)),
    (prop({"type": "array"}), "missing items", {"openai", "openai-strict", "gemini"}),
    (prop({"type": ["array", "null"]}), "missing items", {"openai", "openai-strict", "gemini"}),
    (prop({"type": "array", "items": [{"type": "number"}]}), "not a valid JSON Schema", set(PROVIDERS)),
    (prop({"type": "float"}), "not a valid JSON Schema", set(PROVIDERS)),
    (prop({"$ref": "#/$defs/Box"}), "points nowhere", set(PROVIDERS)),
    (prop({"$ref": "https://example.org/box.json"}), "points nowhere", set(PROVIDERS)),
    (prop({"$ref": "#/$defs/B"}, **{"$defs": {"B": {"type": "string"}}}), "$ref", {"gemini", "inspect"}),
    (prop({"type": "array", "items": {"anyOf": [{"prefixItems": []}]}}), "prefixItems", set(PROVIDERS)),
    (prop({"type": "string"}), "required must name", {"openai-strict"}),
    (prop({"type": "string"}, required=["a"]), "additionalProperties must be false", {"openai-strict"}),
    (prop({"allOf": [{"type": "string"}]}), "allOf", {"openai-strict", "gemini", "inspect"}),
    (prop({"type": ["string", "null"]}), "is a list", {"gemini", "inspect"}),
    (prop({"const": "x"}), "const", {"gemini", "inspect"}),
    (prop({"type": "number", "exclusiveMinimum": 0}), "exclusiveMinimum", {"gemini", "inspect"}),
    (prop({"type": "array", "items": {"type": "number"}, "minItems": 4}), "minItems is dropped", {"inspect"}),
    (prop({"type": "string"}, additionalProperties=False), "additionalProperties", {"gemini"}),
    (prop({"type": "object", "properties": {}}), "should be non-empty", {"gemini"}),
    (prop({"type": "integer", "enum": [1, 2]}), "enum is only", {"gemini"}),
    (prop({"type": "string", "format": "uri"}), "format 'uri'", {"gemini"}),
    ({"type": "object", "properties": {"a b": {}}}, "property key", {"anthropic"}),
]


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize(("schema", "message", "providers"), REJECTED)
def test_each_provider_rejects_its_own(
    schema: dict[str, Any], message: str, providers: set[str], provider: Provider
) -> None:
    found = any(message in problem for problem in schema_problems(schema, provider))
    assert found == (provider in providers)


def test_odd_input() -> None:
    assert schema_problems(None, "openai") == ["$: the schema is NoneType, not an object"]
    with pytest.raises(ValueError, match="unknown provider 'mistral'"):
        schema_problems(PLAIN, "mistral")  # type: ignore[arg-type] - the point of the test
