"""What is known of each model family: how it names places, how large a picture it looks at, how it is called.

One row a family or generation; the first whose pattern is found in the model's name holds. A row is a claim about a
provider's behaviour, so each carries its source. Where a provider looks at a picture through patches (an area of
`ceil(w / p) * ceil(h / p)` patches at most), `max_pixels` is set a few per cent below `patches * p * p`: then no shape
within the limits needs more patches than allowed, and the provider does not resize what we sent.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from sightline.geometry.dialects import PERMILLE, PERMILLE_YX, PIXELS, CoordinateDialect, PictureLimits

Api = Literal["chat_completions", "responses", "messages", "gemini", "other"]
Protocol = Literal["native", "text"]

# OpenAI, "Images and vision", model sizing behaviour. Tiles: fit into 2048x2048, then the short side to 768. Patches
# of 32 px: `high` is 1,536 patches or 2,048 px, from GPT-5.4 on 2,500 patches or 2,048 px. GPT-5.5 and later look at
# more by default (a 12-megapixel photo costs five times as much); up to this size a picture is seen unchanged at
# every detail but `low`.
# The provider takes 1,500 pictures and 512 MB a request (500 and 50 MB until 2026).
OPENAI_TILES = PictureLimits(max_long_side=2048, max_short_side=768, max_pictures=100)
OPENAI_PATCHES = PictureLimits(max_long_side=2048, max_pixels=1_480_000, max_pictures=100)
OPENAI_FINE_PATCHES = PictureLimits(max_long_side=2048, max_pixels=2_450_000, max_pictures=100)

# Anthropic, "Vision" and "Coordinates and bounding boxes": patches of 28 px. Standard: 1,568 px and 1,568 patches;
# Claude 4.7 and later: 2,576 px and 4,784 patches. With more than 20 pictures in a request a side may have 2,000 px,
# else the request is refused; a size is fixed for a run, so it is kept from the start. 100 pictures a request for
# models with 200k tokens of context. 5 MB a picture on Bedrock and Google Cloud (10 MB on Anthropic's own service),
# counted after base64, which adds a third.
CLAUDE_STANDARD = PictureLimits(max_long_side=1568, max_pixels=1_150_000, max_bytes=3_700_000, max_pictures=100)
CLAUDE_FINE = PictureLimits(max_long_side=2000, max_pixels=3_630_000, max_bytes=3_700_000, max_pictures=100)

# Google, "Image understanding": a picture costs about 1,100 tokens whatever its size (Gemini 3; 768 px tiles before),
# so more pixels than this are not looked at. Inline data is limited to 20 MB a request.
GEMINI = PictureLimits(max_long_side=2048, max_pixels=1_600_000, max_bytes=2_000_000, max_pictures=100)

# Qwen's processors (`smart_resize`) round both sides to multiples of patch x merge, 14 x 2 and 16 x 2, within a range
# of pixels: 56x56 to 12.8 M, and 256x256 to 16.8 M. 1,280 tokens a picture is the upper end the READMEs recommend.
QWEN_28 = PictureLimits(max_long_side=2044, max_pixels=1280 * 28 * 28, multiple=28, min_side=56)
QWEN_32 = PictureLimits(max_long_side=2048, max_pixels=1280 * 32 * 32, multiple=32, min_side=32)

# InternVL's `dynamic_preprocess`: at most 12 tiles of 448 px, in the grid nearest to the picture's shape.
INTERNVL = PictureLimits(max_long_side=6 * 448, max_pixels=12 * 448 * 448)

# Mistral's vision encoder (params.json): max_image_size 1540, patch 14, merge 2.
MISTRAL = PictureLimits(max_long_side=1540, multiple=28)

# A size that no vision API in use refuses, and most look at unchanged.
DEFAULT = PictureLimits(max_long_side=1568, max_pixels=1_480_000)

# `rules` looks at stored pixels through tools; nothing is sent anywhere, and nothing is rounded.
UNLIMITED = PictureLimits(max_long_side=1_000_000)


@dataclass(frozen=True)
class Family:
    """One row.

    Attributes:
        name: Family name, e.g. `qwen-vl`.
        pattern: Regular expression, searched in the lower-case model name without organisation.
        dialect: How it names places.
        limits: How large a picture it is sent.
        provider: Whose own service it is, as `init_chat_model` calls it; "" for open weights.
        api: The API of OpenAI's service it is called through; of no meaning for others.
        protocol: `text` where the usual chat template or server knows no tools.
        user_after_tool: Whether a user message may follow a tool message.
        sees_pictures: Whether it takes pictures.
    """

    name: str
    pattern: str
    dialect: CoordinateDialect
    limits: PictureLimits
    provider: str = ""
    api: Api = "chat_completions"
    protocol: Protocol = "native"
    user_after_tool: bool = True
    sees_pictures: bool = True


# Grounding conventions: Qwen2-VL and Qwen3-VL 0 to 1000, Qwen2.5-VL pixels of the resized picture (QwenLM/Qwen3-VL
# issues 866, 676, 1486; Qwen3.8-Flash-Next issue 4); InternVL 0 to 1000 ("Chat data format", "Grounding / detection
# data"); GLM-V 0 to 1000 (zai-org "glmv-grounding"); Gemini 0 to 1000, y first ("Image understanding"), Gemma alike
# (google/gemma-3-4b-it discussion 38, not confirmed by its model card); Claude pixels of the resized picture, and
# poor at 0 to 1000 ("Coordinates and bounding boxes"); OpenAI publishes none, its computer use and measurements of
# GPT-5.4 (Microsoft Foundry blog, April 2026) use pixels.
#
# Tools: the chat templates of Qwen2(.5)-VL have none (QwenLM/Qwen3-VL issue 914), InternVL was hardly
# trained on any (OpenGVLab/InternVL issue 499), and Gemma 3 has no form of its own for them ("Function calling with
# Gemma"); for these our text protocol, whose tags Qwen's language models were trained on, is the safer one.
#
# Responses: GPT-6 calls tools only there, `-pro`, codex and gpt-5.6-sol exist only there (langchain-openai), and for
# the other reasoning models it is where reasoning is kept between tool calls.
FAMILIES: tuple[Family, ...] = (
    Family("rules", r"^rules$", PIXELS, UNLIMITED, provider="rules", api="other", sees_pictures=False),
    # Open weights first: their names may hold another family's ("gemma-3-distilled-from-gemini").
    Family("qwen-vl", r"qwen-?2\.5-?(vl|omni)", PIXELS, QWEN_28, protocol="text"),
    Family("qwen-vl", r"qwen-?2-?vl|qvq", PERMILLE, QWEN_28, protocol="text"),
    Family("qwen-vl", r"qwen-?3-?(vl|omni)|qwen-?(3\.[5-9]|[4-9](\.\d)?(-|$))|qwen.*vl", PERMILLE, QWEN_32),
    Family("qwen", r"qwen|qwq", PERMILLE, QWEN_32, sees_pictures=False),
    Family("internvl", r"intern-?vl|interns1", PERMILLE, INTERNVL, protocol="text"),
    Family("glm-v", r"glm-?\d(\.\d+)?v|cogvlm", PERMILLE, DEFAULT),
    Family("gemma", r"gemma-?[123]", PERMILLE_YX, DEFAULT, protocol="text"),
    Family("gemma", r"gemma", PERMILLE_YX, DEFAULT),
    # "Unexpected role 'user' after role 'tool'": 400 at Mistral's service and of its tokenizer in vLLM
    # (mistralai/mistral-vibe issues 454 and 578, NousResearch/hermes-agent issue 20154).
    Family(
        "mistral", r"mixtral|codestral|mistral-(7b|nemo)", PERMILLE, MISTRAL, user_after_tool=False, sees_pictures=False
    ),
    Family("mistral", r"(min|mag|m)istral|pixtral|devstral", PERMILLE, MISTRAL, user_after_tool=False),
    Family("anthropic", r"claude-opus-4[-.][7-9]|claude-[a-z]+-[5-9]", PIXELS, CLAUDE_FINE, provider="anthropic"),
    Family("anthropic", r"claude", PIXELS, CLAUDE_STANDARD, provider="anthropic"),
    Family("gemini", r"gemini", PERMILLE_YX, GEMINI, provider="google_genai"),
    Family("openai", r"gpt-oss", PERMILLE, DEFAULT, sees_pictures=False),
    Family(
        "openai", r"gpt-3\.5|\bgpt-4(-32k)?(-\d{4})?$", PIXELS, OPENAI_TILES, provider="openai", sees_pictures=False
    ),
    Family(
        "openai", r"(^|\.)o(1-(mini|preview)|3-mini)", PIXELS, OPENAI_TILES, "openai", "responses", sees_pictures=False
    ),
    Family("openai", r"gpt-4\.1-(mini|nano)", PIXELS, OPENAI_PATCHES, "openai"),
    Family("openai", r"gpt-4", PIXELS, OPENAI_TILES, "openai"),
    Family(
        "openai", r"(^|\.)o4-mini|codex|gpt-5-(mini|nano)|gpt-5\.[23]", PIXELS, OPENAI_PATCHES, "openai", "responses"
    ),
    Family("openai", r"gpt-5\.4-(mini|nano)", PIXELS, OPENAI_PATCHES, "openai", "responses"),
    Family("openai", r"gpt-(5\.[4-9]|[6-9])", PIXELS, OPENAI_FINE_PATCHES, "openai", "responses"),
    # GPT-5 and o1, o3 are documented as tiles. Of others of OpenAI's (GPT-5.1, what comes next) the rule is not known:
    # 2048x768 is 64 x 24 = 1,536 patches, so these limits keep both.
    Family("openai", r"(^|\.)(o[1-9](-|$)|gpt-|chatgpt)", PIXELS, OPENAI_TILES, "openai", "responses"),
)

# Thousandths for an unknown model: of the open families above most speak them, and they stay right when a server
# resizes a picture behind our back, which pixels do not. A model trained on pixels reads the description of the
# dialect in the prompt, and loses some accuracy; a profile handed in mends that.
UNKNOWN = Family("unknown", r"", PERMILLE, DEFAULT)


def family_of(name: str) -> Family:
    """The row for a model name, with or without organisation (`Qwen/Qwen3-VL-8B-Instruct`)."""
    short = name.lower().rstrip("/").rsplit("/", 1)[-1]
    return next((family for family in FAMILIES if re.search(family.pattern, short)), UNKNOWN)
