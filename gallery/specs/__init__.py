"""Parameter specs: what one knob of an image model is, how a spec is parsed, and what its values mean.

Pure data, standard library only. A spec travels as plain JSON (the catalogue's TOML, the image model's row, the
admin's editor) and as frozen classes everywhere in code. Nothing here knows forms, gateways or rows.
"""

from gallery.specs.comparison import SpecChange, compare
from gallery.specs.correction import corrected
from gallery.specs.exactness import REFERENCE_NAMES, misfits
from gallery.specs.json_schema import json_schema
from gallery.specs.listed import brought_up_to_date, from_settings, with_choices
from gallery.specs.merging import Merged, merge
from gallery.specs.parameters import Choice, Parameter, SpecRefused, Value, ValueRefused
from gallery.specs.parsing import TRANSPORTS, parse_parameters, spec_hash, to_json
from gallery.specs.shapes import (
    SHAPE_NAMES,
    count_chosen,
    most_pictures,
    nearest_choice,
    shape_chosen,
    shape_of,
    shape_parameter,
    shapes_offered,
)
from gallery.specs.texts import Fault, TextRefused, read_text
from gallery.specs.translation import Change, LeftOut, Translation, place_pictures, translate
from gallery.specs.values import (
    FORBIDDEN_TEXT,
    LARGEST_SEED,
    LONGEST_TEXT,
    clean_value,
    is_ignored,
    refuse_forbidden_text,
    values_to_send,
)

__all__ = [
    "FORBIDDEN_TEXT",
    "LARGEST_SEED",
    "LONGEST_TEXT",
    "REFERENCE_NAMES",
    "SHAPE_NAMES",
    "TRANSPORTS",
    "Change",
    "Choice",
    "Fault",
    "LeftOut",
    "Merged",
    "Parameter",
    "SpecChange",
    "SpecRefused",
    "TextRefused",
    "Translation",
    "Value",
    "ValueRefused",
    "brought_up_to_date",
    "clean_value",
    "compare",
    "corrected",
    "count_chosen",
    "from_settings",
    "is_ignored",
    "json_schema",
    "merge",
    "misfits",
    "most_pictures",
    "nearest_choice",
    "parse_parameters",
    "place_pictures",
    "read_text",
    "refuse_forbidden_text",
    "shape_chosen",
    "shape_of",
    "shape_parameter",
    "shapes_offered",
    "spec_hash",
    "to_json",
    "translate",
    "values_to_send",
    "with_choices",
]
