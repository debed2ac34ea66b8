"""RouteLLM's models as the sandbox plays them. Prices and times are invented, of a believable size."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class PlayedModel:
    """`points` and `seconds` are for one picture. `is_chat`: it also answers in words. `is_inline`: its pictures come
    as data URLs, never as links. `content` is what they are encoded as; `label` what they are said to be."""

    points: float = 150
    seconds: float = 1.6
    content: str = "image/png"
    label: str = ""
    manner: str = "prints"
    needs_picture: bool = False
    is_inline: bool = False
    is_chat: bool = False


SLOW = 4.6
SLOWEST = 6.2
_MULTIMODAL = PlayedModel(points=420, seconds=SLOW, is_chat=True, is_inline=True)

MODELS: Mapping[str, PlayedModel] = {
    "flux_kontext": PlayedModel(points=130, seconds=1.8),
    "flux_kontext_edit": PlayedModel(points=130, seconds=1.9, manner="retouch", needs_picture=True),
    "flux_pro_ultra": PlayedModel(points=195, seconds=SLOW),
    # Measured: this model's JPEG comes labelled as PNG.
    "flux_pro": PlayedModel(points=162.5, content="image/jpeg", label="image/png"),
    "flux_pro_canny": PlayedModel(points=162.5, manner="edges", needs_picture=True),
    "flux_pro_depth": PlayedModel(points=162.5, manner="depth", needs_picture=True),
    "flux_pro_fill": PlayedModel(points=162.5, manner="fill", needs_picture=True),
    "flux2_pro": PlayedModel(points=110, content="image/webp"),
    "flux2": PlayedModel(points=78, seconds=1.2, content="image/webp"),
    "gpt_image15": PlayedModel(points=695.5, seconds=SLOWEST, is_inline=True),
    "gpt_image15_edit": PlayedModel(points=695.5, seconds=SLOWEST, manner="retouch", needs_picture=True),
    "gpt_image": PlayedModel(points=545, seconds=SLOWEST, is_inline=True),
    "gpt_image_edit": PlayedModel(points=545, seconds=SLOWEST, manner="retouch", needs_picture=True),
    "dalle": PlayedModel(points=130, seconds=SLOW),
    "imagen": PlayedModel(points=130, seconds=1.7),
    "gemini_native": PlayedModel(points=126.8, seconds=1.8, manner="retouch", needs_picture=True),
    "nano_banana_pro": PlayedModel(points=435.5, seconds=SLOWEST, is_inline=True),
    "nano_banana2": PlayedModel(points=218, seconds=SLOW),
    "nano_banana": PlayedModel(points=126.8, seconds=1.7, is_inline=True),
    "ideogram": PlayedModel(points=195, seconds=1.9),
    "ideogram_character": PlayedModel(points=325, seconds=SLOW, needs_picture=True),
    "recraft": PlayedModel(points=130, content="image/webp"),
    "recraft_svg": PlayedModel(points=260, content="image/svg+xml"),
    "midjourney": PlayedModel(points=162.5, seconds=SLOWEST, content="image/webp"),
    "seedream": PlayedModel(points=98, seconds=1.9, content="image/jpeg"),
    "dreamina": PlayedModel(points=98, seconds=1.5, content="image/jpeg"),
    "magnific": PlayedModel(points=650, seconds=SLOW, needs_picture=True),
    "qwen_image_edit": PlayedModel(points=97.5, seconds=1.8, manner="retouch", needs_picture=True),
    "imagine_art": PlayedModel(points=110, seconds=1.6),
    "hunyuan_image": PlayedModel(points=97.5, seconds=SLOW),
    "grok_imagine_image": PlayedModel(points=65, seconds=1.1, content="image/jpeg"),
    "gpt-5.4": _MULTIMODAL,
    "gpt-5.4-mini": _MULTIMODAL,
    "gpt-5": _MULTIMODAL,
    "gpt-5.1": _MULTIMODAL,
    "gpt-4o": _MULTIMODAL,
    "gemini-3.1-pro": _MULTIMODAL,
    "gemini-3-pro": _MULTIMODAL,
    "gemini-3-flash": PlayedModel(points=210, is_chat=True),
    "gemini-2.5-pro": _MULTIMODAL,
    "gemini-2.5-flash": PlayedModel(points=126.8, is_chat=True),
    "route-llm": PlayedModel(is_chat=True),
}
UPSCALERS = frozenset({"magnific"})
# A model that an administrator added: it draws, and it chats.
UNKNOWN = PlayedModel(is_chat=True)


def listed() -> list[dict[str, str]]:
    """As `GET /models` gives them: flat, with rates as text."""
    return [
        {
            "id": name,
            "name": name.replace("_", " "),
            "model_type": "text_generation" if played.is_chat else "image_generation",
            "image_output_rate": f"{played.points / 100:.4f}",
        }
        for name, played in MODELS.items()
    ]
