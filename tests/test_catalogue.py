"""Every shipped model against a table typed from the provider's document: spec, form, and the JSON that travels."""

import json
import re
from typing import Any

import pytest
from django.test import Client

from gallery import specs
from gallery.models import Gateway, Generation, ImageModel
from gallery.services import catalogue
from tests import catalogue_expectations as expected
from tests import factories
from tests.fake_gateway import FakeGateway

MODEL_IDS = list(expected.PARAMETERS)
PIXELS = re.compile(r"(\d{3,4})x(\d{3,4})\Z")


@pytest.fixture
def image_model(request: pytest.FixtureRequest, shipped: None) -> ImageModel:
    return ImageModel.objects.select_related("gateway").get(model_id=request.param)


def label_of(value: str) -> str:
    label = expected.DOCUMENTED_LABELS.get(value) or expected.READABLE_LABELS.get(value) or value
    return PIXELS.sub(r"\1 × \2", label)


def documented_rows(model_id: str) -> dict[str, dict[str, Any]]:
    rows = {**expected.PARAMETERS[model_id]}
    if model_id not in expected.WITHOUT_NUM_IMAGES:
        rows.setdefault("num_images", expected.COMMON["num_images"])
    if model_id not in expected.WITHOUT_REWRITE_PROMPT:
        rows.setdefault("rewrite_prompt", expected.COMMON["rewrite_prompt"])
    return rows


def test_every_documented_model_is_shipped_in_the_documents_order(shipped: None) -> None:
    rows = ImageModel.objects.filter(gateway__slug="routellm").order_by("position")
    assert list(rows.values_list("model_id", flat=True)) == MODEL_IDS


@pytest.mark.parametrize("image_model", MODEL_IDS, indirect=True)
def test_every_parameter_is_as_documented(image_model: ImageModel) -> None:
    rows = documented_rows(image_model.model_id)
    assert {parameter.name for parameter in image_model.spec} == set(rows)
    for parameter in image_model.spec:
        row = rows[parameter.name]
        assert parameter.type == row["type"], parameter.name
        assert parameter.is_required == row.get("required", False), parameter.name
        assert parameter.description == row["description"]
        assert [choice.value for choice in parameter.choices] == list(row.get("choices", ())), parameter.name
        assert [choice.label for choice in parameter.choices] == [label_of(value) for value in row.get("choices", ())]
        limits = (parameter.minimum, parameter.maximum, parameter.step)
        assert limits == (row.get("minimum"), row.get("maximum"), row.get("step")), parameter.name
        assert json.dumps(parameter.default) == json.dumps(row.get("default")), parameter.name
        assert parameter.max_images == row.get("max_images", 1), parameter.name


@pytest.mark.parametrize("image_model", MODEL_IDS, indirect=True)
def test_the_documents_notes_are_behaviour(image_model: ImageModel) -> None:
    model_id = image_model.model_id
    ignored = {parameter.name for parameter in image_model.spec if parameter.ignored_with == "image_prompt"}
    assert ignored == set(expected.IGNORED_WITH_IMAGE_PROMPT.get(model_id, ()))
    forbidding = {parameter.name for parameter in image_model.spec if parameter.forbids}
    forbidding |= {"prompt"} if image_model.prompt_forbids else set()
    assert forbidding == expected.FORBIDS_URLS_AND_FLAGS.get(model_id, set())
    doubled = {
        (model_id, parameter.name, choice.value)
        for parameter in image_model.spec
        for choice in parameter.choices
        if choice.cost_factor == 2
    }
    assert doubled == {row for row in expected.COSTS_DOUBLE if row[0] == model_id}
    assert (image_model.output == "vector") == (model_id in expected.VECTOR_MODELS)


@pytest.mark.parametrize("image_model", MODEL_IDS, indirect=True)
def test_every_control_is_in_the_page_under_its_name(image_model: ImageModel, as_bea: Client) -> None:
    page = as_bea.get("/", {"model": image_model.full_id}).content.decode()
    assert 'name="prompt"' in page
    for parameter in image_model.spec:
        assert f'name="{parameter.name}"' in page, parameter.name
        if parameter.is_image:
            assert f'data-parameter="{parameter.name}"' in page


@pytest.mark.parametrize(
    ("model_id", "form", "pictures", "image_config"),
    expected.PAYLOADS,
    ids=[f"{row[0]}-{number}" for number, row in enumerate(expected.PAYLOADS)],
)
def test_what_is_filled_in_travels_as_the_document_wants_it(
    model_id: str,
    form: dict[str, str],
    pictures: dict[str, int],
    image_config: dict[str, Any],
    routellm: Gateway,
    fake_gateway: FakeGateway,
    as_bea: Client,
) -> None:
    # A mask that marks nothing is refused.
    files = {
        name: [
            factories.upload(f"{name}{number}.png", "#ffffff" if name == "mask" else f"#{16 * number:02x}4080")
            for number in range(count)
        ]
        for name, count in pictures.items()
    }
    response = as_bea.post("/", {"model": f"routellm/{model_id}", "prompt": "a red chair", **form, **files})
    assert response.status_code == 302, response.content.decode()
    sent = fake_gateway.requests[0].json
    content = sent["messages"][0]["content"]
    text = content if isinstance(content, str) else content[0]["text"]
    assert (sent["model"], text) == (model_id, "a red chair")
    assert sent.get("modalities") == (None if model_id == "route-llm" else ["image"])
    assert (0 if isinstance(content, str) else len(content) - 1) == sum(pictures.values())
    travelled = sent.get("image_config", {})
    if "seed" not in image_config:
        assert isinstance(travelled.pop("seed", 0), int)
    assert json.dumps(travelled, sort_keys=True) == json.dumps(image_config, sort_keys=True)


def test_a_seed_left_to_chance_is_drawn_sent_and_stored(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    as_bea.post("/", {"model": "routellm/flux_pro", "prompt": "a red chair"})
    seed = fake_gateway.requests[0].json["image_config"]["seed"]
    assert Generation.objects.get().parameters["seed"] == seed


def test_defaults_travel_where_the_gateway_is_told_to_send_them(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    Gateway.objects.filter(pk=routellm.pk).update(sends_defaults=True)
    as_bea.post("/", {"model": "routellm/dalle", "prompt": "a red chair", "size": "1024x1024"})
    assert fake_gateway.requests[0].json["image_config"]["size"] == "1024x1024"


def test_loading_again_keeps_what_an_admin_changed_and_updates_the_rest(shipped: None) -> None:
    row = ImageModel.objects.get(model_id="dalle")
    shipped_before = {**(row.shipped or {}), "description": "an older description", "name": "an older name"}
    ImageModel.objects.filter(pk=row.pk).update(
        name="Our Dalle", description="an older description", shipped=shipped_before
    )
    catalogue.load_catalogue()
    row.refresh_from_db()
    assert row.name == "Our Dalle"
    assert row.description == "High-quality creative image generation"


def test_a_model_is_added_by_a_block_alone(db: None, tmp_path: Any, as_bea: Client) -> None:
    (tmp_path / "routellm.toml").write_text(
        """
        [gateway]
        slug = "routellm"
        name = "RouteLLM"
        dialect = "routellm"
        base_url = "https://routellm.abacus.ai/v1"
        [[models]]
        id = "brand_new"
        name = "Brand new"
        [[models.parameters]]
        name = "warmth"
        type = "number"
        minimum = 0
        maximum = 1
        step = 0.1
        [[models.parameters]]
        name = "palette"
        type = "array"
        """
    )
    catalogue.load_catalogue(tmp_path)
    page = as_bea.get("/?model=routellm/brand_new").content.decode()
    assert 'name="warmth"' in page
    assert 'name="palette"' in page


@pytest.mark.parametrize(
    ("block", "place"),
    [
        ('name = "x"', "parameters[0].type"),
        ('name = "x"\ntype = "string"\nchoices = ["a"]\ndefault = "b"', "parameters[0].default"),
        ('name = "x"\ntype = "number"\nminimum = 3\nmaximum = 1', "parameters[0].minimum"),
        ('name = "x"\ntype = "string"\nignored_with = "y"', "parameters[0].ignored_with"),
        ('name = "X!"\ntype = "string"', "parameters[0].name"),
        ('name = "x"\ntype = "string"\nmaximun = 3', "parameters[0].maximun"),
    ],
)
def test_a_spec_that_does_not_parse_is_refused_and_its_place_named(
    db: None, tmp_path: Any, block: str, place: str
) -> None:
    head = '[gateway]\nslug="x"\nname="X"\ndialect="routellm"\nbase_url="https://x.test/v1"\n'
    (tmp_path / "x.toml").write_text(f'{head}[[models]]\nid = "m"\n[[models.parameters]]\n{block}')
    with pytest.raises(catalogue.CatalogueRefused, match=re.escape(place)):
        catalogue.load_catalogue(tmp_path)
    assert not ImageModel.objects.exists()


def test_a_spec_survives_its_way_through_json(shipped: None) -> None:
    for row in ImageModel.objects.all():
        assert specs.parse_parameters(specs.to_json(row.spec)) == row.spec
