/** The username rule of the formats (C-105). A server may be stricter still at registration. */
import { WHITE_SPACE, readUtf8, utf8 } from "./bytes.js";
import { refuse } from "./refusal.js";

/** Longest username in bytes of UTF-8. */
export const MAX_NAME = 64;

const EDGED = new RegExp(`^${WHITE_SPACE}|${WHITE_SPACE}$`);
// With the flag u, a surrogate in the class matches only where it stands alone.
const BANNED = /[\0-\x1f\x7f-\x9f\ud800-\udfff]/u;

/**
 * Checks a username: 1 to 64 bytes of UTF-8, well-formed, in NFC, without U+0000-001F and U+007F-009F, no white space (Unicode's
 * White_Space) at either end. Names are compared as they are.
 *
 * @throws Refusal `E_NAME`
 */
export function checkName(name: string): void {
  const fits = name.length > 0 && name.length <= MAX_NAME && utf8(name).length <= MAX_NAME;
  if (!fits || BANNED.test(name) || EDGED.test(name) || name.normalize("NFC") !== name) {
    refuse("E_NAME");
  }
}

/**
 * Reads a username from its bytes.
 *
 * @throws Refusal `E_NAME` also for what is no UTF-8
 */
export function readName(bytes: Uint8Array): string {
  const name = bytes.length <= MAX_NAME ? readUtf8(bytes) : undefined;
  if (name === undefined) {
    refuse("E_NAME");
  }
  checkName(name);
  return name;
}
