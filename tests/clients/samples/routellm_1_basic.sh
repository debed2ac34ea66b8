# RouteLLM, example 1, “Basic Image Generation”, with cURL. Nothing to repair.

curl -sS -X POST "$STUDIO_ADDRESS/v1/chat/completions" \
  -H "Authorization: Bearer $STUDIO_TOKEN" \
  -H "Content-Type: application/json" \
  -d '{
    "model": "flux2_pro",
    "messages": [{"role": "user", "content": "A beautiful sunset over mountains"}],
    "modalities": ["image"],
    "image_config": {"num_images": 1}
  }'
