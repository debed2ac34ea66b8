"""Whole answers that lack what was asked for: no usable picture, or no words. Refusals are in `refusals`."""

from collections.abc import Mapping

from gallery.gateway import errors
from gallery.gateway.messages import Result

LONGEST_QUOTE = 300
LOOK_FIRST = "It may have been charged: look at the gateway's own records before you run it again."

_NO_PICTURE: Mapping[str, str] = {
    "content_filter": "its content rules stopped the picture. Change the prompt and run it again.",
    "length": "the answer grew too long before there was one. Ask for less and run it again.",
    "error": f"the gateway reports a fault while it was drawn. {LOOK_FIRST}",
}
_NO_WORDS: Mapping[str, str] = {
    "content_filter": "its content rules stopped the answer. Change the question or the pictures and ask again.",
    "length": "the answer grew too long before its first word. Ask for less and ask again.",
    "error": f"the gateway reports a fault while it was written. {LOOK_FIRST}",
}


def no_image(result: Result) -> errors.NoImage:
    """Our error for a whole answer without a usable picture."""
    reason = _NO_PICTURE.get(result.finish_reason.lower())
    quote = _quote(result.text)
    if result.is_cut:
        sentence = f"The gateway's answer broke off before there was a picture. {LOOK_FIRST}"
    elif result.broken:
        sentence = f"The gateway's picture could not be read. {LOOK_FIRST}"
    elif reason:
        sentence = f"The model gave no picture: {reason}" + (f" It said: {quote}" if quote else "")
    elif quote:
        sentence = f"The model answered in words instead of a picture: {quote} Change the prompt and run it again."
    else:
        sentence = (
            "The gateway answered without a picture and without a reason. It may have been charged. Run it again."
        )
    return _shortfall(sentence, result)


def no_words(result: Result) -> errors.NoImage:
    """Our error for a whole answer without a word, where words were asked for."""
    reason = _NO_WORDS.get(result.finish_reason.lower())
    if reason:
        return _shortfall(f"The model gave no answer: {reason}", result)
    return _shortfall("The gateway answered without a word and without a reason. It may have been charged.", result)


def _shortfall(sentence: str, result: Result) -> errors.NoImage:
    detail = "\n".join((*result.broken, result.text)).strip() or f"finish reason: {result.finish_reason or 'none'}"
    error = errors.NoImage(sentence, detail=detail)
    error.result = result
    return error


def _quote(text: str) -> str:
    words = " ".join(text.split())
    if not words:
        return ""
    return f"“{words}”" if len(words) <= LONGEST_QUOTE else f"“{words[:LONGEST_QUOTE]}…”"
