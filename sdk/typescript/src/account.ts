/** The keys of an account on one device, and how they come to be: from fresh words, or from words on paper. */

import { checkName, decodeHex, Identity, RecoverySecret, StorageKey } from "./crypto/index.js";
import { SottoError } from "./errors.js";
import type { Platform } from "./platform/platform.js";
import { webPlatform } from "./platform/web.js";
import { checked } from "./refused.js";

/** What an account signs and seals with. */
interface Secrets {
  readonly identity: Identity;
  readonly storageKey: StorageKey;
}

let open: (account: Account) => Secrets;
let make: (username: string, secrets: Secrets) => Account;

/**
 * Signs and opens. Its secrets never show in JSON, `console.log` or errors, and no public function answers them; a
 * {@link Keychain} keeps them.
 */
export class Account {
  readonly username: string;
  /** The identity's public key, hex. */
  readonly publicKey: string;
  readonly #secrets: Secrets;

  static {
    open = (account) => account.#secrets;
    make = (username, secrets) => new Account(username, secrets);
  }

  private constructor(username: string, secrets: Secrets) {
    this.username = username;
    this.publicKey = secrets.identity.public.hex;
    this.#secrets = secrets;
  }

  /** Keys for a new account, with the 24 words that bring them back. Throws `security` `E_NAME` for what can be no username. */
  static create(username: string, platform: Pick<Platform, "randomBytes"> = webPlatform()): { account: Account; words: string } {
    checked(() => {
      checkName(username);
    });
    const secret = RecoverySecret.generate(platform);
    try {
      return { account: derived(username, secret), words: secret.words() };
    } finally {
      secret.wipe();
    }
  }

  /** The keys of an account from its words: any case, any white space. Throws `security` `E_WORDS` or `E_NAME`. */
  static recover(username: string, words: string): Account {
    return checked(() => {
      checkName(username);
      const secret = RecoverySecret.fromWords(words);
      try {
        return derived(username, secret);
      } finally {
        secret.wipe();
      }
    });
  }

  /** The name and the public key. */
  toJSON(): { username: string; publicKey: string } {
    return { username: this.username, publicKey: this.publicKey };
  }
}

function derived(username: string, secret: RecoverySecret): Account {
  return make(username, { identity: secret.identity(), storageKey: secret.storageKey() });
}

/** The identity: signs. Not for apps. */
export function identityOf(account: Account): Identity {
  return open(account).identity;
}

/** The key of `own_storage`. Not for apps. */
export function storageKeyOf(account: Account): StorageKey {
  return open(account).storageKey;
}

/** The answer to a login challenge (C-401). Throws `security` `E_CHALLENGE` for anything but 32 bytes in hex (C-403). */
export function signLogin(account: Account, origin: string, challenge: unknown): Uint8Array {
  return checked(() => identityOf(account).signLogin(origin, account.username, challengeBytes(challenge)));
}

function challengeBytes(challenge: unknown): Uint8Array {
  try {
    if (typeof challenge === "string") return decodeHex(challenge);
  } catch {
    // What is no hex is no challenge either.
  }
  return new Uint8Array();
}

/** Both seeds, 64 bytes: for whoever wraps them at once and wipes them. */
export function exportSeeds(account: Account): Uint8Array<ArrayBuffer> {
  const { identity, storageKey } = open(account);
  const [seed, key] = [identity.exposeSeed(), storageKey.expose()];
  const both = new Uint8Array(64);
  both.set(seed);
  both.set(key, 32);
  seed.fill(0);
  key.fill(0);
  return both;
}

/** The inverse of {@link exportSeeds}; wipes what it is given. */
export function importSeeds(username: string, seeds: Uint8Array): Account {
  if (seeds.length !== 64) throw new SottoError("storage", "Local storage: the keys are damaged.");
  const account = checked(() => {
    checkName(username);
    return make(username, {
      identity: Identity.fromSeed(seeds.slice(0, 32)),
      storageKey: StorageKey.fromBytes(seeds.slice(32)),
    });
  });
  seeds.fill(0);
  return account;
}
