// OpenRouter, “Basic Image Generation”, in TypeScript; “{{MODEL}}” is filled in.
// Repaired: the package of today takes the request as `chatRequest`.

import { OpenRouter } from "@openrouter/sdk";

const openRouter = new OpenRouter({
  serverURL: `${process.env.STUDIO_ADDRESS}/api/v1`,
  apiKey: process.env.STUDIO_TOKEN,
});

const result = await openRouter.chat.send({
  chatRequest: {
    model: "openrouter/google/gemini-2.5-flash-image-preview",
    messages: [{ role: "user", content: "Generate a beautiful sunset over mountains" }],
    modalities: ["image", "text"],
    stream: false,
  },
});

if (result.choices) {
  const message = result.choices[0].message;
  if (message.images) {
    message.images.forEach((image, index) => {
      console.log(`Generated image ${index + 1}: ${image.imageUrl.url}`);
    });
  }
}
