/** The 24 words of BIP-39 English that carry 32 bytes as entropy (C-106); never BIP-39's PBKDF2 step. */
import { entropyToMnemonic, mnemonicToEntropy } from "@scure/bip39";
import { wordlist } from "@scure/bip39/wordlists/english.js";
import { WHITE_SPACE } from "./bytes.js";
import { refuse } from "./refusal.js";

const GAPS = new RegExp(`${WHITE_SPACE}+`);

/** 24 words, separated by single spaces. */
export function encodeWords(entropy: Uint8Array): string {
  return entropyToMnemonic(entropy, wordlist);
}

/**
 * Reads 24 words: NFKD, lower-cased, split on white space; unabbreviated.
 *
 * @throws Refusal `E_WORDS` for a wrong count, an unknown word or a wrong checksum
 */
export function decodeWords(text: string): Uint8Array {
  const words = text.normalize("NFKD").toLowerCase().split(GAPS).filter((word) => word !== "");
  if (words.length !== 24) {
    refuse("E_WORDS");
  }
  try {
    return mnemonicToEntropy(words.join(" "), wordlist);
  } catch {
    // The library's error names the unknown word: it goes no further.
    return refuse("E_WORDS");
  }
}
