from __future__ import annotations

import json
import math
from datetime import date

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from sightline.agents.models.families import (
    CLAUDE_FINE,
    CLAUDE_STANDARD,
    FAMILIES,
    GEMINI,
    INTERNVL,
    MISTRAL,
    OPENAI_FINE_PATCHES,
    OPENAI_PATCHES,
    OPENAI_TILES,
    QWEN_28,
    QWEN_32,
    Family,
)
from sightline.agents.models.profile import ModelProfile, Prices, profile_for, provider_and_name
from sightline.geometry.dialects import DIALECTS, CoordinateDialect, PictureLimits
from sightline.memory import InputError

CHAT = "chat_completions"
LOCAL = "http://127.0.0.1:8000/v1"
DAY = date(2026, 11, 21)
SIDES = st.integers(1, 12_000)
SIZES = st.tuples(SIDES, SIDES)


@pytest.mark.parametrize(
    ("model", "base_url", "name", "family", "api", "dialect", "limits", "protocol"),
    [
        ("openai:gpt-5", None, "gpt-5", "openai", "responses", "pixels", OPENAI_TILES, "native"),
        ("gpt-5", None, "gpt-5", "openai", "responses", "pixels", OPENAI_TILES, "native"),
        ("openai:gpt-5-mini", None, "gpt-5-mini", "openai", "responses", "pixels", OPENAI_PATCHES, "native"),
        ("openai:gpt-5.4", None, "gpt-5.4", "openai", "responses", "pixels", OPENAI_FINE_PATCHES, "native"),
        ("openai:gpt-5.4-nano", None, "gpt-5.4-nano", "openai", "responses", "pixels", OPENAI_PATCHES, "native"),
        ("openai:gpt-6.1-sol", None, "gpt-6.1-sol", "openai", "responses", "pixels", OPENAI_FINE_PATCHES, "native"),
        ("openai:o3", None, "o3", "openai", "responses", "pixels", OPENAI_TILES, "native"),
        ("openai:o4-mini", None, "o4-mini", "openai", "responses", "pixels", OPENAI_PATCHES, "native"),
        ("openai:gpt-4o", None, "gpt-4o", "openai", CHAT, "pixels", OPENAI_TILES, "native"),
        ("openai:gpt-4.1-mini", None, "gpt-4.1-mini", "openai", CHAT, "pixels", OPENAI_PATCHES, "native"),
        ("openai:gpt-5", "https://api.openai.com/v1", "gpt-5", "openai", "responses", "pixels", OPENAI_TILES, "native"),
        ("openai:gpt-5", LOCAL, "gpt-5", "openai", CHAT, "pixels", OPENAI_TILES, "native"),
        ("openrouter:openai/gpt-5", None, "openai/gpt-5", "openai", CHAT, "pixels", OPENAI_TILES, "native"),
        ("azure_openai:gpt-5.5", None, "gpt-5.5", "openai", "responses", "pixels", OPENAI_FINE_PATCHES, "native"),
        ("anthropic:claude-sonnet-4-5", None, "claude-sonnet-4-5", "anthropic", "messages", "pixels", CLAUDE_STANDARD,
         "native"),
        ("claude-opus-4-7", None, "claude-opus-4-7", "anthropic", "messages", "pixels", CLAUDE_FINE, "native"),
        ("anthropic:claude-opus-5-5", None, "claude-opus-5-5", "anthropic", "messages", "pixels", CLAUDE_FINE,
         "native"),
        ("anthropic:claude-opus-4-5-20251101", None, "claude-opus-4-5-20251101", "anthropic", "messages", "pixels",
         CLAUDE_STANDARD, "native"),
        ("google_genai:gemini-2.5-pro", None, "gemini-2.5-pro", "gemini", "gemini", "permille_yx", GEMINI, "native"),
        ("google-genai:gemini-4-argon", None, "gemini-4-argon", "gemini", "gemini", "permille_yx", GEMINI, "native"),
        ("openai:Qwen/Qwen3-VL-8B-Instruct", LOCAL, "Qwen/Qwen3-VL-8B-Instruct", "qwen-vl", CHAT, "permille",
         QWEN_32, "native"),
        ("openai:Qwen/Qwen3.5-397B-A17B", LOCAL, "Qwen/Qwen3.5-397B-A17B", "qwen-vl", CHAT, "permille",
         QWEN_32, "native"),
        ("openai:Qwen/Qwen2.5-VL-7B-Instruct", LOCAL, "Qwen/Qwen2.5-VL-7B-Instruct", "qwen-vl", CHAT,
         "pixels", QWEN_28, "text"),
        ("openai:Qwen/Qwen2-VL-7B-Instruct", LOCAL, "Qwen/Qwen2-VL-7B-Instruct", "qwen-vl", CHAT, "permille",
         QWEN_28, "text"),
        ("ollama:qwen3-vl:8b", None, "qwen3-vl:8b", "qwen-vl", "other", "permille", QWEN_32, "native"),
        ("ollama:qwen2.5vl:7b", None, "qwen2.5vl:7b", "qwen-vl", "other", "pixels", QWEN_28, "text"),
        ("openai:OpenGVLab/InternVL3_5-8B", LOCAL, "OpenGVLab/InternVL3_5-8B", "internvl", CHAT, "permille",
         INTERNVL, "text"),
        ("mistralai:pixtral-large-latest", None, "pixtral-large-latest", "mistral", CHAT, "permille", MISTRAL,
         "native"),
    ],
)  # fmt: skip
def test_known_models(
    model: str,
    base_url: str | None,
    name: str,
    family: str,
    api: str,
    dialect: str,
    limits: PictureLimits,
    protocol: str,
) -> None:
    profile = profile_for(model, base_url, on=DAY)
    assert (profile.name, profile.family, profile.api, profile.protocol) == (name, family, api, protocol)
    assert profile.dialect == DIALECTS[dialect]
    assert profile.limits == limits
    assert profile.tool_choice_none == ({"type": "none"} if api == "messages" else "none")
    assert profile.sees_pictures


def test_an_unknown_model_speaks_thousandths_through_chat_completions() -> None:
    profile = profile_for("openai:acme/SeeAll-9B", LOCAL)
    assert (profile.name, profile.family) == ("acme/SeeAll-9B", "unknown")
    assert (profile.protocol, profile.api) == ("native", "chat_completions")
    assert profile.dialect.name == "permille"
    assert profile.user_after_tool
    assert profile.sees_pictures
    assert profile.prices is None


def test_a_model_of_openais_that_is_not_in_the_table_keeps_every_published_picture_rule() -> None:
    profile = profile_for("openai:gpt-daybreak-blue-latest")
    assert (profile.family, profile.api, profile.limits) == ("openai", "responses", OPENAI_TILES)
    assert profile.prices is None


@pytest.mark.parametrize(
    ("model", "sees"),
    [
        ("openai:o3-mini", False),
        ("openai:gpt-4", False),
        ("openai:gpt-4-turbo", True),
        ("openai:gpt-4.1", True),
        ("openai:chatgpt-4o-latest", True),
        ("openai:openai/gpt-oss-120b", False),
        ("openai:Qwen/Qwen3-8B", False),
        ("openai:Qwen/Qwen-7B-Chat", False),
        ("openai:Qwen/Qwen3-Coder-30B-A3B-Instruct", False),
        ("mistralai:codestral-latest", False),
        ("mistralai:mistral-medium-latest", True),
        ("rules", False),
    ],
)
def test_models_without_eyes(model: str, sees: bool) -> None:
    assert profile_for(model).sees_pictures is sees


@pytest.mark.parametrize(
    "name", ["mistral-small-latest", "ministral-8b", "magistral-medium", "pixtral-12b", "devstral"]
)
def test_mistrals_refuse_a_user_message_after_a_tool_message(name: str) -> None:
    assert not profile_for(f"mistralai:{name}").user_after_tool
    assert not profile_for(f"openai:mistralai/{name}", LOCAL).user_after_tool


def test_the_rules_cost_nothing_and_see_stored_pixels() -> None:
    profile = profile_for("rules")
    assert profile.prices is not None
    assert profile.prices.free
    assert profile.prices.cost(10_000, 0, 0, 10_000) == 0.0
    assert profile.limits.fit((12_345, 6_789)) == (12_345, 6_789)


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("openai:gpt-5", ("openai", "gpt-5")),
        ("google-genai:gemini-2.5-pro", ("google_genai", "gemini-2.5-pro")),
        ("claude-haiku-4-5", ("anthropic", "claude-haiku-4-5")),
        ("gemini-2.5-flash", ("google_genai", "gemini-2.5-flash")),
        ("qwen3-vl:8b", ("", "qwen3-vl:8b")),
        ("ollama:qwen3-vl:8b", ("ollama", "qwen3-vl:8b")),
        ("Qwen/Qwen3-VL-8B-Instruct", ("", "Qwen/Qwen3-VL-8B-Instruct")),
        (" rules ", ("rules", "rules")),
        ("custom:FakeChatModel", ("custom", "FakeChatModel")),
    ],
)
def test_provider_and_name(model: str, expected: tuple[str, str]) -> None:
    assert provider_and_name(model) == expected


@pytest.mark.parametrize("model", ["", "  ", "openai:", "anthropic: "])
def test_no_model_named(model: str) -> None:
    with pytest.raises(InputError, match="No model is named"):
        profile_for(model)


# ------------------------------------------------------------------------------------------------- picture limits


def patches(size: tuple[int, int], side: int) -> int:
    return math.ceil(size[0] / side) * math.ceil(size[1] / side)


@given(SIZES)
@example((12_000, 5_600))
@example((2_000, 2_000))
@pytest.mark.parametrize(
    ("limits", "long", "side", "most"),
    [
        (CLAUDE_STANDARD, 1568, 28, 1568),
        (CLAUDE_FINE, 2000, 28, 4784),
        (OPENAI_PATCHES, 2048, 32, 1536),
        (OPENAI_FINE_PATCHES, 2048, 32, 2500),
        (OPENAI_TILES, 2048, 32, 1536),
    ],
)
def test_no_shape_needs_more_patches_than_the_provider_looks_at(
    limits: PictureLimits, long: int, side: int, most: int, size: tuple[int, int]
) -> None:
    sent = limits.fit(size)
    assert max(sent) <= long
    assert patches(sent, side) <= most


@pytest.mark.parametrize(
    ("limits", "side", "most"),
    [(CLAUDE_STANDARD, 28, 1568), (OPENAI_PATCHES, 32, 1536), (OPENAI_FINE_PATCHES, 32, 2500)],
)
def test_little_of_what_the_provider_looks_at_is_given_away(limits: PictureLimits, side: int, most: int) -> None:
    assert patches(limits.fit((4000, 3000)), side) > 0.93 * most


@given(SIZES)
def test_tiles(size: tuple[int, int]) -> None:
    sent = OPENAI_TILES.fit(size)
    assert max(sent) <= 2048
    assert min(sent) <= 768


@given(SIZES, st.sampled_from([CLAUDE_STANDARD, CLAUDE_FINE, OPENAI_TILES, OPENAI_FINE_PATCHES, GEMINI, INTERNVL]))
def test_shape_is_kept_to_half_a_pixel(size: tuple[int, int], limits: PictureLimits) -> None:
    sent = limits.fit(size)
    assert sent[0] <= size[0]
    assert sent[1] <= size[1]
    scale = max(sent) / max(size)
    assert min(sent) == pytest.approx(max(1.0, min(size) * scale), abs=0.5 + min(size) / max(size))


def smart_resize(size: tuple[int, int], factor: int, min_pixels: int, max_pixels: int) -> tuple[int, int]:
    """The rule of Qwen's processors (transformers, qwen2_vl): the size at which a picture is looked at."""
    width, height = size
    assert max(size) / min(size) <= 200, "such a picture is refused"
    wide, high = max(factor, round(width / factor) * factor), max(factor, round(height / factor) * factor)
    if wide * high > max_pixels:
        beta = math.sqrt(width * height / max_pixels)
        wide, high = math.floor(width / beta / factor) * factor, math.floor(height / beta / factor) * factor
        return max(factor, wide), max(factor, high)
    if wide * high < min_pixels:
        beta = math.sqrt(min_pixels / (width * height))
        return math.ceil(width * beta / factor) * factor, math.ceil(height * beta / factor) * factor
    return wide, high


@given(SIZES)
@example((1, 1))
@example((12_000, 1))
def test_qwen25_pixels_are_those_of_the_picture_as_sent(size: tuple[int, int]) -> None:
    sent = QWEN_28.fit(size)
    assert sent[0] % 28 == sent[1] % 28 == 0
    assert smart_resize(sent, 28, 56 * 56, 12_845_056) == sent


@given(SIZES)
@example((12_000, 1))
def test_qwen3_is_sent_multiples_of_32(size: tuple[int, int]) -> None:
    sent = QWEN_32.fit(size)
    assert sent[0] % 32 == sent[1] % 32 == 0
    assert max(sent) <= 2048
    if sent[0] * sent[1] >= 256 * 256:  # smaller ones the processor enlarges, which thousandths do not notice
        assert smart_resize(sent, 32, 256 * 256, 16_777_216) == sent


@given(SIZES, st.sampled_from([QWEN_28, QWEN_32, MISTRAL]))
def test_rounding_to_multiples_bends_the_shape_by_one_multiple_at_most(
    size: tuple[int, int], limits: PictureLimits
) -> None:
    assume(min(size) >= 4 * limits.multiple and max(size) / min(size) <= 10)
    sent = limits.fit(size)
    # There is one scale for both sides that each side is within a multiple of.
    lowest = max((sent[i] - limits.multiple) / size[i] for i in (0, 1))
    highest = min((sent[i] + limits.multiple) / size[i] for i in (0, 1))
    assert lowest <= highest + 1e-12


@given(SIZES, st.sampled_from(FAMILIES), st.floats(0, 1), st.floats(0, 1))
def test_a_place_survives_every_familys_dialect(size: tuple[int, int], family: Family, u: float, v: float) -> None:
    dialect, limits = family.dialect, family.limits
    sent = limits.fit(size)
    point = (u * size[0], v * size[1])
    back = dialect.from_model(dialect.to_model([point], size, sent), size, sent)[0]
    assert back == pytest.approx(point, abs=1e-6 * max(size))


# -------------------------------------------------------------------------------------------------- prices


def test_cost_of_one_call() -> None:
    prices = Prices(input=3.0, cached_input=0.3, cache_write=3.75, output=15.0)
    # 10,000 read: 6,000 from the cache, 3,000 written to it, 1,000 neither; 2,000 written.
    expected = (1_000 * 3.0 + 6_000 * 0.3 + 3_000 * 3.75 + 2_000 * 15.0) / 1e6
    assert prices.cost(10_000, 6_000, 3_000, 2_000) == pytest.approx(expected)
    assert not prices.free


def test_a_long_prompt_is_dearer_as_a_whole() -> None:
    prices = profile_for("openai:gpt-5.4", on=DAY).prices
    assert prices is not None
    assert prices.cost(272_000, 0, 0, 1_000) == pytest.approx(0.272 * 2.5 + 0.001 * 15)
    assert prices.cost(272_001, 0, 0, 1_000) == pytest.approx(0.272001 * 5 + 0.001 * 22.5)


@given(*[st.integers(0, 10**6)] * 4)
def test_cost_is_never_negative_and_never_above_all_tokens_fresh_and_written(
    read: int, cached: int, written: int, output: int
) -> None:
    prices = Prices(3.0, 0.3, 3.75, 15.0)
    cost = prices.cost(read, cached, written, output)
    assert 0 <= cost <= (max(read, cached + written) * 3.75 + output * 15.0) / 1e6 + 1e-9


@pytest.mark.parametrize(
    ("model", "read", "output"),
    [
        ("openai:gpt-5", 1.25, 10),
        ("openai:gpt-5-2025-08-07", 1.25, 10),
        ("openai:gpt-5-mini", 0.25, 2),
        ("openai:gpt-4o", 2.5, 10),
        ("openai:gpt-6.1-sol", 2, 10),
        ("anthropic:claude-sonnet-4-5", 3, 15),
        ("anthropic:claude-sonnet-4-5-20250929", 3, 15),
        ("anthropic:claude-opus-4-8", 5, 25),
        ("anthropic:claude-opus-5-5", 4, 20),
        ("anthropic:claude-haiku-4-5", 1, 5),
        ("google_genai:gemini-2.5-pro", 1.25, 10),
        ("google_genai:gemini-3.1-pro-preview", 2, 12),
    ],
)
def test_list_prices(model: str, read: float, output: float) -> None:
    profile = profile_for(model, on=DAY)
    assert profile.prices is not None
    assert (profile.prices.input, profile.prices.output) == (read, output)
    assert profile.prices.cached_input <= read
    assert profile.prices_as_of is not None


def test_an_announced_price_holds_from_its_day() -> None:
    before = profile_for("google_genai:gemini-4-argon", on=date(2026, 11, 30)).prices
    after = profile_for("google_genai:gemini-4-argon", on=date(2026, 12, 1)).prices
    assert before is not None
    assert after is not None
    assert (before.input, before.output) == (2, 10)
    assert (after.input, after.output) == (4, 20)


@pytest.mark.parametrize(
    ("model", "base_url"),
    [
        ("openai:gpt-5", LOCAL),
        ("openai:gpt-5-chat-search-preview", None),
        ("azure_openai:gpt-5", None),
        ("google_vertexai:gemini-2.5-pro", None),
        ("anthropic:claude-next", None),
        ("ollama:qwen3-vl:8b", None),
        ("openai:Qwen/Qwen3-VL-8B-Instruct", LOCAL),
    ],
)
def test_an_unconfirmed_price_is_unknown(model: str, base_url: str | None) -> None:
    profile = profile_for(model, base_url)
    assert profile.prices is None
    assert profile.prices_as_of is None


def test_a_price_can_be_given_for_a_server_of_ones_own() -> None:
    profile = profile_for("openai:gpt-5", LOCAL).replace(prices=Prices(1.0, 1.0, 1.0, 2.0))
    assert profile.prices is not None
    assert profile.prices.cost(1_000_000, 0, 0, 1_000_000) == pytest.approx(3.0)
    assert profile.api == "chat_completions"


# ------------------------------------------------------------------------------------------------ journal


@pytest.mark.parametrize(
    "model",
    [
        "openai:gpt-5.4",
        "anthropic:claude-sonnet-4-5",
        "google_genai:gemini-4-argon",
        "rules",
        "ollama:qwen2.5vl:7b",
        "x",
    ],
)
def test_json_round_trip_is_exact(model: str) -> None:
    profile = profile_for(model, on=DAY)
    text = json.dumps(profile.to_json())
    back = ModelProfile.from_json(json.loads(text))
    assert back == profile
    assert json.dumps(back.to_json()) == text
    assert hash(back) == hash(profile)


def test_a_dialect_of_ones_own_survives_the_journal() -> None:
    own = CoordinateDialect("thousand_and_twenty_four", 1024, order="yx", decimals=0)
    profile = profile_for("x").replace(dialect=own, limits=PictureLimits(max_pixels=7, multiple=3))
    assert ModelProfile.from_json(json.loads(json.dumps(profile.to_json()))) == profile


@pytest.mark.parametrize(
    "change",
    [{"api": "soap"}, {"protocol": "telepathy"}, {"dialect": None}, {"limits": {"max_bytes": "many"}}],
)
def test_what_is_no_profile_is_refused(change: dict[str, object]) -> None:
    data = profile_for("gpt-5").to_json()
    with pytest.raises(ValueError, match="validation error"):
        ModelProfile.from_json({**data, **change})


def test_a_misspelt_field_is_refused() -> None:
    with pytest.raises(TypeError):
        profile_for("gpt-5").replace(dialekt=None)
