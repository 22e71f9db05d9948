/** The blob that carries `own_storage` through a server that must not read it (C-501, C-502). */

import { type Account, identityOf, storageKeyOf } from "../account.js";
import { decodeHex, encodeHex, openStorage, type Owner, Refusal, sealedLength, sealStorage } from "../crypto/index.js";
import type { Platform } from "../platform/platform.js";
import { asSecurity } from "../refused.js";
import { SottoError } from "../errors.js";
import { type Content, decode, encode } from "./content.js";

/** Characters that the server takes for `own_storage` (1 MiB): a blob is hex, so half as many bytes. */
export const LIMIT = 1 << 20;

/** An opened blob. */
export interface Opened {
  /** The blob's own version. */
  readonly version: bigint;
  readonly content: Content;
}

function owner(account: Account): Owner {
  return { key: storageKeyOf(account), name: account.username, ik: identityOf(account).public };
}

/** Seals `content` as `version`; the wire's hex. */
export async function seal(platform: Platform, account: Account, version: bigint, content: Content): Promise<string> {
  return encodeHex(await sealStorage(platform, owner(account), version, platform.randomBytes(32), encode(content)));
}

/** Characters that `content` would take at the server. */
export function length(content: Content): number {
  return 2 * sealedLength(new TextEncoder().encode(encode(content)).length);
}

/**
 * Opens what the server holds. `highestSeen` is the highest version that this device has seen. Throws `security` `E_STORAGE`,
 * `E_ROLLBACK` or `E_DOWNGRADE`.
 */
export async function open(platform: Platform, account: Account, text: string, highestSeen: bigint): Promise<Opened> {
  const { version, json } = await unseal(platform, account, text, highestSeen);
  const content = contentOf(json);
  if (content.v !== 1) {
    const sentence = "own_storage was written by another version of the protocol.";
    throw new SottoError("security", sentence, { code: "E_DOWNGRADE" });
  }
  return { version, content };
}

async function unseal(platform: Platform, account: Account, text: string, highestSeen: bigint): Promise<{ version: bigint; json: string }> {
  try {
    return await openStorage(platform, owner(account), bytesOf(text), highestSeen);
  } catch (error) {
    throw asSecurity(error);
  }
}

function bytesOf(text: string): Uint8Array {
  try {
    return decodeHex(text);
  } catch {
    throw new Refusal("E_STORAGE");
  }
}

function contentOf(json: string): Content {
  try {
    return decode(json);
  } catch {
    // Whatever is wrong with it: what was wrong stays out of the error, for it is secret.
    throw asSecurity(new Refusal("E_STORAGE"));
  }
}
