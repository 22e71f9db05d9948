/**
 * Up to where each DM was read, on this device: timestamps only, never content. Shared by the tabs of one account; wiped on log-out by
 * prefix.
 */

/** What is kept, as JSON, under {@link storageKey}. */
interface Kept {
  /** Local time at which this device first looked, in milliseconds: older DMs without a mark count as read. */
  readonly since: number;
  /** DM → timestamp of the last message read. */
  readonly marks: Readonly<Record<string, string>>;
}

/** Where marks lie; `localStorage` in a browser. */
export type MarkStorage = Pick<Storage, "getItem" | "setItem">;

/** Every key of the web client begins with `sotto.`, and log-out removes those. */
export function storageKey(server: string, username: string): string {
  return `sotto.read.${encodeURIComponent(server)}.${encodeURIComponent(username)}`;
}

const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$/;

function parse(text: string | null): Kept | null {
  if (text === null) return null;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null) return null;
    const { since, marks } = value as Partial<Record<keyof Kept, unknown>>;
    if (typeof since !== "number" || typeof marks !== "object" || marks === null) return null;
    const good = Object.entries(marks).filter(
      (entry): entry is [string, string] => typeof entry[1] === "string" && TIMESTAMP.test(entry[1]),
    );
    return { since, marks: Object.fromEntries(good) };
  } catch {
    return null;
  }
}

/** The read marks of one account. */
export class ReadMarks {
  readonly key: string;
  readonly #storage: MarkStorage;
  #kept: Kept;

  constructor(storage: MarkStorage, server: string, username: string, now: number) {
    this.key = storageKey(server, username);
    this.#storage = storage;
    const kept = parse(this.#read());
    this.#kept = kept ?? { since: now, marks: {} };
    if (kept === null) this.#write();
  }

  /** Up to where a DM was read; null: never opened here. */
  get(dm: number): string | null {
    return this.#kept.marks[String(dm)] ?? null;
  }

  /** Whether a DM was there before this device first looked, so that its past is no news. */
  isOld(createdAtMs: number): boolean {
    return createdAtMs < this.#kept.since;
  }

  /** Moves a mark forward, never back; answers whether it moved. What another tab has written meanwhile is kept. */
  advance(dm: number, timestamp: string): boolean {
    this.reload();
    const before = this.get(dm);
    if (before !== null && before >= timestamp) return false;
    this.#kept = { ...this.#kept, marks: { ...this.#kept.marks, [String(dm)]: timestamp } };
    this.#write();
    return true;
  }

  /** Forgets a DM that is gone. */
  forget(dm: number): void {
    this.reload();
    const { [String(dm)]: gone, ...marks } = this.#kept.marks;
    if (gone === undefined) return;
    this.#kept = { ...this.#kept, marks };
    this.#write();
  }

  /** Takes over what another tab wrote: per DM the later mark. Answers the DMs whose mark moved. */
  reload(): number[] {
    const other = parse(this.#read());
    if (other === null) return [];
    const moved: number[] = [];
    const marks: Record<string, string> = { ...this.#kept.marks };
    for (const [dm, timestamp] of Object.entries(other.marks)) {
      const mine = marks[dm];
      if (mine !== undefined && mine >= timestamp) continue;
      marks[dm] = timestamp;
      moved.push(Number(dm));
    }
    this.#kept = { since: Math.min(this.#kept.since, other.since), marks };
    return moved;
  }

  #read(): string | null {
    try {
      return this.#storage.getItem(this.key);
    } catch {
      return null;
    }
  }

  #write(): void {
    try {
      this.#storage.setItem(this.key, JSON.stringify(this.#kept));
    } catch {
      // A full or forbidden storage costs the marks of the next visit, not this one's.
    }
  }
}
