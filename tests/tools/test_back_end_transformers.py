"""Grounding DINO, OWLv2, SAM 2 and TrOCR on tiny checkpoints with random weights: loading and running.

A network that finds what is red in its own input shows the way of a place from the picture there and back.
"""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("torch", reason="needs sightline[vision]")
pytest.importorskip("transformers", reason="needs sightline[vision]")

import torch
import transformers as tf
from shapes_kit import seen
from tool_kit import raised_by

from sightline.memory import InfrastructureError, InstrumentLimit, ModelMistake
from sightline.tools.back_ends.detection_transformers import GroundingDino, prompt_of
from sightline.tools.back_ends.registry import BackEnds
from sightline.tools.back_ends.text_lines import find_text_lines

RED = (220, 10, 10)
WORDS = "red blue thing ball wine glass a photo of chair person mug cup tea pot the big".split()  # noqa: SIM905


def picture(size: tuple[int, int], box: tuple[int, int, int, int]) -> NDArray[np.uint8]:
    pixels = np.full((size[1], size[0], 3), 90, np.uint8)
    pixels[box[1] : box[3], box[0] : box[2]] = RED
    return pixels


def red_in(values: Any) -> tuple[float, float, float, float] | None:
    """Centre and size, as fractions of the network's input, of what is red in its normalised channels."""
    spread = (values[0, 0] - torch.maximum(values[0, 1], values[0, 2])).float()
    rows, columns = torch.nonzero(spread > 0.5 * spread.max(), as_tuple=True)
    if spread.max() < 0.6 or not len(rows):
        return None
    height, width = spread.shape
    x0, x1 = float(columns.min()) / width, float(columns.max() + 1) / width
    y0, y1 = float(rows.min()) / height, float(rows.max() + 1) / height
    return (x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0


class Eye(torch.nn.Module):
    """Finds what is red; `answer` says at which columns of the logits."""

    def __init__(self, config: Any, answer: Any) -> None:
        super().__init__()
        self.config = config
        self.answer = answer
        self.weight = torch.nn.Parameter(torch.zeros(1))

    def forward(self, pixel_values: Any, **inputs: Any) -> Any:
        found = red_in(pixel_values)
        logits = torch.full((1, 3, 64), -9.0)
        boxes = torch.full((1, 3, 4), 0.01)
        if found:
            boxes[0, :2] = torch.tensor(found)  # twice: the networks suppress no doubles
            for column in self.answer(inputs):
                logits[0, 0, column] = 2.0
                logits[0, 1, column] = 1.0
        return SimpleNamespace(logits=logits, pred_boxes=boxes)


# Grounding DINO


@pytest.fixture(scope="module")
def dino(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dino")
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ".", "?", *WORDS, "##s", "##pot", "##ball"]
    tokenizer = tf.BertTokenizerFast(vocab={word: n for n, word in enumerate(vocabulary)}, do_lower_case=True)
    config = tf.GroundingDinoConfig(
        backbone_config=tf.SwinConfig(
            image_size=64, embed_dim=8, depths=[1, 1, 1, 1], num_heads=[1, 2, 2, 2], window_size=2,
            out_features=["stage2", "stage3", "stage4"],
        ),
        text_config=tf.BertConfig(
            vocab_size=len(vocabulary), hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
            intermediate_size=16, max_position_embeddings=64,
        ).to_dict(),
        d_model=32, encoder_layers=2, encoder_ffn_dim=16, encoder_attention_heads=2,
        decoder_layers=2, decoder_ffn_dim=16, decoder_attention_heads=2, num_queries=6, max_text_len=24,
        num_feature_levels=4, encoder_n_points=2, decoder_n_points=2,
    )  # fmt: skip
    tf.GroundingDinoForObjectDetection(config).save_pretrained(folder)
    prepare = tf.GroundingDinoImageProcessor(size={"shortest_edge": 240, "longest_edge": 400})
    tf.GroundingDinoProcessor(prepare, tokenizer).save_pretrained(folder)
    return folder


def test_grounding_dino_loads_and_runs(dino: Path) -> None:
    detector = BackEnds({"detection": f"grounding-dino:{dino}"}, offline=True).detector()
    found = detector.detect(seen(picture((200, 120), (20, 30, 60, 70))), ["red ball", "Chairs", "person"], 0.0)
    assert found
    assert {d.name for d in found} <= {"red ball", "Chairs", "person"}
    assert [d.score for d in found] == sorted((d.score for d in found), reverse=True)
    assert all(0 <= d.box[0] < d.box[2] <= 200 and 0 <= d.box[1] < d.box[3] <= 120 for d in found)
    assert detector.names is None
    assert "Objects365" in detector.trained_on
    assert detector.detect(seen(picture((200, 120), (0, 0, 9, 9))), ["", " . "], 0.0) == []


@pytest.mark.parametrize(
    ("size", "box"), [((300, 200), (40, 50, 90, 120)), ((150, 700), (10, 600, 100, 680)), ((40, 30), (8, 4, 20, 12))]
)
@pytest.mark.parametrize("asked", [1, 2])
def test_grounding_dino_gives_place_and_name(
    dino: Path, size: tuple[int, int], box: tuple[int, int, int, int], asked: int
) -> None:
    """The box in pixels of the picture, the phrase mapped back to the name as it was asked for."""
    loaded: Any = BackEnds({"detection": f"grounding-dino:{dino}"}, offline=True).detector()
    names = ["Big Chairs", "the tea pot", "a red ball"]
    word = loaded.processor.tokenizer.convert_tokens_to_ids(["chair", "tea", "ball"][asked])

    def at_the_word(inputs: dict[str, Any]) -> list[int]:
        return torch.nonzero(inputs["input_ids"][0] == word).flatten().tolist()

    detector = GroundingDino(loaded.weights, Eye(loaded.model.config, at_the_word), loaded.processor)
    (found,) = detector.detect(seen(picture(size, box)), names, 0.5)
    assert found.name == names[asked]
    assert found.box == pytest.approx(box, abs=max(1.0, max(size) / 100))
    assert found.score == pytest.approx(0.88, abs=0.01)


def test_more_names_than_the_text_holds_go_in_several(dino: Path) -> None:
    loaded: Any = BackEnds({"detection": f"grounding-dino:{dino}"}, offline=True).detector()
    names = [f"{a} {b}" for a in ("red", "blue", "big") for b in ("chair", "ball", "mug", "cup")]
    texts = []

    def remember(inputs: dict[str, Any]) -> list[int]:
        texts.append(loaded.processor.tokenizer.decode(inputs["input_ids"][0]))
        assert inputs["input_ids"].shape[1] <= 24
        return []

    GroundingDino("x", Eye(loaded.model.config, remember), loaded.processor).detect(
        seen(picture((60, 60), (5, 5, 20, 20))), names, 0.3
    )
    assert len(texts) > 1
    assert all(any(name in text for text in texts) for name in names)


def test_the_prompt_is_as_the_network_was_trained() -> None:
    text, spans = prompt_of(["Wine Glass", "a red.ball"])
    assert text == "wine glass. red ball."
    assert [text[a:b] for a, b in spans] == ["wine glass", "red ball"]


# OWLv2


@pytest.fixture(scope="module")
def owl(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("owl")
    letters = list("abcdefghijklmnopqrstuvwxyz")
    vocabulary = {
        t: n for n, t in enumerate([*letters, *(c + "</w>" for c in letters), "<|startoftext|>", "<|endoftext|>"])
    }
    tokenizer = tf.CLIPTokenizerFast(vocab=vocabulary, merges=[])
    end = vocabulary["<|endoftext|>"]
    small = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = tf.Owlv2Config(
        text_config={
            **small, "vocab_size": len(vocabulary), "max_position_embeddings": 32, "eos_token_id": end,
            "pad_token_id": end, "bos_token_id": vocabulary["<|startoftext|>"],
        },
        vision_config={**small, "image_size": 128, "patch_size": 16},
        projection_dim=16,
    )  # fmt: skip
    model = tf.Owlv2ForObjectDetection(config)
    with torch.no_grad():  # a head that answers the place of each patch
        model.box_head.dense2.weight.zero_()
        model.box_head.dense2.bias.zero_()
    model.save_pretrained(folder)
    prepare = tf.Owlv2ImageProcessor(size={"height": 128, "width": 128})
    tf.Owlv2Processor(prepare, tokenizer).save_pretrained(folder)
    return folder


@pytest.mark.parametrize("size", [(200, 100), (100, 200), (160, 160)])
def test_owl_boxes_are_right_in_pictures_that_are_not_square(owl: Path, size: tuple[int, int]) -> None:
    """The network sees a padded square of 8x8 patches; its own box bias puts a box at each patch."""
    detector = BackEnds({"detection": f"owlv2:{owl}"}, offline=True).detector()
    found = detector.detect(seen(picture(size, (10, 10, 30, 30))), ["red ball"], 0.0)
    patch = max(size) / 8
    assert found
    for box in (d.box for d in found):
        inner = [box[0] > 0, box[1] > 0, box[2] < size[0], box[3] < size[1]]
        if all(inner):
            assert (box[2] - box[0], box[3] - box[1]) == pytest.approx((patch, patch), rel=0.02)
            centre = (box[0] + box[2]) / 2 / patch, (box[1] + box[3]) / 2 / patch
            assert centre == pytest.approx(np.round(centre), abs=0.02)
        assert box[2] <= size[0]
        assert box[3] <= size[1]


@pytest.mark.parametrize("size", [(300, 200), (200, 300)])
def test_owl_gives_place_and_name(owl: Path, size: tuple[int, int]) -> None:
    from sightline.tools.back_ends.detection_transformers import Owl

    loaded: Any = BackEnds({"detection": f"owlv2:{owl}"}, offline=True).detector()
    detector = Owl(loaded.weights, Eye(loaded.model.config, lambda inputs: [1]), loaded.processor)
    box = (120, 100, 180, 190)
    (found,) = detector.detect(seen(picture(size, box)), ["chair", "Red Balls"], 0.5)
    assert found.name == "Red Balls"
    assert found.box == pytest.approx(box, abs=3)
    assert detector.detect(seen(picture(size, box)), ["chair", "Red Balls"], 0.95) == []


def test_a_checkpoint_of_another_model_is_refused(owl: Path) -> None:
    for setting in (f"grounding-dino:{owl}", "grounding-dino:./nowhere", "owlv2:google/owlv2-base-patch16-ensemble"):
        assert raised_by(BackEnds({"detection": setting}, offline=True).detector, InfrastructureError)


# SAM 2


@pytest.fixture(scope="module")
def sam(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sam2")
    config = tf.Sam2Config(
        vision_config=tf.Sam2VisionConfig(
            backbone_config=tf.Sam2HieraDetConfig(
                hidden_size=8, num_attention_heads=1, image_size=[128, 128], blocks_per_stage=[1, 1, 1, 1],
                embed_dim_per_stage=[8, 16, 32, 64], num_attention_heads_per_stage=[1, 1, 1, 1],
                window_size_per_stage=[4, 4, 4, 4], global_attention_blocks=[],
                window_positional_embedding_background_size=[4, 4],
            ),
            backbone_channel_list=[64, 32, 16, 8], fpn_hidden_size=32,
            backbone_feature_sizes=[[32, 32], [16, 16], [8, 8]],
        ),
        prompt_encoder_config=tf.Sam2PromptEncoderConfig(
            hidden_size=32, image_size=128, patch_size=16, mask_input_channels=4
        ),
        mask_decoder_config=tf.Sam2MaskDecoderConfig(
            hidden_size=32, mlp_dim=16, num_hidden_layers=1, num_attention_heads=2, iou_head_hidden_dim=16
        ),
    )  # fmt: skip
    tf.Sam2Model(config).save_pretrained(folder)
    prepare = tf.Sam2ImageProcessor(size={"height": 128, "width": 128}, mask_size={"height": 32, "width": 32})
    tf.Sam2Processor(prepare).save_pretrained(folder)
    return folder


def test_sam2_loads_and_runs(sam: Path) -> None:
    segmenter = BackEnds({"segmentation": f"sam2:{sam}"}, offline=True).segmenter()
    view = seen(picture((200, 120), (20, 30, 60, 70)))
    for prompt in (
        {"box": (20.0, 30.0, 60.0, 70.0)},
        {"points": [(40.0, 50.0)]},
        {"points": [(40.0, 50.0), (30.0, 40.0)]},
    ):
        try:
            masks = segmenter.segment(view, **prompt)  # type: ignore[arg-type]
        except InstrumentLimit:
            continue  # random weights may outline nothing
        assert all(m.mask.shape == (120, 200) and m.mask.dtype == np.bool_ for m in masks)
        assert 0 <= masks[-1].score <= masks[0].score <= 1
    raised_by(lambda: segmenter.segment(view), ModelMistake)


def test_sam2_is_told_the_place_and_its_mask_comes_back(sam: Path) -> None:
    """A network that outlines what is red; the box that it is told is checked in its own input."""
    from sightline.tools.back_ends.segmentation_transformers import Sam2

    loaded: Any = BackEnds({"segmentation": f"sam2:{sam}"}, offline=True).segmenter()
    box = (40, 60, 140, 150)

    class RedMask(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = torch.nn.Parameter(torch.zeros(1))

        def forward(self, pixel_values: Any, input_boxes: Any, **rest: Any) -> Any:
            spread = pixel_values[:, :1] - pixel_values[:, 1:2]
            found = red_in(pixel_values)
            assert found is not None
            told = [float(v) / 128 for v in input_boxes[0, 0]]
            assert ((told[0] + told[2]) / 2, (told[1] + told[3]) / 2) == pytest.approx(found[:2], abs=0.01)
            masks = torch.nn.functional.interpolate(spread, (32, 32), mode="area") - spread.max() / 2
            return SimpleNamespace(pred_masks=masks[:, None], iou_scores=torch.tensor([[[0.7]]]))

    segmenter = Sam2("x", RedMask(), loaded.processor)
    (found,) = segmenter.segment(seen(picture((300, 200), box)), box=box)
    rows, columns = np.nonzero(found.mask)
    assert (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1) == pytest.approx(box, abs=5)


# Writing


def board(size: tuple[int, int] = (640, 480)) -> NDArray[np.uint8]:
    import matplotlib
    from PIL import Image, ImageDraw, ImageFont

    def font(height: int) -> Any:
        return ImageFont.truetype(str(Path(matplotlib.get_data_path()) / "fonts/ttf/DejaVuSans.ttf"), height)

    image = Image.new("RGB", (640, 480), (190, 200, 205))
    draw = ImageDraw.Draw(image)
    draw.rectangle((60, 60, 360, 170), fill=(30, 60, 130))
    draw.text((80, 75), "EXIT 24 NORTH", font=font(34), fill="white")
    draw.text((80, 125), "Main street", font=font(26), fill="yellow")
    draw.text((380, 300), "small print here", font=font(16), fill=(20, 20, 20))
    draw.ellipse((100, 250, 250, 420), fill=(200, 40, 40))
    return np.asarray(image.resize(size, Image.Resampling.LANCZOS))


@pytest.mark.parametrize("scale", [1, 6])
def test_lines_of_writing_are_found_in_reading_order(scale: int) -> None:
    lines = find_text_lines(board((640 * scale, 480 * scale)))
    want = [(80, 82, 340, 110), (80, 130, 226, 152), (380, 303, 507, 320)]
    assert len(lines) == 3
    for box, (x0, y0, x1, y1) in zip(lines, want, strict=True):
        assert box[0] <= x0 * scale
        assert box[2] >= x1 * scale
        assert (box[1] + box[3]) / 2 == pytest.approx((y0 + y1) / 2 * scale, abs=6 * scale)


@pytest.mark.parametrize("shape", [(480, 640, 3), (5, 400, 3), (1, 1, 3)])
def test_no_lines_where_there_is_no_writing(shape: tuple[int, ...]) -> None:
    assert find_text_lines(np.full(shape, 200, np.uint8)) == []


@pytest.fixture(scope="module")
def trocr(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tokenizers import Tokenizer, models, pre_tokenizers

    folder = tmp_path_factory.mktemp("trocr")
    words = ["<s>", "<pad>", "</s>", "<unk>", *WORDS]
    raw = Tokenizer(models.WordLevel({w: n for n, w in enumerate(words)}, unk_token="<unk>"))
    raw.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer = tf.PreTrainedTokenizerFast(
        tokenizer_object=raw, bos_token="<s>", eos_token="</s>", pad_token="<pad>", unk_token="<unk>"
    )
    encoder = tf.ViTConfig(
        hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16, image_size=32, patch_size=8
    )
    decoder = tf.TrOCRConfig(
        vocab_size=len(words), d_model=16, decoder_layers=1, decoder_attention_heads=2, decoder_ffn_dim=16,
        max_position_embeddings=80, bos_token_id=0, pad_token_id=1, eos_token_id=2, decoder_start_token_id=2,
    )  # fmt: skip
    config = tf.VisionEncoderDecoderConfig.from_encoder_decoder_configs(encoder, decoder)
    config.decoder_start_token_id, config.pad_token_id, config.eos_token_id = 2, 1, 2
    model = tf.VisionEncoderDecoderModel(config)
    model.generation_config.decoder_start_token_id = 2
    model.generation_config.pad_token_id = 1
    model.generation_config.eos_token_id = 2
    model.save_pretrained(folder)
    tf.TrOCRProcessor(tf.ViTImageProcessor(size={"height": 32, "width": 32}), tokenizer).save_pretrained(folder)
    return folder


def test_trocr_loads_and_reads_lines(trocr: Path) -> None:
    reader: Any = BackEnds({"text": f"trocr:{trocr}"}, offline=True).text_reader()
    read = reader.read_lines([board()[60:120, 60:360].copy(), board()[290:330, 370:520].copy()])
    assert len(read) == 2
    assert all(0 <= score <= 1 for _, score in read)
    assert all(found.score >= 0.35 for found in reader.read(seen(board())))  # what it guesses is left out
    assert reader.read(seen(np.full((50, 50, 3), 200, np.uint8))) == []
