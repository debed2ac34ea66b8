// The `openai` package of npm: chat, streams, the images API, the list of models, the typed errors.

import { createReadStream } from "node:fs";
import OpenAI, { APIError } from "openai";
import { address, mask, picture, pictureAsDataUrl, tell, token } from "./telling.mjs";

const openai = new OpenAI({ baseURL: `${address}/v1`, apiKey: token, maxRetries: 0 });
const lamp = [{ role: "user", content: "a small brass lamp" }];
const both = "openrouter/google/gemini-2.5-flash-image-preview";
const question = [
  {
    role: "user",
    content: [
      { type: "text", text: "How large is this picture?" },
      { type: "image_url", image_url: { url: pictureAsDataUrl } },
    ],
  },
];

const picturesIn = (said) => (said.images ?? []).map((image) => image.image_url.url);

async function ask(model, more = {}, messages = lamp, options = {}) {
  const reply = await openai.chat.completions.create({ model, messages, ...more }, options);
  const [choice] = reply.choices;
  return {
    id: reply.id,
    object: reply.object,
    model: reply.model,
    role: choice.message.role,
    content: choice.message.content,
    pictures: picturesIn(choice.message),
    finish_reason: choice.finish_reason,
    total_tokens: reply.usage.total_tokens,
  };
}

async function stream(model, more = {}, messages = lamp) {
  const options = { stream: true, stream_options: { include_usage: true } };
  const seen = { pieces: [], pictures: [], chunks_with_pictures: 0, finish_reason: null };
  for await (const chunk of await openai.chat.completions.create({ model, messages, ...options, ...more })) {
    if (chunk.usage) seen.total_tokens = chunk.usage.total_tokens;
    for (const choice of chunk.choices) {
      if (choice.delta.content) seen.pieces.push(choice.delta.content);
      seen.pictures.push(...picturesIn(choice.delta));
      if (choice.delta.images?.length) seen.chunks_with_pictures += 1;
      seen.finish_reason = choice.finish_reason ?? seen.finish_reason;
    }
  }
  return seen;
}

const made = (reply) => ({
  created: reply.created,
  pictures: reply.data.map((one) => one.b64_json),
  links: reply.data.map((one) => one.url),
  warnings: reply.metadata?.warnings,
  total_tokens: reply.usage?.total_tokens,
});

const draw = (words = "a small brass lamp", more = {}, asking = openai) =>
  asking.chat.completions.create({
    model: "routellm/flux_pro",
    messages: [{ role: "user", content: words }],
    modalities: ["image"],
    image_config: { size: "640x480" },
    ...more,
  });

async function errorOf(call) {
  try {
    await call();
  } catch (error) {
    if (!(error instanceof APIError)) throw error;
    const { status, type, code, param, message } = error;
    const retryAfter = error.headers?.get("retry-after") ?? null;
    return { class: error.constructor.name, status, type, code, param, message, body: error.error, retry_after: retryAfter };
  }
  return { class: "", failed: "no error came" };
}

async function drain(chunks) {
  for await (const _ of await chunks);
}

async function triedOnce() {
  const sent = [];
  const counting = (...words) => {
    sent.push(words[0]);
    return fetch(...words);
  };
  const retrying = new OpenAI({ baseURL: `${address}/v1`, apiKey: token, maxRetries: 2, fetch: counting });
  return { ...(await errorOf(() => draw("a lamp sandbox:broken", {}, retrying))), sent: sent.length };
}

const small = { modalities: ["image"], image_config: { size: "640x480" } };
const stranger = new OpenAI({ baseURL: `${address}/v1`, apiKey: "ps_00000000_nobody", maxRetries: 0 });
const lampIn = (model, more) => openai.images.generate({ model, prompt: "a small brass lamp", ...more });

await tell({
  one_picture: () => ask("routellm/flux_pro", small),
  several_pictures: () =>
    ask("routellm/flux_pro", { ...small, image_config: { size: "640x480", num_images: 3, rewrite_prompt: false } }),
  streamed_pictures: () => stream("routellm/flux_pro", { ...small, image_config: { size: "640x480", num_images: 2 } }),
  streamed_picture_and_words: () =>
    stream(both, { modalities: ["image", "text"], image_config: { aspect_ratio: "21:9" } }),
  vision: () => ask("routellm/gpt-5.4", {}, question),
  streamed_words: () => stream("routellm/gpt-5.4", {}, question),
  picture_as_content_part: () => ask("routellm/flux_pro", small, lamp, { query: { images: "content" } }),
  generated: async () => made(await lampIn("routellm/flux_pro", { size: "640x480", response_format: "b64_json" })),
  generated_several: async () => made(await lampIn("routellm/flux_pro", { size: "640x480", n: 2 })),
  generated_by_alias: async () => made(await lampIn("gpt-image-1", { size: "512x512", quality: "auto" })),
  generated_as_stream: async () => {
    const seen = [];
    for await (const event of await lampIn("routellm/flux_pro", { size: "640x480", n: 2, stream: true })) {
      seen.push({ type: event.type, picture: event.b64_json });
    }
    return seen;
  },
  edited: async () => {
    const image = createReadStream(picture);
    return made(await openai.images.edit({ model: "routellm/gpt_image15_edit", image, prompt: "at night" }));
  },
  edited_from_two: async () => {
    const image = [createReadStream(picture), createReadStream(mask)];
    return made(await openai.images.edit({ model: "routellm/flux_kontext_edit", image, prompt: "both" }));
  },
  models: async () => {
    const listed = [];
    for await (const one of openai.models.list()) listed.push(one);
    return { ids: listed.map((one) => one.id), objects: [...new Set(listed.map((one) => one.object))] };
  },
  one_model: async () => {
    const { id, object, created, owned_by: owner } = await openai.models.retrieve(both);
    return { id, object, created, owned_by: owner };
  },
  wrong_value: () => errorOf(() => draw("a lamp", { image_config: { size: "17x19" } })),
  wrong_token: () => errorOf(() => draw("a lamp", {}, stranger)),
  no_credit: () => errorOf(() => draw("a lamp sandbox:no-credit")),
  unknown_model: () => errorOf(() => draw("a lamp", { model: "routellm/no_such_model" })),
  rate_limit: () => errorOf(() => draw("a lamp sandbox:rate-limit")),
  refused_content: () => errorOf(() => draw("a lamp sandbox:refuse")),
  refused_stream: () => errorOf(() => drain(draw("a lamp sandbox:refuse", { stream: true }))),
  broken_stream: () =>
    errorOf(() => drain(draw("a lamp sandbox:error", { model: both, modalities: ["text"], stream: true }))),
  tried_once_though_retries_are_on: triedOnce,
});
