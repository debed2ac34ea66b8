"""A gateway's own list of models, read loosely and within bounds."""

from typing import Any

import msgspec

from gallery.gateway import errors, redaction
from gallery.gateway.dialects import bodies, listed_facts, refusals
from gallery.gateway.dialects.refusals import Complaint, Recogniser
from gallery.gateway.messages import ListedModel, Reply

MOST_MODELS = 10_000
LONGEST_ID = 200
LONGEST_NAME = 120
MOST_ALIASES = 20


def read_models(reply: Reply, recognise: Recogniser) -> list[ListedModel]:
    """Entries of `data` (or `models`, or of a bare list), each id once, aliases as entries of their own.

    What has no usable id is left out. Raises the gateway's refusal, or AnswerUnreadable for what is no list.
    """
    if not 200 <= reply.status < 300:
        refusals.body_or_refusal(reply, recognise)
    models: dict[str, ListedModel] = {}
    for entry in _entries(reply, recognise):
        for model in _models_of(entry):
            models.setdefault(model.model_id, model)
        if len(models) >= MOST_MODELS:
            break
    return list(models.values())[:MOST_MODELS]


def _entries(reply: Reply, recognise: Recogniser) -> list[Any]:
    bodies.check_plain(reply)
    try:
        found = msgspec.json.decode(bytes(reply.body).removeprefix(bodies.BYTE_ORDER_MARK))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise _no_list(reply, str(error)) from error
    if isinstance(found, dict):
        entries = next((found[name] for name in ("data", "models") if isinstance(found.get(name), list)), None)
        if entries is None and found.get("error"):
            complaint = refusals.complaint_in(msgspec.convert({"error": found["error"]}, bodies.Body))
            raise refusals.failure(reply, complaint or Complaint(), recognise)
    else:
        entries = found
    if not isinstance(entries, list):
        raise _no_list(reply, "JSON, but no list of models")
    return entries


def _models_of(entry: Any) -> list[ListedModel]:
    if isinstance(entry, str):
        entry = {"id": entry}
    if not isinstance(entry, dict):
        return []
    aliases = entry.get("aliases")
    ids = [entry.get("id"), *(aliases[:MOST_ALIASES] if isinstance(aliases, list) else ())]
    name = entry.get("name")
    name = redaction.printable(name, LONGEST_NAME) if isinstance(name, str) else ""
    # LiteLLM's word, and RouteLLM's.
    mode = next((told[:100] for key in ("mode", "model_type") if isinstance(told := entry.get(key), str)), "")
    usable = [model_id for model_id in ids if _is_usable(model_id)]
    facts = listed_facts.read_facts(entry)
    return [
        ListedModel(model_id=model_id, name=name, mode=mode, alias_of=usable[0] if place else "", **facts)
        for place, model_id in enumerate(usable)
    ]


def _is_usable(model_id: Any) -> bool:
    return (
        isinstance(model_id, str)
        and 0 < len(model_id) <= LONGEST_ID
        and model_id.isprintable()
        and not any(character.isspace() for character in model_id)
    )


def _no_list(reply: Reply, problem: str) -> errors.AnswerUnreadable:
    return errors.AnswerUnreadable(
        "The gateway's list of models could not be read. An administrator should check the base URL.",
        detail=problem,
        status=reply.status,
    )
