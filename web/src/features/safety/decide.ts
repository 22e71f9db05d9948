/**
 * The user's decisions about keys. `trust` and `verify` take the key that the server shows at that moment, which need not be the one
 * that the user looked at: each decision is therefore followed by a look at what was really pinned.
 */

import { SottoError, type Sotto } from "@sotto/sdk";
import { onlyDigits } from "./comparison";

/** What these need of a session. */
export type KeyDecider = Pick<Sotto, "person" | "trust" | "verify" | "safetyNumber">;

const elsewhere = (username: string): SottoError =>
  new SottoError("security", `The key of ${username} has changed again while you were looking. Compare anew before you accept it.`, {
    code: "E_KEY_CHANGED",
  });

/** Accepts the key (hex) that the user has seen in place of the pinned one (C-404); throws where another one is shown by now. */
export async function acceptKey(sotto: KeyDecider, username: string, seen: string): Promise<void> {
  const before = await sotto.person(username);
  if (before.user.public_key !== seen) throw elsewhere(username);
  await sotto.trust(username);
  const after = await sotto.person(username);
  if (after.key.state !== "pinned" || after.user.public_key !== seen) throw elsewhere(username);
}

/** Marks as verified after the safety number `compared` was found equal; throws where it is another one by now. */
export async function markVerified(sotto: KeyDecider, username: string, compared: string): Promise<void> {
  const same = async (): Promise<boolean> => onlyDigits(await sotto.safetyNumber(username)) === onlyDigits(compared);
  if (!(await same())) throw elsewhere(username);
  await sotto.verify(username);
  if (!(await same())) throw elsewhere(username);
}
