// OpenRoute, “Streaming Image Generation”, in JavaScript.
// Repaired: a line that spans two network chunks is carried over, as every line with a picture does.

const response = await fetch(`${process.env.STUDIO_ADDRESS}/api/v1/chat/completions`, {
  method: "POST",
  headers: {
    Authorization: `Bearer ${process.env.STUDIO_TOKEN}`,
    "Content-Type": "application/json",
  },
  body: JSON.stringify({
    model: "google/gemini-2.5-flash-image-preview",
    messages: [{ role: "user", content: "Create an image of a futuristic city" }],
    modalities: ["image", "text"],
    stream: true,
  }),
});

const reader = response.body?.getReader();
const decoder = new TextDecoder();
let rest = "";

while (true) {
  const { done, value } = await reader.read();
  if (done) break;
  const lines = (rest + decoder.decode(value, { stream: true })).split("\n");
  rest = lines.pop();
  for (const line of lines) {
    if (line.startsWith("data: ")) {
      const data = line.slice(6);
      if (data !== "[DONE]") {
        const parsed = JSON.parse(data);
        parsed.choices?.[0]?.delta?.images?.forEach((image, index) => {
          console.log(`Generated image ${index + 1}: ${image.image_url.url}`);
        });
      }
    }
  }
}
