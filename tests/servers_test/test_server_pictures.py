"""The scripted servers refuse pictures a provider refuses or resizes, and find a canary wherever it hides."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from PIL import Image
from servers import ModelServer, PictureLimits, data_url, jpeg, png
from servers.bodies import BODIES, Body, chat, chat_url, image, post


def gif() -> bytes:
    out = io.BytesIO()
    frames = [Image.new("RGB", (4, 4), colour) for colour in ("red", "blue")]
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    return out.getvalue()


PICTURES: list[tuple[str, bytes, str, PictureLimits | None]] = [
    ("picture-undecodable", png(30, 30)[:60], "image/png", None),
    ("picture-undecodable", b"GET / HTTP/1.1", "image/png", None),
    ("picture-media-type", png(3, 3), "image/jpeg", None),
    ("picture-media-type", jpeg(3, 3), "image/png", None),
    ("picture-media-type", png(3, 3), "image/tiff", None),
    ("picture-animated", gif(), "image/gif", None),
    ("picture-too-large", png(8001, 1), "image/png", None),
    ("picture-too-large", png(101, 9), "image/png", PictureLimits(max_long_side=100)),
    ("picture-too-large", png(60, 60), "image/png", PictureLimits(max_short_side=59)),
    ("picture-too-large", png(60, 60), "image/png", PictureLimits(max_pixels=3599)),
    ("picture-too-many-bytes", png(60, 60), "image/png", PictureLimits(max_bytes=50)),
    ("too-many-pictures", png(6, 6), "image/png", PictureLimits(max_pictures=1)),
]


def with_picture(protocol: str, data: bytes, media_type: str) -> Body:
    """The passing body with one more picture in its last message."""
    body = BODIES[protocol]()
    part = {
        "chat_completions": chat_url(data, media_type),
        "responses": {"type": "input_image", "image_url": data_url(data, media_type)},
        "messages": image(data, media_type),
    }[protocol]
    body["input" if protocol == "responses" else "messages"][-1]["content"].append(part)
    return body


@pytest.mark.parametrize("protocol", BODIES)
@pytest.mark.parametrize(("rule", "data", "media_type", "limits"), PICTURES)
def test_each_picture_rule_fires(
    protocol: Any, rule: str, data: bytes, media_type: str, limits: PictureLimits | None
) -> None:
    with (
        pytest.raises(AssertionError, match=f"{rule}: "),
        ModelServer(protocol, ["-"], limits=limits) as server,
    ):
        assert post(server, with_picture(protocol, data, media_type))[0] == 400


@pytest.mark.parametrize(
    ("protocol", "fits", "too_large"),
    [
        ("chat_completions", (2048, 768), (2049, 768)),
        ("chat_completions", (768, 768), (769, 769)),
        ("messages", (1568, 784), (1569, 784)),
        ("messages", (1092, 1092), (1568, 1176)),
    ],
)
def test_the_providers_own_limits(protocol: Any, fits: tuple[int, int], too_large: tuple[int, int]) -> None:
    with ModelServer(protocol, ["-"]) as server:
        assert post(server, with_picture(protocol, png(*fits), "image/png"))[0] == 200
        assert post(server, with_picture(protocol, png(*too_large), "image/png"))[0] == 400
        assert [violation.split(":")[0] for violation in server.violations] == ["picture-too-large"]
        server.violations.clear()


def test_a_picture_that_would_have_to_be_fetched_is_refused() -> None:
    body = chat()
    body["messages"][1]["content"][1]["image_url"]["url"] = "https://example.org/a.png"
    with (
        pytest.raises(AssertionError, match="picture-undecodable"),
        ModelServer("chat_completions", []) as server,
    ):
        post(server, body)


SECRET = "canary-7f3/Häuser"
ARGUMENTS = {"name": "crop", "arguments": json.dumps({"path": SECRET})}  # escaped twice on the wire
HIDDEN: dict[str, Body] = {
    "text": {"messages": [{"role": "user", "content": f"see {SECRET.upper()}!"}]},
    "key": {"metadata": {SECRET: "x"}},
    "arguments": {
        "messages": [
            {"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": ARGUMENTS}]},
            {"role": "tool", "tool_call_id": "a", "content": "r"},
        ]
    },
    "png text": {"messages": [{"role": "user", "content": [chat_url(png(9, 9, text={"Source": SECRET}))]}]},
    "exif": {
        "messages": [{"role": "user", "content": [chat_url(jpeg(9, 9, {0x010E: SECRET.encode()}), "image/jpeg")]}],
    },
    "exif in 16 bits": {
        "messages": [
            {
                "role": "user",
                "content": [chat_url(jpeg(9, 9, {0x9C9B: SECRET.encode("utf-16-le")}), "image/jpeg")],
            }
        ],
    },
}


@pytest.mark.parametrize("place", HIDDEN)
def test_a_canary_is_found_wherever_it_hides(place: str) -> None:
    with ModelServer("chat_completions", ["-"], forbid=["unrelated"]) as server:
        assert post(server, chat() | HIDDEN[place])[0] == 200
    server = ModelServer("chat_completions", ["-"], forbid=[SECRET])
    with pytest.raises(AssertionError, match="secret: "), server:
        assert post(server, chat() | HIDDEN[place])[0] == 400


def test_a_canary_is_found_in_headers_and_path() -> None:
    with ModelServer("chat_completions", ["-"], forbid=["canary"]) as server:
        assert post(server, chat(), {"x-trace": "Canary"})[0] == 400
        assert post(server, chat(), path="/v1/chat/completions?from=%63anary")[0] == 400
        assert [violation.split(": ")[1] for violation in server.violations] == ["header x-trace", "the path"]
        server.violations.clear()


def test_a_key_where_keys_belong_is_no_leak() -> None:
    with ModelServer("chat_completions", ["-"], forbid=["sk-secret"]) as server:
        assert post(server, chat(), {"authorization": "Bearer sk-secret", "x-api-key": "sk-secret"})[0] == 200
