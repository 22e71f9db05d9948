/** Login by signature (C-401): the bytes that are signed, and the server's check. */
import { utf8 } from "./bytes.js";
import { t } from "./encode.js";
import type { VerifyingIdentity } from "./points.js";
import { refuse } from "./refusal.js";

/**
 * `T("login", origin, username, IK, challenge)`.
 *
 * @throws Refusal `E_CHALLENGE` unless `challenge` has 32 bytes
 */
export function loginMessage(origin: string, username: string, ik: VerifyingIdentity, challenge: Uint8Array): Uint8Array {
  if (challenge.length !== 32) {
    refuse("E_CHALLENGE");
  }
  return t("login", utf8(origin), utf8(username), ik.toBytes(), challenge);
}

/**
 * Checks an answer, as a server does.
 *
 * @throws Refusal `E_CHALLENGE` as above, `E_SIG` if the answer is not `ik`'s for just these values
 */
export function verifyLogin(
  ik: VerifyingIdentity,
  origin: string,
  username: string,
  challenge: Uint8Array,
  response: Uint8Array,
): void {
  ik.verify(loginMessage(origin, username, ik, challenge), response);
}
