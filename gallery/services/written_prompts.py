"""Prompts as people write them: with styles around them, with words of lists and alternatives in them. What is sent and kept
of each run is the finished text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from gallery.models import Batch, Board, Group, ImageModel, Snippet, User
from gallery.services import batches, brace_faults, expansion, plans
from gallery.services.axes import Axis, Recipe
from gallery.services.batches import MOST_RUNS, PlannedRun
from gallery.services.generations import Inputs
from gallery.services.prices import quote_run
from gallery.services.prompt_limits import LONGEST_PROMPT

PLACE = "{prompt}"


@dataclass(frozen=True, kw_only=True)
class WrittenPrompt:
    """`lists` are the named lists its writer sees. A literal one stands for itself, whatever braces are in it."""

    words: str
    styles: Sequence[Snippet] = ()
    lists: Mapping[str, Sequence[str]] = field(default_factory=dict)
    is_literal: bool = False

    @cached_property
    def text(self) -> str:
        """With its styles laid around it, the first one innermost; no further once it is too long."""
        text = self.words
        for style in self.styles:
            if len(text) > LONGEST_PROMPT:
                break
            text = lay_around(text, style.text)
        return text

    @property
    def is_plain(self) -> bool:
        """What is too long is not read at all."""
        return self.is_literal or len(self.text) > LONGEST_PROMPT

    @cached_property
    def count(self) -> int:
        return 1 if self.is_plain else expansion.count_prompts(self.text, self.lists)

    def prompts(self, most: int = MOST_RUNS) -> list[expansion.Expansion]:
        """What it stands for."""
        if self.is_plain:
            return [expansion.Expansion(text=self.text)]
        return expansion.expand_prompt(self.text, self.lists, most=most)

    @property
    def first(self) -> str:
        return self.prompts(1)[0].text

    @cached_property
    def fault(self) -> str:
        """Why it cannot be run; "" where it can."""
        if self.is_plain:
            return ""
        if fault := brace_faults.find_fault(self.text, self.lists):
            return fault
        if self.count > MOST_RUNS:
            return f"This stands for {self.count:,} prompts; at most {MOST_RUNS} go together. Leave some words out."
        return ""

    @property
    def doubts(self) -> list[str]:
        return [] if self.is_plain else brace_faults.find_doubts(self.text, self.lists)

    @property
    def record(self) -> dict[str, Any] | None:
        """What a run keeps of how it was written, where that is not what was sent."""
        if not self.styles and self.count == 1 and self.first == self.words:
            return None
        return {"prompt": self.words, "styles": [{"id": style.pk, "name": style.name} for style in self.styles]}


def read(words: str, user: User, styles: Sequence[Snippet] = ()) -> WrittenPrompt:
    has_braces = "{" in words or any("{" in style.text.replace(PLACE, "") for style in styles)
    lists = Snippet.objects.lists_for(user) if has_braces else {}
    return WrittenPrompt(words=words, styles=styles, lists=lists)


def lay_around(words: str, style: str) -> str:
    """A style says where the prompt goes; one that does not stands after it."""
    if PLACE in style:
        return style.replace(PLACE, words)
    return f"{words}, {style}" if words else style


def write_plainly(prompt: str, lists: Mapping[str, Sequence[str]]) -> str:
    """What to write to get this very prompt again: the same, unless its braces would stand for something."""
    written = WrittenPrompt(words=prompt, lists=lists)
    is_itself = not written.fault and written.count == 1 and written.first == prompt
    return prompt if is_itself else brace_faults.write_plainly(prompt)


def create_batch(
    *,
    written: WrittenPrompt,
    owner: User,
    image_model: ImageModel,
    parameters: Mapping[str, Any],
    inputs: Inputs,
    visibility: str,
    group: Group | None,
    board: Board | None,
    submission: str,
) -> Batch:
    """All of its prompts, as one batch: that of a single one is its run alone, as it would have gone at once. Rings no bell.
    Raises BatchRefused, WorkRefused, BudgetRefused."""
    runs: Sequence[PlannedRun]
    axes: Sequence[Axis]
    if written.count == 1:
        axes, runs = [], [plan_alone(written.first, image_model, parameters, inputs)]
    else:
        recipe = Recipe(
            image_model=image_model, prompt=written.text, parameters=parameters, inputs=inputs, lists=written.lists
        )
        plan = plans.make_plan(recipe, [image_model], [], owner)
        axes, runs = plan.axes, plan.runs
    return batches.create_batch(
        owner=owner,
        kind=Batch.Kind.MATRIX,
        prompt=written.words,
        axes=[axis.to_json() for axis in axes],
        runs=runs,
        visibility=visibility,
        group=group,
        board=board,
        written=written.record,
        submission=submission,
    )


def plan_alone(prompt: str, image_model: ImageModel, parameters: Mapping[str, Any], inputs: Inputs) -> PlannedRun:
    quote = quote_run(image_model, parameters, set(inputs))
    return PlannedRun(
        image_model=image_model, prompt=prompt, parameters=dict(parameters), inputs=inputs, cell=[], quote=quote
    )
