/** Runs one case of a vector file by its `op`. */

import { basics } from "./basics.js";
import { envelopes } from "./envelopes.js";
import { groups } from "./groups.js";
import { Input, type Json, type Ops } from "./input.js";

const OPS: Ops = { ...basics, ...groups, ...envelopes };

/** What the op gives, or undefined for one that is unknown. Rejects with a Refusal where the case is refused. */
export async function run(op: string, input: Json): Promise<Json | undefined> {
  const known = Object.hasOwn(OPS, op) ? OPS[op] : undefined;
  return known?.(new Input(input));
}
