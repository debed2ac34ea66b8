"""What people write: specs, values, search words, walls, prompts that stand for many, bodies of scripts, recipes of files."""

import json
from collections.abc import Mapping
from typing import Any

import msgspec
import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from gallery import specs
from gallery.endpoint import bodies, chat_requests, image_requests
from gallery.endpoint.refusals import Refusal
from gallery.images.recipes import check_recipe
from gallery.models import Generation, WallQuery
from gallery.models.search import index_text, match_expression, matching_ids
from gallery.services.brace_faults import find_doubts, find_fault, write_plainly
from gallery.services.expansion import count_prompts, expand_prompt
from gallery.specs import texts as spec_texts
from tests.fuzz import hostile
from tests.fuzz.effort import bounded

SPEC_NAMES = [
    "name", "type", "label", "help", "choices", "value", "minimum", "maximum", "step", "default", "transport", "ignored_when",
    "required", "max_images", "max_length", "forbids", "mask_of", "marks", "media_types", "unit",
]  # fmt: skip
SPEC_VALUES = st.one_of(
    st.sampled_from(["string", "number", "integer", "boolean", "image", "images", "image_config", "seed"]),
    hostile.trees(SPEC_NAMES),
)
parameters = st.lists(st.dictionaries(st.sampled_from(SPEC_NAMES), SPEC_VALUES, max_size=8), max_size=4)


@bounded(25)
@given(data=st.one_of(parameters, hostile.trees(SPEC_NAMES)))
def test_every_spec_is_read_or_refused_with_its_place(data: Any) -> None:
    try:
        spec = specs.parse_parameters(data)
    except specs.SpecRefused as refused:
        assert str(refused)
        return
    assert specs.parse_parameters(json.loads(json.dumps(specs.to_json(spec)))) == spec
    msgspec.json.encode(specs.json_schema(spec))


@bounded(25)
@given(text=st.one_of(hostile.trees(SPEC_NAMES).map(json.dumps), hostile.texts, st.text('[]{}",:0 ', max_size=40)))
def test_every_text_of_a_spec_is_read_or_refused_with_its_line(text: str) -> None:
    try:
        spec_texts.read_text(text)
    except spec_texts.TextRefused as refused:
        assert refused.fault.problem


FIELDS = [
    {"name": "a", "type": "number", "minimum": 0, "maximum": 1, "step": 0.01},
    {"name": "b", "type": "integer"},
    {"name": "c", "type": "string", "choices": ["pro", "max"]},
    {"name": "d", "type": "boolean"},
    {"name": "e", "type": "string"},
]


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: str(field["type"]))
@bounded(8)
@given(raw=st.one_of(hostile.trees(SPEC_NAMES), hostile.numbers.map(str)))
def test_every_value_fits_its_spec_or_is_refused(field: dict[str, Any], raw: Any) -> None:
    [parameter] = specs.parse_parameters([field])
    try:
        value = specs.clean_value(parameter, raw)
    except specs.ValueRefused as refused:
        assert str(refused)
    else:
        json.dumps(value, allow_nan=False)


LISTS = {"colour": ["red", "blue"], "ﬁne": ["x"] * 30}
prompts = st.one_of(st.text("{}|.\\, ab01-{}", max_size=40), hostile.texts)


@bounded(25)
@given(prompt=prompts)
def test_every_prompt_stands_for_as_many_as_are_counted(prompt: str) -> None:
    find_fault(prompt, LISTS)
    find_doubts(prompt, LISTS)
    count = count_prompts(prompt, LISTS)
    made = expand_prompt(prompt, LISTS, most=300)
    assert len(made) == min(count, 300)
    assert [one.text for one in expand_prompt(write_plainly(prompt), LISTS, most=3)] == [prompt]


def asked(said: Mapping[str, str]) -> QueryDict:
    data = QueryDict(mutable=True)
    for name, value in said.items():
        data[name] = value
    return data


@pytest.mark.django_db
@bounded(25)
@given(words=st.one_of(hostile.texts, st.text("\"'*-() ANDORNOTNEAR:^{}a", max_size=30)))
def test_every_search_word_is_searched_for(words: str) -> None:
    index_text(words)
    match_expression(words)
    query = WallQuery.read(asked({"q": words}))
    assert WallQuery.read(query.encode()) == query
    list(Generation.objects.filter(pk__in=matching_ids(words) or []).values("pk")[:1])


WALL = [
    "q",
    "model",
    "person",
    "since",
    "until",
    "cost",
    "cost_from",
    "cost_to",
    "unit",
    "rating",
    "colour",
    "shape",
    "board",
    "tag",
    "sort",
    "after",
]


@bounded(25)
@given(said=st.dictionaries(st.sampled_from(WALL), st.one_of(hostile.texts, hostile.numbers.map(str)), max_size=5))
def test_every_query_of_a_wall_is_read_and_written_back_the_same(said: dict[str, str]) -> None:
    query = WallQuery.read(asked(said))
    assert WallQuery.read(query.encode()) == query


BODY = [
    "model",
    "messages",
    "role",
    "content",
    "type",
    "text",
    "image_url",
    "url",
    "modalities",
    "image_config",
    "stream",
    "n",
    "size",
    "prompt",
    "image",
    "mask",
    "response_format",
]


@bounded(25)
@given(body=st.dictionaries(st.sampled_from(BODY), hostile.trees(BODY), max_size=6), spoil=st.data())
def test_every_body_of_a_script_is_a_wish_or_refused(body: dict[str, Any], spoil: st.DataObject) -> None:
    sent = hostile.as_json(body)
    if spoil.draw(st.booleans()):
        sent = spoil.draw(hostile.spoilt(sent))
    for read in (chat_requests.read_chat, image_requests.read_generation, image_requests.read_edit):
        try:
            read(bodies.read_json(sent))
        except Refusal as refused:
            assert str(refused)


RECIPE = [
    "proofsheet",
    "prompt",
    "model",
    "model_name",
    "parameters",
    "seed",
    "spec",
    "made_at",
    "owner_name",
    "cost",
    "cost_unit",
    "is_simulated",
    "revised_prompt",
    "name",
    "type",
]


@bounded(25)
@given(
    value=st.one_of(
        hostile.trees(RECIPE),
        st.fixed_dictionaries(
            {"proofsheet": st.just(1), "prompt": hostile.texts, "model": st.just("routellm/x")},
            optional={name: hostile.trees(RECIPE) for name in RECIPE[4:]},
        ),
    )
)
def test_every_recipe_is_believed_as_far_as_it_can_be_kept(value: Any) -> None:
    recipe = check_recipe(value)
    if recipe is not None:
        json.dumps(recipe.to_json(), allow_nan=False, ensure_ascii=False).encode()
        specs.parse_parameters(recipe.spec)
        assert check_recipe(recipe.to_json()) == recipe
