/** Accounts in the browser's IndexedDB, their seeds wrapped. The recovery words are never among it. */

import { argon2idAsync } from "@noble/hashes/argon2.js";
import { type Account, exportSeeds, importSeeds } from "./account.js";
import { parseServer } from "./address.js";
import { SottoError } from "./errors.js";
import { webCrypto } from "./platform/web.js";
import { Database, hasIndexedDb, request } from "./store/database.js";
import { IndexedDbStore } from "./store/indexeddb.js";
import type { Store } from "./store/store.js";

/** What lies in the browser between runs: which account, and how its seeds are wrapped. */
export interface SavedAccount {
  readonly username: string;
  /** The server's origin. */
  readonly server: string;
  /** "device": by a non-extractable key of this browser; "passphrase": by a key derived from one (argon2id). */
  readonly protection: "device" | "passphrase";
}

/** How a passphrase becomes a key: argon2id (RFC 9106). */
interface Derivation {
  readonly salt: Uint8Array<ArrayBuffer>;
  /** Memory in KiB. */
  readonly m: number;
  /** Passes. */
  readonly t: number;
  /** Lanes. */
  readonly p: number;
}

interface Wrapped {
  readonly v: 1;
  readonly server: string;
  readonly username: string;
  readonly nonce: Uint8Array<ArrayBuffer>;
  readonly sealed: Uint8Array<ArrayBuffer>;
  readonly by: { readonly key: CryptoKey } | Derivation;
}

/** 64 MiB in 3 passes, the second choice of RFC 9106, section 4, in one lane, as there is one thread: about a second of a desktop. */
const DERIVATION = { m: 64 * 1024, t: 3, p: 1 };
/** More than this is no record of ours, and would only hold up the page. */
const MOST = { m: 1024 * 1024, t: 64, p: 16 };
/** Milliseconds of argon2id at a time, in between which the page lives. */
const TICK_MS = 8;

/**
 * Keeps accounts in IndexedDB. Under "device" whoever can run code in this origin can use the keys, but not read them out of the
 * key store; a copy of the disk may hold them. Under "passphrase" nobody opens them without it.
 */
export class Keychain {
  readonly #name: string;
  readonly #database: Database;

  private constructor(name: string) {
    this.#name = name;
    this.#database = new Database(`${name}/keys`, "accounts");
  }

  /** Opens the key chain called `name`. Without a secure context or IndexedDB: throws `invalid`; where the browser denies it: `storage`. */
  static async open(name = "sotto"): Promise<Keychain> {
    webCrypto();
    if (!hasIndexedDb()) throw new SottoError("invalid", "There is no IndexedDB here to keep keys in.");
    const keychain = new Keychain(name);
    await keychain.#database.open();
    return keychain;
  }

  /** What is kept, by server and username. */
  async list(): Promise<SavedAccount[]> {
    const all: unknown[] = await this.#database.run("readonly", (accounts) => request(() => accounts.getAll()));
    return all.map(wrapped).map(({ username, server, by }) => ({ username, server, protection: "key" in by ? "device" : "passphrase" }));
  }

  /**
   * Wraps by the passphrase where one is given, else by a non-extractable AES-GCM key; replaces what was kept of the account. A
   * passphrase takes about a second, in slices between which the page lives. Throws `invalid` for an empty one.
   */
  async save(server: string, account: Account, passphrase?: string): Promise<void> {
    const { subtle } = webCrypto();
    const { origin } = parseServer(server);
    const { username } = account;
    let by: Wrapped["by"];
    let key: CryptoKey;
    if (passphrase === undefined) {
      key = await subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
      by = { key };
    } else {
      by = { ...DERIVATION, salt: crypto.getRandomValues(new Uint8Array(16)) };
      key = await derive(passphrase, by);
    }
    const nonce = crypto.getRandomValues(new Uint8Array(12));
    const seeds = exportSeeds(account);
    let sealed: Uint8Array<ArrayBuffer>;
    try {
      const how = { name: "AES-GCM", iv: nonce, additionalData: bound(origin, username, by) };
      sealed = new Uint8Array(await subtle.encrypt(how, key, seeds));
    } finally {
      seeds.fill(0);
    }
    const record: Wrapped = { v: 1, server: origin, username, nonce, sealed, by };
    await this.#database.run("readwrite", (accounts) => request(() => accounts.put(record, [origin, username])));
  }

  /** Throws `invalid` for a wrong or missing passphrase, and for an account that is not kept. */
  async load(server: string, username: string, passphrase?: string): Promise<Account> {
    const { subtle } = webCrypto();
    const { origin } = parseServer(server);
    const found: unknown = await this.#database.run("readonly", (accounts) => request(() => accounts.get([origin, username])));
    if (found === undefined) throw new SottoError("invalid", `${username} at ${origin} is not kept on this device.`);
    const record = wrapped(found);
    const { by } = record;
    if (!("key" in by) && passphrase === undefined) throw new SottoError("invalid", "This account is locked by a passphrase.");
    const key = "key" in by ? by.key : await derive(passphrase ?? "", by);
    const how = { name: "AES-GCM", iv: record.nonce, additionalData: bound(origin, username, by) };
    let seeds: Uint8Array;
    try {
      seeds = new Uint8Array(await subtle.decrypt(how, key, record.sealed));
    } catch {
      if ("key" in by) throw damaged();
      throw new SottoError("invalid", "That is not the passphrase.");
    }
    return importSeeds(username, seeds);
  }

  /** The account's own store, apart from every other's; removed with {@link Keychain.remove}. */
  store(server: string, username: string): Store {
    return new IndexedDbStore(`${this.#name}/state/${parseServer(server).origin}/${username}`);
  }

  /** Forgets the keys and the account's store. Without the recovery words they are gone for good. */
  async remove(server: string, username: string): Promise<void> {
    const { origin } = parseServer(server);
    await this.#database.run("readwrite", (accounts) => request(() => accounts.delete([origin, username])));
    await this.store(server, username).clear();
  }
}

/** What a wrapping is bound to: it opens as no other account's, and under no other parameters. */
function bound(server: string, username: string, by: Wrapped["by"]): Uint8Array<ArrayBuffer> {
  const how = "key" in by ? ["device"] : ["passphrase", by.m, by.t, by.p];
  return new TextEncoder().encode(JSON.stringify(["sotto/keychain/1", server, username, ...how]));
}

async function derive(passphrase: string, { salt, m, t, p }: Derivation): Promise<CryptoKey> {
  if (passphrase === "") throw new SottoError("invalid", "A passphrase must not be empty.");
  if (m > MOST.m || t > MOST.t || p > MOST.p) throw damaged();
  // NFKC: the same passphrase typed on another keyboard has the same bytes.
  const secret = await argon2idAsync(passphrase.normalize("NFKC"), salt, { m, t, p, dkLen: 32, asyncTick: TICK_MS });
  try {
    return await webCrypto().subtle.importKey("raw", secret, "AES-GCM", false, ["encrypt", "decrypt"]);
  } finally {
    secret.fill(0);
  }
}

/** A record as it lies. Throws `storage` for what is none. */
function wrapped(found: unknown): Wrapped {
  const record = found as Partial<Wrapped> | null;
  if (record?.v === 1 && record.by !== undefined && record.sealed instanceof Uint8Array) return record as Wrapped;
  throw damaged();
}

function damaged(): SottoError {
  return new SottoError("storage", "Local storage: the keys are damaged, or written by a newer version.");
}
