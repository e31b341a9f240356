"""CLIP's and MiniLM's similarities on tiny checkpoints with random weights, and what is said where there are none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs sightline[vision]")
pytest.importorskip("transformers", reason="needs sightline[vision]")

import transformers as tf
from loop_kit import photo
from tool_kit import raised_by

from sightline.memory import InfrastructureError
from sightline.tools.back_ends.registry import BackEnds


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny CLIP."""
    folder = tmp_path_factory.mktemp("clip")
    text = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = tf.CLIPConfig(
        text_config={**text, "vocab_size": 64, "bos_token_id": 1, "eos_token_id": 2},
        vision_config={**text, "image_size": 32, "patch_size": 8},
        projection_dim=8,
    )
    tf.CLIPModel(config).save_pretrained(folder)
    processor = tf.CLIPImageProcessor(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32})
    processor.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def minilm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny BERT."""
    folder = tmp_path_factory.mktemp("minilm")
    vocabulary = folder / "vocab.txt"
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "red", "blue", "chart", "title"]
    vocabulary.write_text("\n".join(words), "utf-8")
    config = tf.BertConfig(
        vocab_size=len(words), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16
    )
    tf.BertModel(config).save_pretrained(folder)
    tf.BertTokenizerFast(str(vocabulary)).save_pretrained(folder)
    return folder


def test_clip_distance(clip: Path) -> None:
    distance = BackEnds({"similarity": f"clip:{clip}"}).load("similarity")
    one, other = photo(64, 48, seed=1), photo(96, 80, seed=2)
    assert distance(one, one) == pytest.approx(0.0, abs=1e-5)
    assert 0.0 < distance(one, other) <= 2.0
    assert distance(one, np.zeros_like(one)) == pytest.approx(distance(np.zeros_like(one), one), abs=1e-5)


def test_sentence_similarity(minilm: Path) -> None:
    similarity = BackEnds({"sentences": f"minilm:{minilm}"}).load("sentences")
    assert similarity("red chart", "red chart") == pytest.approx(1.0, abs=1e-5)
    assert similarity("red chart", "blue title") == pytest.approx(similarity("blue title", "red chart"), abs=1e-5)
    assert similarity("red chart", "blue title") < 1.0


@pytest.mark.parametrize(
    ("role", "weights"),
    [("similarity", "openai/clip-vit-base-patch32"), ("sentences", "sentence-transformers/all-MiniLM-L6-v2")],
)
def test_without_weights_it_says_which_it_needs(role: str, weights: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    said = raised_by(lambda: BackEnds({}, offline=True).load(role), InfrastructureError)
    assert weights in said
    assert f"--back-end {role}=" in said
