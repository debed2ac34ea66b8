// RouteLLM, example 3, “Portrait Orientation”, in TypeScript.
// Repaired: its loop over `message.content` finds pictures there when the studio is asked for content parts.

import OpenAI from "openai";

const openai = new OpenAI({
  baseURL: `${process.env.STUDIO_ADDRESS}/v1`,
  apiKey: process.env.STUDIO_TOKEN,
  defaultQuery: { images: "content" },
});

const response = await openai.chat.completions.create({
  model: "flux2_pro",
  messages: [{ role: "user", content: "A full-body portrait of a fashion model in elegant evening wear" }],
  modalities: ["image"],
  image_config: { num_images: 1, aspect_ratio: "2:3" },
});

response.choices[0].message.content?.forEach((item) => {
  if (item.type === "image_url") {
    console.log("Image URL:", item.image_url.url);
  }
});
