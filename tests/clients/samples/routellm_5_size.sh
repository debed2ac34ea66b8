# RouteLLM, example 5, “Gemini Model with Image Size and Resolution”, with cURL. Nothing to repair.

curl -sS -X POST "$STUDIO_ADDRESS/v1/chat/completions" \
  -H "Authorization: Bearer $STUDIO_TOKEN" \
  -H "Content-Type: application/json" \
  -d '{
    "model": "gemini-2.5-pro",
    "messages": [{"role": "user", "content": "A professional headshot of a business executive"}],
    "modalities": ["image"],
    "image_config": {"num_images": 1, "aspect_ratio": "2:3", "image_size": "1024x1536", "resolution": "2K"}
  }'
