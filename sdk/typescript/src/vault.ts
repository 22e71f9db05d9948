/** `own_storage`: read, checked against rollback, merged, written by compare-and-set; two devices never lose each other's keys. */

import { type Account, identityOf } from "./account.js";
import { decodeHex, encodeHex, Prekey } from "./crypto/index.js";
import { SottoError } from "./errors.js";
import type { Caller } from "./link.js";
import type { Platform } from "./platform/platform.js";
import { readJson, updateJson } from "./store/json.js";
import type { Store } from "./store/store.js";
import { Mutex } from "./turns.js";
import { addPrekey, type Content, currentPrekey, EMPTY, encode, isFresh, type KeptPrekey, tidy } from "./vault/content.js";
import { merge, type PinConflict } from "./vault/merge.js";
import * as sealed from "./vault/sealed.js";

/** How often a write may meet another device's before it gives up. */
const ATTEMPTS = 32;

/** The highest version seen. */
const HIGHEST = "own-storage";

/** The newest blob seen, as sealed as the server holds it: what a start without the network reads. */
const BLOB = "own-storage-blob";

interface Highest {
  /** Decimal digits: a JSON number would round it. */
  version: string;
}

/** What a look at the server's copy found. */
export interface Found {
  /** Names for which two devices saw different first keys. */
  readonly conflicts: readonly PinConflict[];
  /** Characters in use at the server. */
  readonly length: number;
}

/** The content as this device knows it. */
export class Vault {
  readonly #account: Account;
  readonly #store: Store;
  readonly #platform: Platform;
  readonly #turns = new Mutex();
  /** What this device holds. */
  #content: Content = EMPTY;
  /** What the server held last. */
  #remote: Content = EMPTY;
  /** Whether the content is only that of an earlier run, which the server's takes the place of. */
  #stale = true;
  /** The version inside the server's blob. */
  #blobVersion = 0n;
  /** The server's counter. */
  #serverVersion = 0;
  /** What merging could not decide and nobody was told yet. */
  #conflicts: PinConflict[] = [];

  constructor(account: Account, store: Store, platform: Platform) {
    this.#account = account;
    this.#store = store;
    this.#platform = platform;
  }

  /** What is known. */
  get content(): Content {
    return this.#content;
  }

  /** Takes up what an earlier run has seen, until the server is reached. What cannot be opened is left out: the server's will be. */
  async recall(): Promise<void> {
    const blob = await this.#store.read(BLOB);
    if (blob === undefined) return;
    const highest = await this.#highest();
    try {
      this.#content = (await sealed.open(this.#platform, this.#account, encodeHex(blob), highest)).content;
    } catch (error) {
      if (!(error instanceof SottoError)) throw error;
    }
  }

  /** Reads the server's copy, joins it with what this device holds, and writes back what the server lacks. */
  refresh(caller: Caller): Promise<Found> {
    return this.#turns.run(async () => {
      await this.#fetch(caller);
      if (encode(this.#content) !== encode(this.#remote)) await this.#write(caller, (content) => content);
      return { conflicts: this.#conflicts.splice(0), length: sealed.length(this.#content) };
    });
  }

  /**
   * Changes the content and makes the change durable at the server. `change` may run more than once: on what other devices wrote.
   * Throws `storage` where it is full, and whatever `change` throws.
   */
  change(caller: Caller, change: (content: Content) => Content): Promise<void> {
    return this.#turns.run(() => this.#write(caller, change));
  }

  /**
   * Publishes a new prekey where the current one is over 30 days old or missing, and the current one where the server shows another
   * (C-409).
   */
  rotate(caller: Caller): Promise<void> {
    return this.#turns.run(async () => {
      const now = this.#seconds();
      const fresh = freshPrekey(this.#content, now);
      const published = (await caller.patient("get_full_user", {})).spk;
      if (fresh !== undefined && published === encodeHex(prekeyOf(fresh).spk.toBytes())) return;
      if (fresh === undefined) {
        const made = Prekey.generate(this.#platform, now);
        const secret = encodeHex(made.expose());
        // Kept before it is shown: an invitation made with it must never meet a device that lacks it. Another device may be faster.
        await this.#write(caller, (content) => (freshPrekey(content, now) === undefined ? addPrekey(content, now, secret) : content));
      }
      const current = currentPrekey(this.#content);
      if (current === undefined) return;
      const spk = prekeyOf(current).spk;
      const sig = encodeHex(identityOf(this.#account).signSpk(spk));
      await caller.patient("set_user", { spk: encodeHex(spk.toBytes()), sig });
    });
  }

  /** Reads and merges, without writing. */
  async #fetch(caller: Caller): Promise<void> {
    // Before the question: another tab may write, and remember, while the answer is on its way.
    const kept = await this.#highest();
    const full = await caller.patient("get_full_user", {});
    if (full.public_key !== this.#account.publicKey) {
      const sentence = "The server names another identity key for this account than the one on this device.";
      throw new SottoError("security", sentence, { code: "E_KEY_CHANGED" });
    }
    const highest = kept > this.#blobVersion ? kept : this.#blobVersion;
    const opened = await sealed.open(this.#platform, this.#account, full.own_storage, highest);
    await this.#remember(opened.version, full.own_storage);
    this.#blobVersion = opened.version;
    this.#serverVersion = full.own_storage_version;
    this.#remote = opened.content;
    const { content, conflicts } = merge(this.#stale ? EMPTY : this.#content, opened.content);
    this.#stale = false;
    this.#content = tidy(content, this.#seconds());
    this.#conflicts.push(...conflicts);
  }

  async #write(caller: Caller, change: (content: Content) => Content): Promise<void> {
    if (this.#stale) await this.#fetch(caller);
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const wanted = change(this.#content);
      if (encode(wanted) === encode(this.#remote)) {
        this.#content = wanted;
        return;
      }
      const version = this.#blobVersion + 1n;
      const text = await sealed.seal(this.#platform, this.#account, version, wanted);
      if (text.length > sealed.LIMIT) {
        throw new SottoError("storage", "The storage for keys is full: leave some DMs before creating or joining more.");
      }
      try {
        await caller.patient("set_user", { own_storage: text, own_storage_version: this.#serverVersion });
      } catch (error) {
        if (!(error instanceof SottoError) || !(error.isRefusal("conflict") || error.outcomeUnknown)) throw error;
        // Whatever happened, the server's copy tells.
        await this.#fetch(caller);
        continue;
      }
      await this.#remember(version, text);
      this.#blobVersion = version;
      this.#serverVersion += 1;
      this.#remote = wanted;
      this.#content = wanted;
      return;
    }
    throw new SottoError("storage", "The storage for keys is being changed by other devices all the time; try again.");
  }

  #seconds(): bigint {
    return BigInt(Math.trunc(this.#platform.now() / 1000));
  }

  async #highest(): Promise<bigint> {
    const kept = await readJson<Highest>(this.#store, HIGHEST);
    return BigInt(kept?.version ?? 0);
  }

  /** Remembers the highest version seen, so that an older blob is noticed, and the blob itself. */
  async #remember(version: bigint, text: string): Promise<void> {
    await updateJson<Highest>(
      this.#store,
      HIGHEST,
      () => ({ version: "0" }),
      (highest) => (BigInt(highest.version) < version ? { version: String(version) } : highest),
    );
    const blob = decodeHex(text);
    // Another tab may have seen a newer one.
    await this.#store.update(BLOB, (old) => (old !== undefined && versionOf(old) > version ? old : blob));
  }
}

/** A blob's version, which stands after magic and mode (C-501). */
function versionOf(blob: Uint8Array): bigint {
  return new DataView(blob.buffer, blob.byteOffset, blob.byteLength).getBigUint64(5);
}

function freshPrekey(content: Content, now: bigint): KeptPrekey | undefined {
  const current = currentPrekey(content);
  return current !== undefined && isFresh(current, now) ? current : undefined;
}

/** A kept prekey as what the cryptography takes. */
export function prekeyOf(kept: KeptPrekey): Prekey {
  return Prekey.fromBytes(decodeHex(kept.private, 32), kept.createdAt);
}
