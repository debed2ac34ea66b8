# LLMGateway, “Making Requests”. Nothing to repair: it names no modalities, and gets a picture all the same.

curl -sS -X POST "$STUDIO_ADDRESS/v1/chat/completions" \
  -H "Authorization: Bearer $STUDIO_TOKEN" \
  -H "Content-Type: application/json" \
  -d '{
    "model": "gemini-2.5-flash-image-preview",
    "messages": [
      {
        "role": "user",
        "content": "Generate an image of a cute golden retriever puppy playing in a sunny meadow"
      }
    ]
  }'
