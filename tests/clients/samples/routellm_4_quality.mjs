// RouteLLM, example 4, “OpenAI Model with Quality Control”, in TypeScript.
// Repaired: its loop over `message.content` finds pictures there when the studio is asked for content parts.

import OpenAI from "openai";

const openai = new OpenAI({
  baseURL: `${process.env.STUDIO_ADDRESS}/v1`,
  apiKey: process.env.STUDIO_TOKEN,
  defaultQuery: { images: "content" },
});

const response = await openai.chat.completions.create({
  model: "gpt-5.1",
  messages: [{ role: "user", content: "A whimsical illustration of a magical forest with glowing mushrooms" }],
  modalities: ["image"],
  image_config: { num_images: 1, aspect_ratio: "1:1", quality: "high" },
});

response.choices[0].message.content?.forEach((item) => {
  if (item.type === "image_url") {
    console.log("Image URL:", item.image_url.url);
  }
});
