// OpenRouter's own package, `@openrouter/sdk`: it checks every answer strictly, and of a stream it keeps words only.

import { OpenRouter } from "@openrouter/sdk";
import { OpenRouterError } from "@openrouter/sdk/models/errors";
import { address, pictureAsDataUrl, tell, token } from "./telling.mjs";

const reach = { serverURL: `${address}/api/v1`, retryConfig: { strategy: "none" } };
const openRouter = new OpenRouter({ ...reach, apiKey: token });
const stranger = new OpenRouter({ ...reach, apiKey: "ps_00000000_nobody" });
const lamp = [{ role: "user", content: "a small brass lamp" }];
const both = "openrouter/google/gemini-2.5-flash-image-preview";
const small = { modalities: ["image"], imageConfig: { size: "640x480" } };
const question = [
  {
    role: "user",
    content: [
      { type: "text", text: "How large is this picture?" },
      { type: "image_url", imageUrl: { url: pictureAsDataUrl } },
    ],
  },
];

const send = (model, more, messages = lamp, asking = openRouter) =>
  asking.chat.send({ chatRequest: { model, messages, ...more } });

async function ask(model, more = {}, messages = lamp) {
  const reply = await send(model, more, messages);
  const [choice] = reply.choices;
  return {
    id: reply.id,
    object: reply.object,
    model: reply.model,
    role: choice.message.role,
    content: choice.message.content,
    pictures: (choice.message.images ?? []).map((image) => image.imageUrl.url),
    finish_reason: choice.finishReason,
    total_tokens: reply.usage.totalTokens,
  };
}

async function stream(model, more = {}, messages = lamp) {
  const seen = { pieces: [], chunks: 0, finish_reason: null, error: null };
  for await (const chunk of await send(model, { ...more, stream: true }, messages)) {
    seen.chunks += 1;
    seen.error = chunk.error ?? seen.error;
    if (chunk.usage) seen.total_tokens = chunk.usage.totalTokens;
    for (const choice of chunk.choices) {
      if (choice.delta.content) seen.pieces.push(choice.delta.content);
      seen.finish_reason = choice.finishReason ?? seen.finish_reason;
    }
  }
  return seen;
}

async function generate(model, more = {}) {
  const imageGenerationRequest = { model, prompt: "a small brass lamp", ...more };
  const reply = await openRouter.images.generate({ imageGenerationRequest });
  return {
    created: reply.created,
    pictures: reply.data.map((one) => one.b64Json),
    media_types: reply.data.map((one) => one.mediaType),
  };
}

const draw = (words, more = {}, asking = openRouter) =>
  send("routellm/flux_pro", { ...small, ...more }, [{ role: "user", content: words }], asking);

async function errorOf(call) {
  try {
    await call();
  } catch (error) {
    if (!(error instanceof OpenRouterError)) throw error;
    const retryAfter = error.headers.get("retry-after");
    return {
      class: error.constructor.name,
      status: error.statusCode,
      code: error.error?.code,
      message: error.error?.message ?? error.message,
      body: error.error ?? null,
      retry_after: retryAfter,
    };
  }
  return { class: "", failed: "no error came" };
}

const pointed = [{ type: "image_url", imageUrl: { url: pictureAsDataUrl } }];

await tell({
  one_picture: () => ask("routellm/flux_pro", small),
  several_pictures: () =>
    ask("routellm/flux_pro", { ...small, imageConfig: { size: "640x480", num_images: 3, rewrite_prompt: "false" } }),
  streamed_pictures: () => stream("routellm/flux_pro", small),
  streamed_picture_and_words: () => stream(both, { modalities: ["image", "text"] }),
  vision: () => ask("routellm/gpt-5.4", {}, question),
  streamed_words: () => stream("routellm/gpt-5.4", {}, question),
  generated: () => generate("routellm/flux_pro", { size: "640x480" }),
  generated_several: () => generate("routellm/flux_pro", { size: "640x480", n: 2 }),
  generated_in_shape: () => generate(both, { aspectRatio: "21:9", resolution: "1K" }),
  generated_as_stream: async () => {
    const asked = { model: "routellm/flux_pro", prompt: "a lamp", size: "640x480", n: 2, stream: true };
    const seen = [];
    for await (const event of await openRouter.images.generate({ imageGenerationRequest: asked })) {
      seen.push({ type: event.type, picture: event.b64Json });
    }
    return seen;
  },
  edited: () => generate("routellm/flux_kontext_edit", { aspectRatio: "16:9", inputReferences: pointed }),
  models: async () => {
    const page = await openRouter.models.list({ outputModalities: "image" });
    return { ids: page.result.data.map((one) => one.id), total: page.result.totalCount };
  },
  image_models: async () => {
    const { data } = await openRouter.images.listModels();
    const flux = data.find((one) => one.id === "routellm/flux_pro");
    return { ids: data.map((one) => one.id), parameters: flux?.supportedParameters };
  },
  image_model_endpoints: async () => {
    const found = await openRouter.images.listModelEndpoints({ author: "routellm", slug: "flux_pro" });
    return { id: found.id, providers: found.endpoints.map((one) => one.providerSlug) };
  },
  key: async () => {
    const { data } = await openRouter.apiKeys.getCurrentKeyMetadata();
    return { label: data.label, usage: data.usage, limit: data.limit };
  },
  wrong_value: () => errorOf(() => draw("a lamp", { imageConfig: { size: "17x19" } })),
  wrong_token: () => errorOf(() => draw("a lamp", {}, stranger)),
  no_credit: () => errorOf(() => draw("a lamp sandbox:no-credit")),
  unknown_model: () => errorOf(() => send("routellm/no_such_model", small)),
  rate_limit: () => errorOf(() => draw("a lamp sandbox:rate-limit")),
  refused_content: () => errorOf(() => draw("a lamp sandbox:refuse")),
  refused_stream: () => errorOf(() => draw("a lamp sandbox:refuse", { stream: true })),
  broken_stream: () => stream(both, { modalities: ["text"] }, [{ role: "user", content: "a lamp sandbox:error" }]),
});
