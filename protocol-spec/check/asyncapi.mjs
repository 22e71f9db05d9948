// Puts the generated AsyncAPI document through the official parser, which knows the 3.0 schema and follows references.

import { readFile } from "node:fs/promises";
import { Parser } from "@asyncapi/parser";

const source = await readFile(new URL("../bindings/sotto.asyncapi.json", import.meta.url), "utf8");
const HINTS = 3;

async function complaints(text) {
  const { document, diagnostics } = await new Parser().parse(text);
  const lines = diagnostics
    .filter((one) => one.severity < HINTS && one.code !== "asyncapi-latest-version")
    .map((one) => `${one.path.join(".")}: ${one.message} (${one.code})`);
  return { document, lines };
}

const { document, lines } = await complaints(source);
if (lines.length > 0 || !document) {
  console.error(["the AsyncAPI document is not valid", ...lines].join("\n"));
  process.exit(1);
}

// A check that cannot fail proves nothing: each of these must be noticed.
const broken = {
  "a reference to nothing": (api) => (api.operations.login.channel.$ref = "#/channels/nowhere"),
  "a payload that refers to nothing": (api) => (api.components.messages.login.payload.$ref = "#/components/schemas/Nothing"),
  "an unknown action": (api) => (api.operations.login.action = "shout"),
  "a schema of an unknown type": (api) => (api.components.schemas.Dm.type = "thing"),
};
for (const [what, breaks] of Object.entries(broken)) {
  const api = JSON.parse(source);
  breaks(api);
  if ((await complaints(JSON.stringify(api))).lines.length === 0) {
    console.error(`the check does not notice ${what}`);
    process.exit(1);
  }
}

const operations = document.operations().all();
const answered = operations.filter((one) => one.reply() !== undefined);
console.log(`AsyncAPI ${document.version()}: ${operations.length} operations, ${answered.length} of them answered`);
