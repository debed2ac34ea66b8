// RouteLLM, example 5, “Gemini Model with Image Size and Resolution”, in TypeScript.
// Repaired: its loop over `message.content` finds pictures there when the studio is asked for content parts.

import OpenAI from "openai";

const openai = new OpenAI({
  baseURL: `${process.env.STUDIO_ADDRESS}/v1`,
  apiKey: process.env.STUDIO_TOKEN,
  defaultQuery: { images: "content" },
});

const response = await openai.chat.completions.create({
  model: "gemini-2.5-pro",
  messages: [{ role: "user", content: "A professional headshot of a business executive" }],
  modalities: ["image"],
  image_config: { num_images: 1, aspect_ratio: "2:3", image_size: "1024x1536", resolution: "2K" },
});

response.choices[0].message.content?.forEach((item) => {
  if (item.type === "image_url") {
    console.log("Image URL:", item.image_url.url);
  }
});
