/** encode, names, hkdf, words, login, fingerprint, own_storage. */

import { decodeHex } from "../../src/crypto/hex.js";
import { account, ikOf } from "./people.js";
import { type JsonObject, Suite, flipped, get, rep, text } from "./suite.js";

export async function all(): Promise<Suite[]> {
  return [await encode(), await names(), await hkdf(), await words(), await login(), await fingerprint(), await ownStorage()];
}

async function encode(): Promise<Suite> {
  const s = new Suite("encode", "C-101 C-102 C-104");
  for (const length of [0, 1, 255, 256, 1024]) {
    await s.ok("v", { x: "ab".repeat(length) });
  }
  const t = (label: string, fields: string[]): JsonObject => ({ label_hex: text(label), fields });
  await s.ok("t", t("", []), "empty label, no field");
  await s.ok("t", t("x", [""]), "one empty field");
  await s.ok("t", t("x", ["", ""]), "two empty fields");
  await s.ok("t", t("x", ["6162", "63"]), "the boundary between fields counts");
  await s.ok("t", t("x", ["61", "6263"]), "the boundary between fields counts");
  await s.ok("t", t("x6162", ["63"]), "the label is no field");
  await s.ok("t", t("storage-key", ["00".repeat(300)]), "a long field");
  await s.ok("t", t("x", Array.from({ length: 255 }, () => "61")), "255 fields");
  for (const good of ["", "00", "ff", "0123456789abcdef"]) {
    await s.ok("hex_decode", { text_hex: text(good) });
  }
  for (const bad of ["0", "0F", "FF", "0x00", "0g", " 00", "00 ", "00\n", "\u{ff10}\u{ff10}"]) {
    await s.err("E_HEX", "hex_decode", { text_hex: text(bad) });
  }
  await s.ok("hex_decode", { text_hex: text(rep(32, 7)), len: 32 });
  await s.err("E_HEX", "hex_decode", { text_hex: text(rep(31, 7)), len: 32 }, "one byte short");
  await s.err("E_HEX", "hex_decode", { text_hex: text(rep(33, 7)), len: 32 }, "one byte long");
  return s;
}

async function names(): Promise<Suite> {
  const s = new Suite("names", "C-105");
  const name = (n: string): JsonObject => ({ name_hex: text(n) });
  for (const good of ["a", "alice", "\u{c7}arol", "Smith Jones", "\u{540d}\u{524d}", "\u{1f469}\u{200d}\u{1f52c}"]) {
    await s.ok("name_check", name(good));
  }
  await s.ok("name_check", name("x".repeat(64)), "64 bytes");
  await s.ok("name_check", name("\u{e9}".repeat(32)), "64 bytes in 32 characters");
  await s.ok("name_check", name("\u{feff}x"), "U+FEFF has not the property White_Space");
  const bad = (n: string, note: string): Promise<void> => s.err("E_NAME", "name_check", name(n), note);
  await bad("", "empty");
  await bad("x".repeat(65), "65 bytes");
  await bad("\u{e9}".repeat(33), "66 bytes in 33 characters");
  await bad("C\u{327}arol", "not in NFC");
  await bad("\u{212b}", "not in NFC: the Angstrom sign is a singleton");
  for (const c of ["\0", "\t", "\n", "\u{1f}", "\u{7f}", "\u{80}", "\u{85}", "\u{9f}"]) {
    await bad(`a${c}b`, "a control character");
  }
  for (const c of [" ", "\u{a0}", "\u{1680}", "\u{2003}", "\u{2028}", "\u{3000}"]) {
    await bad(`${c}b`, "white space in front");
    await bad(`a${c}`, "white space at the end");
  }
  await s.err("E_NAME", "name_check", { name_hex: "ff" }, "not UTF-8");
  await s.err("E_NAME", "name_check", { name_hex: "eda080" }, "a surrogate in UTF-8");
  await s.err("E_NAME", "name_check", { name_hex: "c0af" }, "an overlong form");
  return s;
}

async function hkdf(): Promise<Suite> {
  const s = new Suite("hkdf", "C-103");
  const labels = ["identity-seed", "storage-key", "x3dh-leaf", "tree-node", "group-secret", "confirm", "sender-key", "msg-key"];
  for (const label of [...labels, "msg-commit", "storage-mk", "storage-commit"]) {
    const info = await get("t", { label_hex: text(label), fields: [] });
    await s.ok("kdf", { salt: "", ikm: rep(32, 1), info: info.text("bytes") }, label);
  }
  await s.ok("kdf", { salt: rep(32, 0), ikm: rep(32, 1), info: "" }, "32 zero bytes are as no salt");
  await s.ok("kdf", { salt: "", ikm: rep(32, 1), info: "" });
  await s.ok("kdf", { salt: rep(80, 0xaa), ikm: "", info: rep(200, 2) }, "a salt over the block length");
  return s;
}

async function words(): Promise<Suite> {
  const s = new Suite("words", "C-106 C-107");
  const entropies = [0, 1, 0x7f, 0x80, 0xff].map((byte) => rep(32, byte));
  const counted = Array.from({ length: 32 }, (_, i) => i);
  entropies.push(counted.map((i) => rep(1, i)).join(""), counted.map((i) => rep(1, ((i * 73) & 0xff) ^ 0x5a)).join(""));
  for (const r of entropies) {
    const encoded = await s.ok("words_encode", { r });
    await s.ok("words_decode", encoded.value);
    await s.ok("account", { r });
  }
  const encoded = await get("words_encode", { r: rep(32, 1) });
  const good = new TextDecoder().decode(decodeHex(encoded.text("words_hex")));
  const phrase = (p: string): JsonObject => ({ words_hex: text(p) });
  await s.ok("words_decode", phrase(good.toUpperCase()), "upper case");
  await s.ok("words_decode", phrase(`  ${good.replaceAll(" ", "\t \u{a0}\u{3000}")}\n`), "any white space");
  await s.ok("words_decode", phrase(good.replaceAll("a", "\u{ff41}")), "full-width letters, by NFKD");
  await s.ok("words_decode", phrase(good.replaceAll("k", "\u{212a}")), "the Kelvin sign, by NFKD and lower case");
  const head = good.slice(0, good.lastIndexOf(" "));
  const bad = (p: string, note: string): Promise<void> => s.err("E_WORDS", "words_decode", phrase(p), note);
  await bad(head, "23 words");
  await bad(`${good} comic`, "25 words");
  await bad("", "no word");
  await bad(`${head} zoo`, "wrong checksum");
  await bad(`${head} sotto`, "no word of the list");
  await bad(`${head} comi`, "an abbreviated word");
  await bad(`${"abandon ".repeat(11)}about`, "12 words with a right checksum");
  await bad(`${"\u{e1}baco ".repeat(23)}\u{e1}baco`, "another language");
  return s;
}

async function login(): Promise<Suite> {
  const s = new Suite("login", "C-401 C-403");
  const alice = await account(1);
  const origin_hex = text("https://chat.example.org");
  const input = { ik_seed: alice.text("ik_seed"), origin_hex, name_hex: text("alice"), challenge: rep(32, 0x61) };
  const response = (await s.ok("login", input)).text("response");
  await s.ok("login", { ...input, origin_hex: text("http://localhost:3000") });
  await s.ok("login", { ...input, challenge: alice.text("ik") }, "a challenge that is the own key: still 64 bytes");
  for (const length of [0, 31, 33, 50, 64]) {
    await s.err("E_CHALLENGE", "login", { ...input, challenge: "61".repeat(length) }, "wrong length");
  }
  const verify = { ik: alice.text("ik"), origin_hex, name_hex: text("alice"), challenge: rep(32, 0x61), response };
  await s.ok("login_verify", verify);
  const wrong = (code: string, changes: JsonObject, note = ""): Promise<void> =>
    s.err(code, "login_verify", { ...verify, ...changes }, note);
  await wrong("E_SIG", { origin_hex: text("https://evil.example.org") }, "relayed to another server");
  await wrong("E_SIG", { origin_hex: text("http://chat.example.org") }, "another scheme");
  await wrong("E_SIG", { name_hex: text("alic") }, "another name");
  await wrong("E_SIG", { challenge: rep(32, 0x62) }, "another challenge");
  await wrong("E_SIG", { ik: await ikOf(2) }, "another key");
  await wrong("E_SIG", { response: flipped(response, 0) }, "R flipped");
  await wrong("E_SIG", { response: flipped(response, 63) }, "S flipped");
  await wrong("E_SIG", { response: rep(32, 1) }, "a legacy answer's length");
  await wrong("E_CHALLENGE", { challenge: rep(31, 0x61) });
  return s;
}

async function fingerprint(): Promise<Suite> {
  const s = new Suite("fingerprint", "C-406 C-407 C-408");
  const person = async (name: string, number: number): Promise<JsonObject> => ({ name_hex: text(name), ik: await ikOf(number) });
  const [alice, bob, carol] = [await person("alice", 1), await person("bob", 2), await person("\u{c7}arol", 3)];
  for (const who of [alice, bob, carol]) {
    await s.ok("fingerprint", who);
  }
  await s.ok("safety_number", { a: alice, b: bob });
  await s.ok("safety_number", { a: bob, b: alice }, "the same from the other side");
  await s.ok("safety_number", { a: carol, b: alice });
  for (const byte of [0, 1, 0xff]) {
    await s.ok("group_code", { gi_hash: rep(32, byte) });
  }
  return s;
}

async function ownStorage(): Promise<Suite> {
  const s = new Suite("own-storage", "C-501 C-502 C-507");
  const alice = await account(1);
  const owner = { os_key: alice.text("os_key"), name_hex: text("alice"), ik: alice.text("ik") };
  const seal = { ...owner, version: 5, salt: rep(32, 0x71), json_hex: text('{"v":1}') };
  const blob = (await s.ok("storage_seal", seal)).text("blob");
  await s.ok("storage_seal", { ...seal, json_hex: "" }, "an empty text still fills one block");
  await s.ok("storage_seal", { ...seal, json_hex: "20".repeat(1020) }, "just one block");
  await s.ok("storage_seal", { ...seal, json_hex: "20".repeat(1021) }, "two blocks");
  await s.ok("storage_seal", { ...seal, version: "18446744073709551615" }, "the highest version");
  const open = { ...owner, blob, highest_seen: 5 };
  await s.ok("storage_open", open);
  await s.ok("storage_open", { ...open, highest_seen: 0 }, "a fresh device");
  await s.err("E_ROLLBACK", "storage_open", { ...open, highest_seen: 6 }, "an older blob");
  const bad = (changes: JsonObject, note: string): Promise<void> => s.err("E_STORAGE", "storage_open", { ...open, ...changes }, note);
  const fields = ["magic", "mode", "version", "salt", "commitment", "ciphertext", "tag"];
  for (const [i, at] of [0, 4, 12, 13, 45, 77, 1116].entries()) {
    await bad({ blob: flipped(blob, at) }, fields[i] ?? "");
  }
  for (const length of [0, 44, 45, 76, 77, 92, 93, 1116]) {
    await bad({ blob: blob.slice(0, length * 2) }, "truncated");
  }
  await bad({ blob: `${blob}00` }, "a trailing byte");
  await bad({ name_hex: text("bob") }, "another name");
  await bad({ ik: await ikOf(2) }, "another identity");
  await bad({ os_key: (await account(2)).text("os_key") }, "another key");
  const block = (head: string, tail: string, length: number): string =>
    `${head}${"00".repeat(length - (head.length + tail.length) / 2)}${tail}`;
  const inners = [
    [block("00000002", "7b7d", 1024), "the text at the end of the block"],
    [block("000000027b7d", "01", 1024), "padding that is not zero"],
    [block("000000027b7d", "", 2048), "padding of more than the least"],
    [block("000003fd", "", 1024), "a text longer than the block"],
    [block("ffffffff", "", 1024), "a text of 4 GiB"],
    [block("00000001ff", "", 1024), "not UTF-8"],
    [block("000000027b7d", "", 1023), "not a multiple of the block"],
    ["", "nothing"],
  ] as const;
  for (const [inner, note] of inners) {
    await bad((await get("storage_seal_inner", { ...seal, inner })).value, note);
  }
  await bad({ blob: text('{"v":1}') }, "plain text");
  return s;
}
