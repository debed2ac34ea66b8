# RouteLLM, “Providing Images as Input”, by data URL; the document gives the body only, and no whole picture.

picture=$(base64 < "$STUDIO_PICTURE" | tr -d '\n')
curl -sS -X POST "$STUDIO_ADDRESS/v1/chat/completions" \
  -H "Authorization: Bearer $STUDIO_TOKEN" \
  -H "Content-Type: application/json" \
  -d '{
    "model": "route-llm",
    "messages": [
      {
        "role": "user",
        "content": [
          {"type": "text", "text": "What is in this image?"},
          {"type": "image_url", "image_url": {"url": "data:image/png;base64,'"$picture"'"}}
        ]
      }
    ]
  }'
