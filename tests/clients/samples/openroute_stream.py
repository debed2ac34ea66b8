"""OpenRoute, “Streaming Image Generation”, in Python. Nothing to repair."""

import json
import os

import requests

url = f"{os.environ['STUDIO_ADDRESS']}/api/v1/chat/completions"
headers = {"Authorization": f"Bearer {os.environ['STUDIO_TOKEN']}", "Content-Type": "application/json"}
payload = {
    "model": "google/gemini-2.5-flash-image-preview",
    "messages": [{"role": "user", "content": "Create an image of a futuristic city"}],
    "modalities": ["image", "text"],
    "stream": True,
}

response = requests.post(url, headers=headers, json=payload, stream=True)

for line in response.iter_lines():
    if line:
        text = line.decode("utf-8")
        if text.startswith("data: "):
            data = text[6:]
            if data != "[DONE]":
                try:
                    chunk = json.loads(data)
                    if chunk.get("choices"):
                        delta = chunk["choices"][0].get("delta", {})
                        if delta.get("images"):
                            for image in delta["images"]:
                                print(f"Generated image: {image['image_url']['url']}")
                except json.JSONDecodeError:
                    continue
