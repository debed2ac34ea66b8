"""Which filters the library and the history have."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gallery.images import traits
from gallery.models.generations import Generation, Status

SPANS = {"today": "Today", "7days": "Last 7 days", "30days": "Last 30 days", "year": "This year"}
UNITS = {"usd": "Dollars", "points": "Points"}


@dataclass(frozen=True, kw_only=True)
class FilterKind:
    """`control` is its template in templates/filters; `also` are parameters that go with it. `is_main` ones have a chip
    even when nothing is set; several choices may be set at once unless it `is_single`."""

    name: str
    label: str
    control: str
    choices: Mapping[str, str] = field(default_factory=dict)
    also: tuple[str, ...] = ()
    is_main: bool = False
    is_single: bool = False


PERSON = FilterKind(name="person", label="Person", control="facet", also=("show",), is_main=True)
GROUP = FilterKind(name="group", label="Group", control="facet", is_main=True)
MODEL = FilterKind(name="model", label="Model", control="facet", is_main=True)
DATE = FilterKind(name="since", label="Date", control="days", choices=SPANS, also=("until",), is_main=True)
GATEWAY = FilterKind(name="gateway", label="Gateway", control="facet")
COST = FilterKind(
    name="cost", label="Cost of the run", control="cost", choices=UNITS, also=("unit", "cost_from", "cost_to")
)
LIBRARY = (
    MODEL,
    PERSON,
    GROUP,
    DATE,
    FilterKind(name="shape", label="Shape", control="shapes", choices=traits.SHAPES, is_main=True),
    FilterKind(
        name="colour",
        label="Colour",
        control="swatches",
        choices={name: name.capitalize() for name in traits.SWATCHES},
        is_main=True,
    ),
    FilterKind(name="tag", label="Tag", control="facet", is_main=True),
    FilterKind(name="board", label="Board", control="facet", also=("order",), is_main=True, is_single=True),
    FilterKind(
        name="favourite",
        label="Circled",
        control="choices",
        choices={"me": "By me", "team": "By anyone"},
        is_main=True,
        is_single=True,
    ),
    FilterKind(
        name="rating",
        label="My rating",
        control="choices",
        choices={"1": "1+", "2": "2+", "3": "3+", "4": "4+", "5": "5"},
        is_single=True,
    ),
    FilterKind(
        name="rejected",
        label="Rejected by me",
        control="choices",
        choices={"hide": "Hide them", "only": "Only them"},
        is_single=True,
    ),
    FilterKind(
        name="kind",
        label="Kind",
        control="choices",
        choices={
            "generated": "Generated",
            "edited": "From a picture",
            "imported": "Imported",
            "uploaded": "Uploaded",
            "vector": "Vector",
        },
    ),
    FilterKind(name="size", label="Size", control="choices", choices=traits.SIZES),
    FilterKind(
        name="status",
        label="Status",
        control="choices",
        choices={"real": "Real", "simulated": "Simulated", "noted": "With a remark"},
    ),
    FilterKind(name="used", label="Use", control="choices", choices={"yes": "Used as input"}),
    GATEWAY,
    COST,
    FilterKind(name="run", label="One run", control=""),
    FilterKind(name="batch", label="One batch", control=""),
)
HISTORY = (
    MODEL,
    PERSON,
    GROUP,
    DATE,
    FilterKind(name="status", label="Status", control="choices", choices=dict(Status.choices), is_main=True),
    FilterKind(
        name="kind",
        label="Kind",
        control="choices",
        choices={Generation.Kind.IMAGE: "Pictures", Generation.Kind.ANALYSIS: "Questions"},
        is_main=True,
    ),
    GATEWAY,
    COST,
)


def title_of(kinds: Sequence[FilterKind], name: str) -> str:
    return next((kind.label for kind in kinds if kind.name == name), "")
