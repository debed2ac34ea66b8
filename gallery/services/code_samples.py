"""A run as code that asks the endpoint for the same: curl, Python and JavaScript, ready to paste. Text only, nothing is sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gallery import specs
from gallery.models import Image, ImageModel, Visibility
from gallery.services.code_notations import JAVASCRIPT, JSON, PYTHON, SHELL, Reference, has_reference, quote, write

TOKEN = "PROOFSHEET_TOKEN"  # noqa: S105  (the name of a variable)
EXTENSIONS = {"image/jpeg": "jpg", "image/svg+xml": "svg"}


@dataclass(frozen=True, kw_only=True)
class Sample:
    """`needs` says what to install, "" for nothing."""

    slug: str
    name: str
    needs: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Request:
    """The body of one request to `chat/completions`; a Reference stands where a data URL travels."""

    base_url: str
    standard: Mapping[str, Any]
    own: Mapping[str, Any] = field(default_factory=dict)

    @property
    def body(self) -> dict[str, Any]:
        return {**self.standard, **self.own}


def build_samples(
    *,
    base_url: str,
    image_model: ImageModel,
    prompt: str,
    parameters: Mapping[str, Any],
    inputs: Mapping[str, Sequence[Image]],
    visibility: str,
) -> list[Sample]:
    """`parameters` and `inputs` as the generation form gives them; what the studio would not send is left out here too."""
    request = build_request(base_url, image_model, prompt, parameters, inputs, visibility)
    return [
        Sample(slug="curl", name="curl", needs="", text=write_curl(request)),
        Sample(slug="python", name="Python", needs="pip install openai", text=write_python(request)),
        Sample(slug="javascript", name="JavaScript", needs="npm install openai", text=write_javascript(request)),
    ]


def build_request(
    base_url: str,
    image_model: ImageModel,
    prompt: str,
    parameters: Mapping[str, Any],
    inputs: Mapping[str, Sequence[Image]],
    visibility: str,
) -> Request:
    """Pictures travel in the message, as every client sends them; given to a second parameter they need its name."""
    image_config = specs.values_to_send(
        image_model.spec, parameters, given_images=set(inputs), sends_defaults=image_model.gateway.sends_defaults
    )
    references = name_references(inputs)
    first = next((parameter.name for parameter in image_model.image_parameters), "")
    content: Any = prompt
    if set(references) == {first}:
        content = [{"type": "text", "text": prompt}]
        content += [{"type": "image_url", "image_url": {"url": reference}} for reference in references[first]]
    else:
        image_config |= {name: found[0] if len(found) == 1 else found for name, found in references.items()}
    own: dict[str, Any] = {"image_config": image_config} if image_config else {}
    if visibility == Visibility.PRIVATE:
        own["visibility"] = visibility
    standard = {
        "model": image_model.full_id,
        "messages": [{"role": "user", "content": content}],
        "modalities": list(image_model.modalities) or ["image"],
    }
    return Request(base_url=base_url, standard=standard, own=own)


def name_references(inputs: Mapping[str, Sequence[Image]]) -> dict[str, list[Reference]]:
    named: dict[str, list[Reference]] = {}
    number = 0
    for parameter, images in inputs.items():
        for image in images:
            number += 1
            extension = EXTENSIONS.get(image.media_type, image.media_type.partition("/")[2])
            named.setdefault(parameter, []).append(Reference(f"reference-{number}.{extension}", image.media_type))
    return named


# Languages ---------------------------------------------------------------------------------------------------------


def write_curl(request: Request) -> str:
    notation, mark = (SHELL, "JSON") if has_reference(request.body) else (JSON, "'JSON'")
    return f"""\
# The answer holds a link to each picture, good for an hour.
curl "{request.base_url}/chat/completions?images=url" \\
  -H "Authorization: Bearer ${TOKEN}" \\
  -H "Content-Type: application/json" \\
  --data-binary @- <<{mark}
{write(request.body, notation)}
JSON
"""


def write_python(request: Request) -> str:
    has_references = has_reference(request.body)
    arguments = {**request.standard, **({"extra_body": request.own} if request.own else {})}
    lines = [f"    {name}={write(value, PYTHON, indent=4, step=4, comma=',')},\n" for name, value in arguments.items()]
    return f"""\
import base64
{"import mimetypes" + chr(10) if has_references else ""}import os
from pathlib import Path

from openai import OpenAI
{PYTHON_DATA_URL if has_references else ""}
client = OpenAI(base_url={quote(request.base_url)}, api_key=os.environ["{TOKEN}"])

completion = client.chat.completions.create(
{"".join(lines)})

for number, image in enumerate(completion.choices[0].message.images, start=1):
    head, _, data = image["image_url"]["url"].partition(",")
    kind = head.removeprefix("data:image/").removesuffix(";base64").partition("+")[0]
    Path(f"picture-{{number}}.{{kind}}").write_bytes(base64.b64decode(data))
"""


PYTHON_DATA_URL = '''

def data_url(path):
    """A picture of yours as text, which is how it travels."""
    kind = mimetypes.guess_type(path)[0]
    return f"data:{kind};base64,{base64.b64encode(Path(path).read_bytes()).decode()}"

'''


def write_javascript(request: Request) -> str:
    has_references = has_reference(request.body)
    return f"""\
import {{ {"readFileSync, " if has_references else ""}writeFileSync }} from "node:fs";
import OpenAI from "openai";
{JAVASCRIPT_DATA_URL if has_references else ""}
const client = new OpenAI({{
  baseURL: {quote(request.base_url)},
  apiKey: process.env.{TOKEN},
}});

const completion = await client.chat.completions.create({write(request.body, JAVASCRIPT, comma=",")});

for (const [index, image] of completion.choices[0].message.images.entries()) {{
  const [head, data] = image.image_url.url.split(",");
  const kind = head.match(/image\\/(\\w+)/)[1];
  writeFileSync(`picture-${{index + 1}}.${{kind}}`, Buffer.from(data, "base64"));
}}
"""


JAVASCRIPT_DATA_URL = """
// A picture of yours as text, which is how it travels.
const dataUrl = (path) => {
  const kind = path.split(".").pop().replace("jpg", "jpeg");
  return `data:image/${kind};base64,${readFileSync(path).toString("base64")}`;
};
"""
