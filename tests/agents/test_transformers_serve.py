"""A server that nobody here wrote: `transformers serve` with a tiny vision-language model of random weights.

It answers nonsense, and the loop must survive that: every request is one the server takes, and the run ends properly.
"""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from loop_kit import photo

from sightline.agents import Answer, Budget, Delta, SpatialAgent, profile_for

pytestmark = pytest.mark.slow

NEEDED = ("torch", "transformers", "fastapi", "uvicorn")
START_SECONDS = 240.0
NEW_TOKENS = 24


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A LLaVA of 30,000 random weights: CLIP and Llama with two layers each, and a tokenizer of single bytes."""
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        pytest.skip(f"needs {', '.join(missing)}, which `make test-all` installs")
    folder = tmp_path_factory.mktemp("checkpoint") / "tiny-llava"
    command = [sys.executable, "-c", SAVE, str(folder), str(NEW_TOKENS)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder


SAVE = """
import sys
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import (
    CLIPVisionConfig, LlamaConfig, LlavaConfig, LlavaForConditionalGeneration, LlavaProcessor, PreTrainedTokenizerFast,
)
try:
    from transformers import CLIPImageProcessorPil as ImageProcessor  # needs no torchvision
except ImportError:
    from transformers import CLIPImageProcessor as ImageProcessor

folder, new_tokens = sys.argv[1], int(sys.argv[2])
torch.manual_seed(0)
letters = sorted(pre_tokenizers.ByteLevel.alphabet())
bytewise = Tokenizer(models.BPE(vocab={letter: i for i, letter in enumerate(letters)}, merges=[]))
bytewise.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
bytewise.decoder = decoders.ByteLevel()
tokenizer = PreTrainedTokenizerFast(
    tokenizer_object=bytewise, bos_token="<s>", eos_token="</s>", pad_token="<pad>",
    additional_special_tokens=["<image>"],
)
template = (
    "{% for m in messages %}{{ m.role }}: {% if m.content is string %}{{ m.content }}{% else %}"
    "{% for c in m.content %}{% if c.type == 'image' %}<image>{% else %}{{ c.text }}{% endif %}{% endfor %}"
    "{% endif %}\\n{% endfor %}assistant: "
)
vision = CLIPVisionConfig(
    hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2, image_size=28, patch_size=14,
    projection_dim=16,
)
text = LlamaConfig(
    vocab_size=len(tokenizer), hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2,
    num_key_value_heads=2, max_position_embeddings=65536, bos_token_id=tokenizer.bos_token_id,
    eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id,
)
model = LlavaForConditionalGeneration(
    LlavaConfig(
        vision_config=vision, text_config=text, vision_feature_layer=-1,
        image_token_index=tokenizer.convert_tokens_to_ids("<image>"),
    )
)
model.generation_config.max_new_tokens = new_tokens
model.save_pretrained(folder)
LlavaProcessor(
    image_processor=ImageProcessor(size={"shortest_edge": 28}, crop_size={"height": 28, "width": 28}),
    tokenizer=tokenizer, patch_size=14, vision_feature_select_strategy="default", num_additional_image_tokens=1,
    chat_template=template,
).save_pretrained(folder)
"""


@pytest.fixture(scope="module")
def server(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The server's base URL and its log; it runs as long as this module's tests."""
    start = "from transformers.cli.transformers import main; main()"
    options = ["--host", "127.0.0.1", "--port", "0", "--device", "cpu", "--log-level", "info"]
    log = tmp_path_factory.mktemp("serve") / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-c", start, "serve", str(checkpoint), *options],
            stdout=out,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )
    try:
        yield f"{_address(process, log)}/v1", log
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    """Where it listens, as it says itself once it does."""
    waiting = threading.Event()
    for _ in range(int(START_SECONDS / 0.2)):
        said = log.read_text("utf-8", "replace")
        found = re.search(r"Uvicorn running on (http://127\.0\.0\.1:\d+)", said)
        if found:
            return found.group(1)
        if process.poll() is not None:
            break
        waiting.wait(0.2)
    pytest.fail(f"transformers serve did not start:\n{log.read_text('utf-8', 'replace')}")


def agent(server: str, checkpoint: Path, protocol: str, runs: Path, steps: int) -> SpatialAgent:
    name = f"openai:{checkpoint}"
    return SpatialAgent(
        name,
        base_url=server,
        profile=profile_for(name, server).replace(protocol=protocol),
        tools=["memory"],
        budget=Budget(steps=steps),
        model_settings={"max_tokens": NEW_TOKENS, "max_retries": 0},
        runs=runs,
    )


def check(answer: Answer, steps: int) -> None:
    """The run ended as a run should: with nonsense, and with no failure."""
    assert answer.status in ("answered", "no answer")
    replies = [step.reply for step in answer.trace.steps]
    assert 1 <= len(replies) <= steps
    assert all(reply is not None for reply in replies)
    assert answer.trace.failure is None
    if answer.status == "no answer":
        assert len(replies) == steps
        assert answer.forced
    assert answer.usage.calls == len(replies)
    assert answer.usage.input_tokens > 500 * len(replies)  # single bytes: the prompt is long
    assert 0 < answer.usage.output_tokens <= NEW_TOKENS * len(replies)


@pytest.mark.parametrize("protocol", ["native", "text"])
def test_the_loop_survives_nonsense(protocol: str, server: tuple[str, Path], checkpoint: Path, tmp_path: Path) -> None:
    url, log = server
    made = agent(url, checkpoint, protocol, tmp_path, steps=3)
    answer = made.ask("Which mug is nearer?", [photo(), photo(300, 200, 1)], options=["A. red", "B. blue"])
    check(answer, 3)
    taken = re.findall(r'"POST /v1/chat/completions HTTP/1.1" (\d+)', log.read_text("utf-8", "replace"))
    assert set(taken) == {"200"}
    assert len(taken) >= answer.usage.calls


@pytest.mark.parametrize("protocol", ["native", "text"])
def test_and_while_streaming(protocol: str, server: tuple[str, Path], checkpoint: Path, tmp_path: Path) -> None:
    url, _ = server
    made = agent(url, checkpoint, protocol, tmp_path, steps=2)
    heard = list(made.stream("How many mugs are there?", photo()))
    assert heard[-1].type == "answered"
    assert any(isinstance(item, Delta) for item in heard)
    check(made.resume("last"), 2)
