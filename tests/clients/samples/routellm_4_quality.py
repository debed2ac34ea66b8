"""RouteLLM, example 4, “OpenAI Model with Quality Control”, in Python.

Repaired: `image_config` goes by `extra_body`; the pictures are dicts in `message.images`, not in `message.content`.
"""

import os

from openai import OpenAI

client = OpenAI(base_url=f"{os.environ['STUDIO_ADDRESS']}/v1", api_key=os.environ["STUDIO_TOKEN"])

response = client.chat.completions.create(
    model="gpt-5.1",
    messages=[{"role": "user", "content": "A whimsical illustration of a magical forest with glowing mushrooms"}],
    modalities=["image"],
    extra_body={"image_config": {"num_images": 1, "aspect_ratio": "1:1", "quality": "high"}},
)

for item in response.choices[0].message.images:
    if item["type"] == "image_url":
        print(f"Generated image: {item['image_url']['url']}")
