// OpenRoute, “Basic Image Generation”, in JavaScript. Nothing to repair.

const response = await fetch(`${process.env.STUDIO_ADDRESS}/api/v1/chat/completions`, {
  method: "POST",
  headers: {
    Authorization: `Bearer ${process.env.STUDIO_TOKEN}`,
    "Content-Type": "application/json",
  },
  body: JSON.stringify({
    model: "google/gemini-2.5-flash-image-preview",
    messages: [{ role: "user", content: "Generate a beautiful sunset over mountains" }],
    modalities: ["image", "text"],
  }),
});

const result = await response.json();

if (result.choices) {
  const message = result.choices[0].message;
  if (message.images) {
    message.images.forEach((image, index) => {
      console.log(`Generated image ${index + 1}: ${image.image_url.url}`);
    });
  }
}
