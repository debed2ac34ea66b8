"""What the documents of OpenRouter, OpenRoute and LLMGateway say about the models they name, typed by hand.

OpenRouter: "Image Generation" (https://openrouter.ai/docs/features/multimodal/image-generation): the models under Model
Compatibility, the ten ratios with their pixels, `image_size` for Gemini only. OpenRoute: the page of the same name: one
model, a prompt, nothing else; the ratio is ours and says that it may be ignored. LLMGateway: one model and its router;
the settings are those of its published schema. Counts of reference images are ours; no document states them.
"""

from typing import Any

Row = dict[str, Any]

# Ratio, and the pixels that OpenRouter's document writes beside it.
RATIOS = {
    "1:1": "1024 × 1024",
    "2:3": "832 × 1248",
    "3:2": "1248 × 832",
    "3:4": "864 × 1184",
    "4:3": "1184 × 864",
    "4:5": "896 × 1152",
    "5:4": "1152 × 896",
    "9:16": "768 × 1344",
    "16:9": "1344 × 768",
    "21:9": "1536 × 672",
}


def references(count: int) -> Row:
    return {"type": "image", "max_images": count}


OPENROUTER_RATIO: Row = {"type": "string", "choices": tuple(RATIOS), "notes": tuple(RATIOS.values()), "default": "1:1"}
RATIO: Row = {"type": "string", "choices": tuple(RATIOS)}
GEMINI_SIZE: Row = {"type": "string", "choices": ("1K", "2K", "4K"), "default": "1K"}
LLMGATEWAY: dict[str, Row] = {
    "image_prompt": references(3),
    "n": {"type": "integer", "minimum": 1, "maximum": 10, "default": 1},
    "aspect_ratio": RATIO,
    "image_size": {"type": "string"},
    "image_quality": {"type": "string", "choices": ("auto", "low", "medium", "high")},
    "seed": {"type": "number", "step": 1},
}

# By gateway and model, in the document's order.
PARAMETERS: dict[str, dict[str, Row]] = {
    "openrouter/google/gemini-2.5-flash-image-preview": {
        "image_prompt": references(3),
        "image_size": GEMINI_SIZE,
        "aspect_ratio": OPENROUTER_RATIO,
    },
    "openrouter/black-forest-labs/flux.2-pro": {"image_prompt": references(8), "aspect_ratio": OPENROUTER_RATIO},
    "openrouter/black-forest-labs/flux.2-flex": {"image_prompt": references(8), "aspect_ratio": OPENROUTER_RATIO},
    "openrouter/sourceful/riverflow-v2-standard-preview": {
        "image_prompt": references(3),
        "aspect_ratio": OPENROUTER_RATIO,
    },
    "openroute/google/gemini-2.5-flash-image-preview": {"image_prompt": references(3), "aspect_ratio": RATIO},
    "llmgateway/gemini-2.5-flash-image-preview": LLMGATEWAY,
    "llmgateway/auto": LLMGATEWAY,
}
# Models that also look at pictures and answer in words; the others only make pictures.
ANALYSE = {
    "openrouter/google/gemini-2.5-flash-image-preview",
    "openroute/google/gemini-2.5-flash-image-preview",
    "llmgateway/gemini-2.5-flash-image-preview",
    "llmgateway/auto",
}

# Beside model and message, what each gateway wants in every request.
BOTH_KINDS = {"modalities": ["image", "text"], "max_tokens": 8192}
ONLY_PICTURES = {"modalities": ["image"]}
OPENROUTE = {"modalities": ["image", "text"], "usage": {"include": True}}

# Model, what the form says, how many reference pictures, and the JSON that travels beside model and message.
PAYLOADS: list[tuple[str, dict[str, str], int, dict[str, Any]]] = [
    # Nothing chosen: defaults do not travel.
    ("openrouter/google/gemini-2.5-flash-image-preview", {}, 0, BOTH_KINDS),
    # The document's second example.
    (
        "openrouter/google/gemini-2.5-flash-image-preview",
        {"aspect_ratio": "16:9", "image_size": "4K"},
        0,
        {**BOTH_KINDS, "image_config": {"aspect_ratio": "16:9", "image_size": "4K"}},
    ),
    (
        "openrouter/google/gemini-2.5-flash-image-preview",
        {"aspect_ratio": "1:1", "image_size": "2K"},
        3,
        {**BOTH_KINDS, "image_config": {"image_size": "2K"}},
    ),
    ("openrouter/black-forest-labs/flux.2-pro", {}, 0, ONLY_PICTURES),
    (
        "openrouter/black-forest-labs/flux.2-pro",
        {"aspect_ratio": "21:9"},
        8,
        {**ONLY_PICTURES, "image_config": {"aspect_ratio": "21:9"}},
    ),
    (
        "openrouter/black-forest-labs/flux.2-flex",
        {"aspect_ratio": "4:5"},
        1,
        {**ONLY_PICTURES, "image_config": {"aspect_ratio": "4:5"}},
    ),
    (
        "openrouter/sourceful/riverflow-v2-standard-preview",
        {"aspect_ratio": "9:16"},
        2,
        {**ONLY_PICTURES, "image_config": {"aspect_ratio": "9:16"}},
    ),
    ("openroute/google/gemini-2.5-flash-image-preview", {}, 0, OPENROUTE),
    (
        "openroute/google/gemini-2.5-flash-image-preview",
        {"aspect_ratio": "1:1"},
        2,
        {**OPENROUTE, "image_config": {"aspect_ratio": "1:1"}},
    ),
    ("llmgateway/gemini-2.5-flash-image-preview", {"seed": "5"}, 0, {"image_config": {"seed": 5}}),
    (
        "llmgateway/gemini-2.5-flash-image-preview",
        {"n": "4", "aspect_ratio": "3:2", "image_size": "2K", "image_quality": "high", "seed": "0"},
        1,
        {
            "image_config": {
                "n": 4,
                "aspect_ratio": "3:2",
                "image_size": "2K",
                "image_quality": "high",
                "seed": 0,
            }
        },
    ),
    (
        "llmgateway/auto",
        {"n": "1", "image_size": "1024x1536", "image_quality": "auto", "seed": "7"},
        3,
        {"image_config": {"image_size": "1024x1536", "image_quality": "auto", "seed": 7}},
    ),
]
