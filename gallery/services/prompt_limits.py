"""How long a prompt may be: what a model's gateway once said, else what fits all of them."""

from gallery.models import Generation, ImageModel, SpecVersion
from gallery.services.spec_versions import save_changes

LONGEST_PROMPT = 32_000


def limit_of(image_model: ImageModel) -> int:
    return min(image_model.prompt_limit or LONGEST_PROMPT, LONGEST_PROMPT)


def too_long(length: int, limit: int) -> str:
    return f"The prompt has {length:,} characters; at most {limit:,} can be sent. Take {length - limit:,} away."


def learn_limit(generation: Generation, values: tuple[str, ...]) -> str:
    """Keep what its gateway refused this prompt with, so that the next one is counted against it. The sentence for its
    writer; "" where the refusal names no figure that explains it."""
    limit = int(values[0]) if values and values[0].isdecimal() else 0
    length = len(generation.prompt)
    if not 0 < limit < length:
        return ""
    if image_model := generation.image_model:
        note = f"A prompt of {length:,} characters was refused (run {generation.pk})."
        changes, reason = {"prompt_limit": limit}, SpecVersion.Reason.CORRECTED
        save_changes(image_model=image_model, changes=changes, author=None, reason=reason, note=note)
    told = f"{generation.model_name} takes prompts of at most {limit:,} characters; this one has {length:,}."
    return f"{told} Take {length - limit:,} away and run it again."
