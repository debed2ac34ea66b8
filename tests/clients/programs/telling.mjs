// What every client program shares: where the studio is, and how it tells its test what it saw.

import { readFileSync } from "node:fs";

export const address = process.env.STUDIO_ADDRESS;
export const token = process.env.STUDIO_TOKEN;
export const picture = process.env.STUDIO_PICTURE;
export const mask = process.env.STUDIO_MASK;
export const pictureAsDataUrl = `data:image/png;base64,${readFileSync(picture).toString("base64")}`;

/** Print one JSON object: by each function's name what it gave, or under `failed` why it gave nothing. */
export async function tell(facts) {
  const seen = {};
  for (const [name, fact] of Object.entries(facts)) {
    try {
      seen[name] = await fact();
    } catch (error) {
      seen[name] = { failed: `${error.stack ?? error} ${error.pretty?.() ?? ""}` };
    }
  }
  process.stdout.write(JSON.stringify(seen));
}
