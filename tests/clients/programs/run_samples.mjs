// Runs the named samples, one after the other in this process; prints as JSON what each printed.

import { basename } from "node:path";
import { pathToFileURL } from "node:url";

const seen = {};
for (const path of process.argv.slice(2)) {
  const lines = [];
  console.log = (...words) => lines.push(words.join(" "));
  try {
    await import(pathToFileURL(path));
  } catch (error) {
    lines.push(String(error.stack ?? error));
  }
  seen[basename(path)] = lines.join("\n");
}
process.stdout.write(JSON.stringify(seen));
