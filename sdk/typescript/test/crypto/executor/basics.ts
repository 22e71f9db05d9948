/** Ops of encodings, keys, points, signatures, prekeys, login, numbers and storage. */

import { type Pin, type Pins, checkBundle, isOldPrekey } from "../../../src/crypto/bundle.js";
import { equal, utf8 } from "../../../src/crypto/bytes.js";
import { t, v } from "../../../src/crypto/encode.js";
import { fingerprint, groupCode, safetyNumber } from "../../../src/crypto/fingerprint.js";
import { rawSignature, rawVerify } from "../../../src/crypto/hazmat.js";
import { decodeHex } from "../../../src/crypto/hex.js";
import { expand, extract, hash } from "../../../src/crypto/kdf.js";
import { Prekey, RecoverySecret, Spk, StorageKey, xSecretOf } from "../../../src/crypto/keys.js";
import { verifyLogin } from "../../../src/crypto/login.js";
import { readName } from "../../../src/crypto/names.js";
import { decodeIk, decodeX, xPublicOf } from "../../../src/crypto/points.js";
import { refuse } from "../../../src/crypto/refusal.js";
import { checkSpk } from "../../../src/crypto/server.js";
import { type Owner, openStorage, sealStorage, sealStorageInner, sealedLength } from "../../../src/crypto/storage.js";
import { type Input, type Json, type Ops, fail, hex, integer } from "./input.js";
import { platform } from "./platform.js";

export function pins(input: Input): Pins {
  const map = new Map<string, Pin>(
    input.list("pins").map((p) => [p.text("name_hex"), { ik: p.bytes("ik", 32), spkCreatedAt: p.u64("spk_created_at"), verified: false }]),
  );
  return { pin: (name) => map.get(name) };
}

function owner(input: Input): Owner {
  return { key: StorageKey.fromBytes(input.bytes("os_key", 32)), name: input.text("name_hex"), ik: decodeIk(input.bytes("ik")) };
}

/** `text_hex` is the hex of the text that is to be read as hex. */
function hexDecode(input: Input): Json {
  const text = input.text("text_hex");
  return { bytes: hex(input.opt("len") === undefined ? decodeHex(text) : decodeHex(text, input.number("len"))) };
}

function account(input: Input): Json {
  const secret = RecoverySecret.fromBytes(input.bytes("r", 32));
  const identity = secret.identity();
  return {
    ik: identity.public.hex,
    ik_seed: hex(identity.exposeSeed()),
    os_key: hex(secret.storageKey().expose()),
    u: identity.public.x25519().hex,
  };
}

function ikConvert(input: Input): Json {
  const identity = input.identity("ik_seed");
  const secret = xSecretOf(identity);
  const u = identity.public.x25519().hex;
  if (xPublicOf(secret).hex !== u) {
    fail("the two conversions do not belong together");
  }
  return { ik: identity.public.hex, u, x_priv: hex(secret) };
}

function spkMake(input: Input): Json {
  const { spk } = Prekey.fromBytes(input.bytes("spk_priv", 32), input.u64("created_at"));
  return { sig: hex(input.identity("ik_seed").signSpk(spk)), spk: hex(spk.toBytes()) };
}

function spkParse(input: Input): Json {
  const spk = Spk.parse(input.bytes("spk"));
  return { created_at: integer(spk.createdAt), public: spk.publicKey.hex };
}

function bundleCheck(input: Input): Json {
  const bundle = { username: input.text("name_hex"), ik: input.bytes("ik"), spk: input.bytes("spk"), sig: input.bytes("sig") };
  const checked = checkBundle(bundle, pins(input));
  return { old: isOldPrekey(checked.spk, input.u64("now")), pin_spk_created_at: integer(checked.pin.spkCreatedAt) };
}

function loginVerify(input: Input): Json {
  const ik = decodeIk(input.bytes("ik"));
  verifyLogin(ik, input.text("origin_hex"), input.text("name_hex"), input.bytes("challenge"), input.bytes("response"));
  return {};
}

async function storageSeal(input: Input): Promise<Json> {
  const json = input.text("json_hex");
  const blob = await sealStorage(platform, owner(input), input.u64("version"), input.bytes("salt", 32), json);
  if (blob.length !== sealedLength(utf8(json).length)) {
    fail("the length was foretold wrongly");
  }
  return { blob: hex(blob), blob_sha256: hex(hash(blob)), len: blob.length };
}

/** Seals any inner bytes: what a faulty client can make. */
async function storageSealInner(input: Input): Promise<Json> {
  const [version, salt] = [input.u64("version"), input.bytes("salt", 32)];
  return { blob: hex(await sealStorageInner(platform, owner(input), version, salt, input.bytes("inner"))) };
}

async function storageOpen(input: Input): Promise<Json> {
  const opened = await openStorage(platform, owner(input), input.bytes("blob"), input.u64("highest_seen"));
  return { json_hex: hex(utf8(opened.json)), version: integer(opened.version) };
}

function person(input: Input): [string, ReturnType<typeof decodeIk>] {
  return [input.text("name_hex"), decodeIk(input.bytes("ik"))];
}

function wordsDecode(input: Input): Json {
  const secret = RecoverySecret.fromWords(input.text("words_hex"));
  if (!equal(RecoverySecret.fromWords(secret.words()).expose(), secret.expose())) {
    fail("the words do not read back");
  }
  return { r: hex(secret.expose()) };
}

export const basics: Ops = {
  v: (input) => ({ bytes: hex(v(input.bytes("x"))) }),
  t: (input) => ({ bytes: hex(t(input.text("label_hex"), ...input.allBytes("fields"))) }),
  hex_decode: hexDecode,
  name_check: (input) => {
    const bytes = input.bytes("name_hex");
    return equal(utf8(readName(bytes)), bytes) ? {} : refuse("E_NAME");
  },
  kdf: (input) => {
    const prk = extract(input.bytes("salt"), input.bytes("ikm"));
    return { okm: hex(expand(prk, input.bytes("info"))), prk: hex(prk) };
  },
  words_encode: (input) => ({ words_hex: hex(utf8(RecoverySecret.fromBytes(input.bytes("r", 32)).words())) }),
  words_decode: wordsDecode,
  account,
  ik_convert: ikConvert,
  decode_ik: (input) => ({ u: decodeIk(input.bytes("ik")).x25519().hex }),
  decode_x: (input) => ({ u: decodeX(input.bytes("u")).hex }),
  sign: (input) => ({ sig: hex(rawSignature(input.bytes("ik_seed", 32), input.bytes("m"))) }),
  verify: (input) => {
    rawVerify(input.bytes("ik"), input.bytes("m"), input.bytes("sig"));
    return {};
  },
  spk_make: spkMake,
  spk_parse: spkParse,
  server_spk: (input) => ({ form: checkSpk(input.bytes("spk")) }),
  bundle_check: bundleCheck,
  login: (input) => ({
    response: hex(input.identity("ik_seed").signLogin(input.text("origin_hex"), input.text("name_hex"), input.bytes("challenge"))),
  }),
  login_verify: loginVerify,
  fingerprint: (input) => ({ digits: fingerprint(...person(input)) }),
  safety_number: (input) => ({ digits: safetyNumber(...person(input.get("a")), ...person(input.get("b"))) }),
  group_code: (input) => ({ digits: groupCode(input.bytes("gi_hash", 32)) }),
  storage_seal: storageSeal,
  storage_seal_inner: storageSealInner,
  storage_open: storageOpen,
};
