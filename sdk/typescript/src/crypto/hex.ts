/** Strict hex of the wire (C-104). */
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { refuse } from "./refusal.js";

/** Lower-case hex. */
export function encodeHex(bytes: Uint8Array): string {
  return bytesToHex(bytes);
}

/**
 * Reads lower-case hex, of exactly `length` bytes where given.
 *
 * @throws Refusal `E_HEX` for an odd or another length, an upper-case digit, a prefix or any other character.
 */
export function decodeHex(text: string, length?: number): Uint8Array {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/.test(text) || (length !== undefined && text.length !== 2 * length)) {
    refuse("E_HEX");
  }
  return hexToBytes(text);
}
