# RouteLLM, example 2, “Multiple Images”, with cURL. Nothing to repair.

curl -sS -X POST "$STUDIO_ADDRESS/v1/chat/completions" \
  -H "Authorization: Bearer $STUDIO_TOKEN" \
  -H "Content-Type: application/json" \
  -d '{
    "model": "flux2_pro",
    "messages": [{"role": "user", "content": "A futuristic cityscape at night with neon lights and flying cars"}],
    "modalities": ["image"],
    "image_config": {"num_images": 3, "aspect_ratio": "1:1"}
  }'
