/**
 * Writes the shared vectors from TypeScript. Two generators, not one oracle: what this one writes must equal what Rust wrote.
 *
 * `golden.json` is typed in from the specification and written by neither; `external/` is copied by Rust's, from the crate it is in.
 */

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { FOLDER } from "../../test/crypto/executor/files.js";
import * as basics from "./basics.js";
import * as envelopes from "./envelopes.js";
import * as groups from "./groups.js";
import * as notifications from "./notifications.js";
import * as points from "./points.js";
import * as replay from "./replay.js";
import { storageMergeFile } from "./storage-merge.js";
import type { Suite } from "./suite.js";
import * as trees from "./trees.js";

/** Writes all files, or with `check` only compares; gives the exit code. */
export async function main(check: boolean): Promise<number> {
  const suites: Suite[] = [];
  for (const area of [basics, points, trees, groups, notifications, envelopes, replay]) {
    suites.push(...(await area.all()));
  }
  const files = new Map(suites.map((suite) => [`${suite.name}.json`, suite.file()]));
  files.set("storage-merge.json", storageMergeFile());
  let differ = 0;
  for (const [name, content] of files) {
    const path = join(FOLDER, name);
    if (existsSync(path) && readFileSync(path, "utf8") === content) {
      continue;
    }
    differ++;
    console.log(`${check ? "differs:" : "written:"} ${name}`);
    if (!check) {
      writeFileSync(path, content);
    }
  }
  const cases = suites.reduce((sum, suite) => sum + suite.count, 0);
  console.log(`${cases} cases in ${suites.length} files, and storage-merge.json`);
  return check && differ > 0 ? 1 : 0;
}
