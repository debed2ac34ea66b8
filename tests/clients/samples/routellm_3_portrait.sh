# RouteLLM, example 3, “Portrait Orientation”, with cURL. Nothing to repair.

curl -sS -X POST "$STUDIO_ADDRESS/v1/chat/completions" \
  -H "Authorization: Bearer $STUDIO_TOKEN" \
  -H "Content-Type: application/json" \
  -d '{
    "model": "flux2_pro",
    "messages": [{"role": "user", "content": "A full-body portrait of a fashion model in elegant evening wear"}],
    "modalities": ["image"],
    "image_config": {"num_images": 1, "aspect_ratio": "2:3"}
  }'
