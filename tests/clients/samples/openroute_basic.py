"""OpenRoute, “Basic Image Generation”, in Python. Nothing to repair."""

import os

import requests

url = f"{os.environ['STUDIO_ADDRESS']}/api/v1/chat/completions"
headers = {"Authorization": f"Bearer {os.environ['STUDIO_TOKEN']}", "Content-Type": "application/json"}
payload = {
    "model": "google/gemini-2.5-flash-image-preview",
    "messages": [{"role": "user", "content": "Generate a beautiful sunset over mountains"}],
    "modalities": ["image", "text"],
}

result = requests.post(url, headers=headers, json=payload).json()

if result.get("choices"):
    message = result["choices"][0]["message"]
    if message.get("images"):
        for image in message["images"]:
            print(f"Generated image: {image['image_url']['url']}")
