/**
 * Writes the shared vectors from TypeScript. Two generators, not one oracle: what this one writes must equal what Rust wrote.
 *
 * `golden.json` is typed in from the specification and written by neither; `external/` is copied by Rust's, from the crate it is in.
 */

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { FOLDER } from "../../test/crypto/executor/files.js";
import * as basics from "./basics.js";
import * as envelopes from "./envelopes.js";
import * as groups from "./groups.js";
import * as notifications from "./notifications.js";
import * as points from "./points.js";
import * as replay from "./replay.js";
import type { Suite } from "./suite.js";
import * as trees from "./trees.js";

/** Writes all files, or with `check` only compares; gives the exit code. */
export async function main(check: boolean): Promise<number> {
  const suites: Suite[] = [];
  for (const area of [basics, points, trees, groups, notifications, envelopes, replay]) {
    suites.push(...(await area.all()));
  }
  let differ = 0;
  for (const suite of suites) {
    const path = join(FOLDER, `${suite.name}.json`);
    if (read(path) === suite.file()) {
      continue;
    }
    differ++;
    console.log(`${check ? "differs:" : "written:"} ${suite.name}.json`);
    if (!check) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, suite.file());
    }
  }
  const cases = suites.reduce((sum, suite) => sum + suite.count, 0);
  console.log(`${cases} cases, ${suites.length} files`);
  return check && differ > 0 ? 1 : 0;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
