#!/usr/bin/env node
// The main stories of Sotto, lived by the official socket.io-client with no special settings. Usage:
//   node story.mjs <server URL> <websocket|polling|upgrade> [--origin <origin>]
// Prints a line per step and «N passed, 0 failed»; exits with 1 at the first mismatch, 2 on wrong usage. The story registers
// four users with names of their own, in six attempts, so that it can run three times in an hour under the default limits.

import { randomBytes } from "node:crypto";
import { modes, Person } from "./person.mjs";
import session from "./stories/session.mjs";
import friends from "./stories/friends.mjs";
import dms from "./stories/dms.mjs";
import messages from "./stories/messages.mjs";
import timed from "./stories/timed.mjs";
import live from "./stories/live.mjs";
import wire from "./stories/wire.mjs";
import farewell from "./stories/farewell.mjs";

/** No run takes this long; a story that hangs is a story that fails. */
const WATCHDOG_MS = 180_000;

const settings = settingsFrom(process.argv.slice(2));
const run = randomBytes(3).toString("hex");
const world = Object.fromEntries(["alice", "bob", "carol", "dave"].map((name) => [name, new Person(`${name}-${run}`, settings)]));

let passed = 0;
let current = "start";
async function step(what, body) {
  current = what;
  const start = performance.now();
  await body();
  passed += 1;
  console.log(`ok   ${what} (${Math.round(performance.now() - start)} ms)`);
}

setTimeout(() => fail(new Error(`the story did not end within ${WATCHDOG_MS / 1000} s`)), WATCHDOG_MS).unref();
try {
  console.log(`story over ${settings.mode} at ${settings.url}`);
  for (const part of [session, friends, dms, messages, timed, live, wire, farewell]) {
    await part(world, step);
  }
  console.log(`${passed} passed, 0 failed`);
  process.exit(0);
} catch (error) {
  fail(error);
}

function fail(error) {
  const own = error.stack?.split("\n").filter((line) => /stories\/|person\.mjs/.test(line)).slice(0, 3).join("\n") ?? "";
  console.log(`FAIL ${current}\n     ${error.message.split("\n").join("\n     ")}\n${own}`);
  console.log(`${passed} passed, 1 failed`);
  process.exit(1);
}

function settingsFrom(args) {
  const at = args.indexOf("--origin");
  const given = at >= 0 ? args.splice(at, 2)[1] : undefined;
  const [url, mode] = args;
  if (args.length !== 2 || !URL.canParse(url) || !modes.includes(mode) || (at >= 0 && !given)) {
    console.error(`usage: node story.mjs <server URL> <${modes.join("|")}> [--origin <origin>]`);
    process.exit(2);
  }
  return { url, mode, origin: given ?? new URL(url).origin };
}
