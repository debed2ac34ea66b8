"""The note in the studio's form: what became of a form that was filled from elsewhere, and the way back."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from gallery import specs
from gallery.forms import GenerationForm

KEPT_ASIDE = "The form you had before is kept"
KEPT_WHOLE = "Everything was kept"
LONGEST_LINE = 140
RUN_STANDS = "This run’s prompt and settings stand here"


@dataclass(frozen=True, kw_only=True)
class FormNote:
    """`words` stand first: everything where that is short, else how many of each; the rest opens as a list."""

    words: str
    sentence: str = ""
    problems: Sequence[str] = ()
    changed: Sequence[specs.Change] = ()
    left_out: Sequence[specs.LeftOut] = ()
    brought_back: Sequence[str] = ()
    kept: Sequence[str] = ()

    @property
    def has_list(self) -> bool:
        return bool(self.changed or self.left_out or self.brought_back or self.kept)


def build_note(form: GenerationForm, said: Sequence[str], *, is_told: bool, whole: str = KEPT_WHOLE) -> FormNote | None:
    """`said` are sentences of whoever filled the form. `is_told`: even where nothing was lost; `whole` says that."""
    fitted = form.fitted
    if fitted is None:
        words = " ".join(said) or (KEPT_ASIDE if is_told else "")
        return FormNote(words=words, sentence=" ".join(said)) if words else None
    lead = [sentence for sentence in said if sentence not in fitted.sentences]
    told = fitted.translation
    problems = list(itertools.islice(form.problems(), 1)) if form["prompt"].value() else []
    is_whole = not (told.changed or told.left_out or fitted.brought_back)
    if is_whole and not lead and not problems and not is_told:
        return None
    counts = count_in_words(len(told.kept), len(told.changed), len(told.left_out), len(fitted.brought_back))
    inner = [
        "",
        "; ".join(map(str, told.changed)),
        ", ".join(one.label for one in told.left_out),
        ", ".join(fitted.brought_back),
    ]
    details = [f"{count} ({words})" if words else count for count, words in zip(counts, inner, strict=True) if count]
    summary = " · ".join(filter(None, counts))
    sentence = f"{capital(', '.join(details))}."
    if is_whole:
        summary = "" if lead else whole if told.kept else "Nothing was set yet"
        sentence = f"{summary}." if summary else ""
    told_whole = " ".join([*lead, sentence])
    is_short = not is_whole and len(told_whole) <= LONGEST_LINE
    return FormNote(
        words=told_whole if is_short else " ".join([*lead, capital(summary)]).strip(),
        sentence=" ".join(filter(None, [*lead, sentence, *problems])),
        problems=problems,
        changed=told.changed,
        left_out=told.left_out,
        brought_back=fitted.brought_back,
        kept=told.kept,
    )


def count_in_words(kept: int, changed: int, left_out: int, brought_back: int) -> list[str]:
    """“kept 6”, “changed 1” and so on; "" for none, but of what was kept that is said too."""
    counts = (("changed", changed), ("left out", left_out), ("brought back", brought_back))
    return [f"kept {kept}" if kept else "kept none", *(f"{word} {count}" if count else "" for word, count in counts)]


def capital(words: str) -> str:
    return words[:1].upper() + words[1:]
