/** The keys of an account on one device. DRAFT of the signatures; the real module takes its place. */

/** Signs and opens. Its secrets never show in JSON, `console.log` or errors. */
export declare class Account {
  readonly username: string;
  /** The identity's public key, hex. */
  readonly publicKey: string;
  /** Keys for a new account, with the 24 words that bring them back. */
  static create(username: string): { account: Account; words: string };
  /** The keys of an account from its words: any case, any white space. Throws `security` `E_WORDS` or `E_NAME`. */
  static recover(username: string, words: string): Account;
}

/** What lies in the browser between runs: which account, and how its seeds are wrapped. */
export interface SavedAccount {
  readonly username: string;
  readonly server: string;
  /** "device": by a non-extractable key of this browser; "passphrase": by a key derived from one (argon2id). */
  readonly protection: "device" | "passphrase";
}

/** Accounts in IndexedDB, their seeds wrapped. */
export declare class Keychain {
  /** Without a secure context or IndexedDB: throws `invalid`, «Open this over HTTPS». */
  static open(name?: string): Promise<Keychain>;
  list(): Promise<SavedAccount[]>;
  /** Wraps by the passphrase where one is given, else by a non-extractable AES-GCM key; replaces what was kept of the account. */
  save(server: string, account: Account, passphrase?: string): Promise<void>;
  /** Throws `invalid` for a wrong or missing passphrase. */
  load(server: string, username: string, passphrase?: string): Promise<Account>;
  remove(server: string, username: string): Promise<void>;
  /** The account's own store (IndexedDB), apart from every other's; removed with `remove`. */
}
