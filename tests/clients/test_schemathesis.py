"""schemathesis makes requests up from the OpenAPI document: no fault of ours, and every answer is what the document says."""

from pathlib import Path

from tests.clients import environments
from tests.clients.room import Room
from tests.fuzz import effort

CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_schema_conformance,response_headers_conformance,unsupported_method"
)
EXAMPLES = max(5, effort.EXAMPLES)


def test_every_answer_to_a_made_up_request_is_as_documented(room: Room, tmp_path: Path) -> None:
    words = room.words_of("schemathesis")
    told = room.told
    environments.run(
        [
            *words,
            *("-m", "schemathesis.cli", "run", f"{told['STUDIO_ADDRESS']}/v1/openapi.json"),
            *("--url", f"{told['STUDIO_ADDRESS']}/v1", "--header", f"Authorization: Bearer {told['STUDIO_TOKEN']}"),
            *("--checks", CHECKS, "--max-examples", str(EXAMPLES), "--phases", "examples,coverage,fuzzing"),
            *("--workers", "1", "--no-shrink", "--generation-database", "none", "--no-color", "--warnings", "off"),
        ],
        {},
        tmp_path,
    )
