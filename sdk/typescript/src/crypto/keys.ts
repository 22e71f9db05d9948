/** A person's keys (C-106 to C-110): recovery secret and words, identity, signed prekeys, storage key. */
import { ed25519 } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";
import type { Platform } from "../platform/platform.js";
import { concat, copy32, equal, utf8 } from "./bytes.js";
import { t, u64 } from "./encode.js";
import type { Envelope } from "./envelope.js";
import type { GroupInfo } from "./group-info.js";
import { NO_SALT, kdf } from "./kdf.js";
import { loginMessage } from "./login.js";
import { type VerifyingIdentity, type XPublic, decodeX, identityOf, xPublicOf } from "./points.js";
import { refuse } from "./refusal.js";
import { decodeWords, encodeWords } from "./words.js";

/** The part of a platform that gives random bytes. */
export type Randomness = Pick<Platform, "randomBytes">;

// What only this folder may do with a secret. `index.ts` does not export these three, so no app can (C-109).

/** The bytes of a secret themselves, not a copy. */
export let borrow: (secret: Secret) => Uint8Array;
/** Ed25519 over any bytes. Everything but `hazmat.ts` signs what it has laid out itself. */
export let signRaw: (identity: Identity, message: Uint8Array) => Uint8Array;
/** `SHA-512(ik_seed)[0..32]`, clamped where it is used; the caller wipes it. */
export let xSecretOf: (identity: Identity) => Uint8Array;

/** 32 secret bytes that show in no JSON, inspection or error (C-116). */
export abstract class Secret {
  #bytes: Uint8Array | undefined;

  static {
    borrow = (secret) => secret.#live();
  }

  /** A copy of `bytes` is kept: the caller wipes its own. */
  protected constructor(bytes: Uint8Array) {
    this.#bytes = copy32(bytes);
  }

  /** The 32 secret bytes, a copy: to be kept and never shown, and wiped (`fill(0)`) by who asked for them. */
  expose(): Uint8Array {
    return this.#live().slice();
  }

  /** Overwrites the bytes; every later use throws. */
  wipe(): void {
    this.#bytes?.fill(0);
    this.#bytes = undefined;
  }

  #live(): Uint8Array {
    if (this.#bytes === undefined) {
      throw new Error("this secret has been wiped");
    }
    return this.#bytes;
  }
}

/** R: 32 random bytes from which identity and storage key are derived. A device wipes it once the words are confirmed (C-107). */
export class RecoverySecret extends Secret {
  /** Takes the 32 bytes, as kept. */
  static fromBytes(bytes: Uint8Array): RecoverySecret {
    return new RecoverySecret(bytes);
  }

  /** A fresh secret. */
  static generate(platform: Randomness): RecoverySecret {
    return new RecoverySecret(platform.randomBytes(32));
  }

  /**
   * Reads 24 words of the BIP-39 English list, in any case and with any white space between; unabbreviated.
   *
   * @throws Refusal `E_WORDS` for a wrong count, an unknown word or a wrong checksum
   */
  static fromWords(words: string): RecoverySecret {
    return new RecoverySecret(decodeWords(words));
  }

  /** The 24 words, separated by single spaces. */
  words(): string {
    return encodeWords(borrow(this));
  }

  /** `ik_seed = KDF("", R, T("identity-seed"))`, as an identity. */
  identity(): Identity {
    const seed = kdf(NO_SALT, borrow(this), t("identity-seed"));
    const identity = Identity.fromSeed(seed);
    seed.fill(0);
    return identity;
  }

  /** `os_key = KDF("", R, T("storage-key"))`. */
  storageKey(): StorageKey {
    return StorageKey.fromBytes(kdf(NO_SALT, borrow(this), t("storage-key")));
  }

  /** Whether both hold the same bytes, in constant time. */
  equals(other: RecoverySecret): boolean {
    return equal(borrow(this), borrow(other));
  }
}

/** `os_key`, under which `own_storage` is sealed. */
export class StorageKey extends Secret {
  readonly #kind = "StorageKey";

  /** Takes the 32 bytes, as kept. */
  static fromBytes(bytes: Uint8Array): StorageKey {
    return new StorageKey(bytes);
  }

  /** Whether both hold the same bytes, in constant time. */
  equals(other: StorageKey): boolean {
    return this.#kind === other.#kind && equal(borrow(this), borrow(other));
  }
}

/** `group_secret`, the seed protocol's sharedKey: what `own_storage` keeps of a group, with its `gi_hash`. */
export class GroupSecret extends Secret {
  readonly #kind = "GroupSecret";

  /** Takes the 32 bytes, as kept. */
  static fromBytes(bytes: Uint8Array): GroupSecret {
    return new GroupSecret(bytes);
  }

  /** Whether both hold the same bytes, in constant time. */
  equals(other: GroupSecret): boolean {
    return this.#kind === other.#kind && equal(borrow(this), borrow(other));
  }
}

/** A person's identity: the Ed25519 key of `ik_seed` (the seed protocol's `priv`). */
export class Identity {
  readonly #seed: Uint8Array;
  #wiped = false;

  static {
    signRaw = (identity, message) => ed25519.sign(message, identity.#live());
    xSecretOf = (identity) => {
      const digest = sha512(identity.#live());
      const secret = digest.slice(0, 32);
      digest.fill(0);
      return secret;
    };
  }

  /** The identity key IK. */
  readonly public: VerifyingIdentity;

  private constructor(seed: Uint8Array) {
    this.#seed = copy32(seed);
    this.public = identityOf(this.#seed);
  }

  /** The identity of a bare 32-byte Ed25519 seed. An account with recovery words takes {@link RecoverySecret.identity}. */
  static fromSeed(seed: Uint8Array): Identity {
    return new Identity(seed);
  }

  /** `ik_seed`, a copy: to be kept on the device and never shown, and wiped (`fill(0)`) by who asked for it. */
  exposeSeed(): Uint8Array {
    return this.#live().slice();
  }

  /** The signature over a prekey, the wire's `sig`. */
  signSpk(spk: Spk): Uint8Array {
    return signRaw(this, spk.toBytes());
  }

  /**
   * The answer to a login challenge (C-401). `origin` is the server's in the form of the WHATWG URL standard, wss as https.
   *
   * @throws Refusal `E_CHALLENGE` unless `challenge` has 32 bytes
   */
  signLogin(origin: string, username: string, challenge: Uint8Array): Uint8Array {
    return signRaw(this, loginMessage(origin, username, this.public, challenge));
  }

  /** `gi_sig` over a group description. */
  signGroup(group: GroupInfo): Uint8Array {
    return signRaw(this, group.signedBytes());
  }

  /** The signature over an envelope, the wire's `signature`. */
  signEnvelope(envelope: Envelope): Uint8Array {
    return signRaw(this, envelope.bytes);
  }

  /** Overwrites the seed; every later use throws. */
  wipe(): void {
    this.#seed.fill(0);
    this.#wiped = true;
  }

  #live(): Uint8Array {
    if (this.#wiped) {
      throw new Error("this secret has been wiped");
    }
    return this.#seed;
  }
}

const MAGIC = utf8("sotto-spk1");

/** A public signed prekey in the 50-byte form: `"sotto-spk1" || u64(created_at) || X25519 public`. */
export class Spk {
  /** Length of the wire form in bytes. */
  static readonly LENGTH = 50;

  /** When its owner made it, in seconds since 1970 UTC, by the owner's clock: any integer of 64 bits. */
  readonly createdAt: bigint;
  /** Its X25519 public key. */
  readonly publicKey: XPublic;

  /** For this folder: take {@link Spk.parse} or {@link Prekey.spk}. */
  constructor(createdAt: bigint, publicKey: XPublic) {
    this.createdAt = createdAt;
    this.publicKey = publicKey;
  }

  /**
   * Reads the 50-byte form.
   *
   * @throws Refusal `E_DOWNGRADE` for the seed protocol's 32 bytes, `E_SPK` for another length or magic, `E_X25519` for its point
   */
  static parse(bytes: Uint8Array): Spk {
    if (bytes.length === 32) {
      refuse("E_DOWNGRADE");
    }
    if (bytes.length !== Spk.LENGTH || !equal(bytes.subarray(0, MAGIC.length), MAGIC)) {
      refuse("E_SPK");
    }
    const createdAt = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(MAGIC.length);
    return new Spk(createdAt, decodeX(bytes.subarray(MAGIC.length + 8)));
  }

  /** The 50 bytes. */
  toBytes(): Uint8Array {
    return concat(MAGIC, u64(this.createdAt), this.publicKey.toBytes());
  }
}

/** One's own signed prekey with its private half. */
export class Prekey extends Secret {
  /** The public half. */
  readonly spk: Spk;

  private constructor(secret: Uint8Array, createdAt: bigint) {
    super(secret);
    this.spk = new Spk(createdAt, xPublicOf(secret));
  }

  /** From the 32 private bytes and the time of making, in seconds since 1970 UTC. They stay in `own_storage` (C-409). */
  static fromBytes(secret: Uint8Array, createdAt: bigint): Prekey {
    return new Prekey(secret, createdAt);
  }

  /** A fresh one. `createdAt` is in seconds since 1970 UTC. */
  static generate(platform: Randomness, createdAt: bigint): Prekey {
    return new Prekey(platform.randomBytes(32), createdAt);
  }
}
