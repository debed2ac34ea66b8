"""OpenRouter, “Image Size”, in Python. Nothing to repair: “{{MODEL}}” is filled in."""

import os

import requests

url = f"{os.environ['STUDIO_ADDRESS']}/api/v1/chat/completions"
headers = {"Authorization": f"Bearer {os.environ['STUDIO_TOKEN']}", "Content-Type": "application/json"}
payload = {
    "model": "openrouter/google/gemini-2.5-flash-image-preview",
    "messages": [
        {
            "role": "user",
            "content": "Create a picture of a nano banana dish in a fancy restaurant with a Gemini theme",
        }
    ],
    "modalities": ["image", "text"],
    "image_config": {"aspect_ratio": "16:9", "image_size": "4K"},
}

result = requests.post(url, headers=headers, json=payload).json()

if result.get("choices"):
    message = result["choices"][0]["message"]
    if message.get("images"):
        for image in message["images"]:
            print(f"Generated image: {image['image_url']['url']}")
