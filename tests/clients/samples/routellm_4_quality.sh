# RouteLLM, example 4, “OpenAI Model with Quality Control”, with cURL. Nothing to repair.

curl -sS -X POST "$STUDIO_ADDRESS/v1/chat/completions" \
  -H "Authorization: Bearer $STUDIO_TOKEN" \
  -H "Content-Type: application/json" \
  -d '{
    "model": "gpt-5.1",
    "messages": [{"role": "user", "content": "A whimsical illustration of a magical forest with glowing mushrooms"}],
    "modalities": ["image"],
    "image_config": {"num_images": 1, "aspect_ratio": "1:1", "quality": "high"}
  }'
