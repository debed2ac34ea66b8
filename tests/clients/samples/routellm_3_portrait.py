"""RouteLLM, example 3, “Portrait Orientation”, in Python.

Repaired: `image_config` goes by `extra_body`; the pictures are dicts in `message.images`, not in `message.content`.
"""

import os

from openai import OpenAI

client = OpenAI(base_url=f"{os.environ['STUDIO_ADDRESS']}/v1", api_key=os.environ["STUDIO_TOKEN"])

response = client.chat.completions.create(
    model="flux2_pro",
    messages=[{"role": "user", "content": "A full-body portrait of a fashion model in elegant evening wear"}],
    modalities=["image"],
    extra_body={"image_config": {"num_images": 1, "aspect_ratio": "2:3"}},
)

for item in response.choices[0].message.images:
    if item["type"] == "image_url":
        print(f"Generated image: {item['image_url']['url']}")
