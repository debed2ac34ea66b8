"""The endpoint's description of itself: an OpenAPI document that holds together, and a page made from it."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import Resolver404, resolve

from gallery.endpoint.nowhere import nowhere
from gallery.endpoint.refusals import STATUSES, TYPES

PREFIXES = ("/v1", "/api/v1")
# What every run can answer with, beside what its failure makes of it.
OF_RUNS = {"200", "400", "401", "404", "409", "413", "415", "429", "500", "502"}


@pytest.fixture(scope="module")
def document() -> Any:
    return json.loads(Client().get("/v1/openapi.json").content)


def operations(document: Any) -> Iterator[tuple[str, str, Any]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def values_in(value: Any) -> Iterator[Any]:
    yield value
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from values_in(item)


def follow(document: Any, reference: str) -> Any:
    found = document
    for name in reference.removeprefix("#/").split("/"):
        found = found[name.replace("~1", "/")]
    return found


def test_every_reference_leads_somewhere_and_nothing_lies_unused(document: Any) -> None:
    references = {value["$ref"] for value in values_in(document) if isinstance(value, dict) and "$ref" in value}
    assert all(follow(document, reference) for reference in references)
    told_in_words = {"ChatChunk", "ImagesEvent"}  # lines of a stream, which OpenAPI cannot describe
    for kind in ("schemas", "responses", "parameters", "headers"):
        unused = {f"#/components/{kind}/{name}" for name in document["components"][kind]} - references
        assert {reference.rpartition("/")[2] for reference in unused} <= told_in_words


def test_every_operation_tells_its_errors_in_the_one_shape(document: Any) -> None:
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(set(names)) == len(names)
    for path, method, operation in operations(document):
        answers = operation["responses"]
        if operation.get("security") == []:
            continue
        assert {"200", "401", "500"} <= set(answers), path
        if method == "post":
            assert OF_RUNS | {str(status) for status in STATUSES.values()} <= set(answers), path
        for status, answer in answers.items():
            if status == "200":
                continue
            content = follow(document, answer["$ref"])["content"]["application/json"]
            assert content["schema"] == {"$ref": "#/components/schemas/Error"}
            error = content["example"]["error"]
            assert error["code"] == int(status)
            assert error["type"] == TYPES.get(int(status), "invalid_request_error")


@pytest.mark.parametrize("prefix", PREFIXES)
def test_every_path_is_served(document: Any, prefix: str) -> None:
    assert prefix in [server["url"] for server in document["servers"]]
    for path in document["paths"]:
        try:
            found = resolve(prefix + path.replace("{model}", "routellm/flux_pro")).func
        except Resolver404:
            pytest.fail(f"{prefix}{path} is not served.")
        assert found is not nowhere


@pytest.mark.parametrize("prefix", PREFIXES)
def test_document_and_page_need_no_token(db: None, prefix: str) -> None:
    assert Client().get(f"{prefix}/openapi.json")["Content-Type"] == "application/json"
    page = Client().get(f"{prefix}/docs")
    text = page.content.decode()
    assert page.status_code == 200
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\son\w+=", text)
    assert "http://testserver/v1" in text
    assert 'class="rail"' not in text


@pytest.mark.parametrize("path", ["/v1/docs", "/v1/openapi.json"])
def test_another_method_is_refused_in_the_one_shape(path: str) -> None:
    response = Client(enforce_csrf_checks=True).post(path)
    assert response.status_code == 405
    assert response.json()["error"]["code"] == 405
