/**
 * Where a device keeps its own state: cursors, what it has seen, what waits to be sent, the newest messages (sealed). Nothing in
 * it is a key or a readable word; it tells when who wrote. Implementations: `memory.ts`, `indexeddb.ts`.
 */

/** Named values of one profile. Several tabs or processes may share a profile: each call is atomic against theirs. */
export interface Store {
  /** A value, where there is one. */
  read(key: string): Promise<Uint8Array | undefined>;
  /** Replaces a value by what `change` makes of it (undefined: there is none). Durable when it resolves; `change` may run again. */
  update(key: string, change: (old: Uint8Array | undefined) => Uint8Array | undefined): Promise<void>;
  /** The keys of all values that begin with `prefix`, in order. */
  keys(prefix: string): Promise<string[]>;
  /** Claims a role that one tab or process at a time may have; undefined where another has it. */
  claim(role: string): Promise<Claim | undefined>;
  /** Forgets everything, for good. */
  clear(): Promise<void>;
  /** Where another tab can clear it: calls back when one has. */
  onCleared?(told: () => void): void;
  /** Where several tabs share it: tells the others something. */
  tell?(what: string): void;
  /** Calls back with what others tell, and perhaps this one itself; answers what ends it. */
  onTold?(told: (what: string) => void): () => void;
}

/** A role that is held; see {@link Store.claim}. */
export interface Claim {
  /** Lets others have it. A tab or process that ends lets go by itself. */
  release(): void;
}
