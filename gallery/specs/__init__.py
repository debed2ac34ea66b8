"""Parameter specs: what one knob of an image model is, how a spec is parsed, and what its values mean.

Pure data, standard library only. A spec travels as plain JSON (the catalogue's TOML, the image model's row, the
admin's editor) and as frozen classes everywhere in code. Nothing here knows forms, gateways or rows.
"""

from gallery.specs.json_schema import json_schema
from gallery.specs.parameters import Choice, Parameter, SpecRefused, Value, ValueRefused
from gallery.specs.parsing import TRANSPORTS, parse_parameters, spec_hash, to_json
from gallery.specs.shapes import SHAPE_NAMES, count_chosen, nearest_choice, shape_chosen, shape_of, shape_parameter
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
    "SHAPE_NAMES",
    "TRANSPORTS",
    "Choice",
    "Parameter",
    "SpecRefused",
    "Value",
    "ValueRefused",
    "clean_value",
    "count_chosen",
    "is_ignored",
    "json_schema",
    "nearest_choice",
    "parse_parameters",
    "refuse_forbidden_text",
    "shape_chosen",
    "shape_of",
    "shape_parameter",
    "spec_hash",
    "to_json",
    "values_to_send",
]
