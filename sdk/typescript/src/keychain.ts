/** Accounts in IndexedDB, their seeds wrapped. DRAFT of the signatures; the real module takes its place. */

import type { Account } from "./account.js";
import type { Store } from "./store/store.js";

/** What lies in the browser between runs: which account, and how its seeds are wrapped. */
export interface SavedAccount {
  readonly username: string;
  readonly server: string;
  /** "device": by a non-extractable key of this browser; "passphrase": by a key derived from one (argon2id). */
  readonly protection: "device" | "passphrase";
}

export declare class Keychain {
  static open(name?: string): Promise<Keychain>;
  list(): Promise<SavedAccount[]>;
  save(server: string, account: Account, passphrase?: string): Promise<void>;
  load(server: string, username: string, passphrase?: string): Promise<Account>;
  /** The account's own store (IndexedDB), apart from every other's; removed with `remove`. */
  store(server: string, username: string): Store;
  remove(server: string, username: string): Promise<void>;
}
