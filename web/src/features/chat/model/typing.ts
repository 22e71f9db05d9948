/** Who is typing where: told by events, forgotten when nothing more is heard. */

import type { Sotto } from "@sotto/sdk";

/** A member who is heard of no more for this long has stopped; clients tell every 2 s at most. */
const SILENCE_MS = 5000;
const NOBODY: readonly string[] = [];

/** The members who are typing, per DM. */
export class Typing {
  readonly #listeners = new Set<() => void>();
  readonly #ends: (() => void)[];
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();
  readonly #names = new Map<number, readonly string[]>();

  constructor(session: Pick<Sotto, "on">) {
    this.#ends = [
      session.on("typing", ({ dm, username }) => {
        this.#typing(dm, username);
      }),
      session.on("messageNew", ({ message }) => {
        this.#stopped(message.dm, message.sender);
      }),
      session.on("dmGone", ({ dm }) => {
        for (const name of this.in(dm)) this.#stopped(dm, name);
      }),
    ];
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Who is typing in a DM, in order of beginning; the same value while nothing changes. */
  in(dm: number): readonly string[] {
    return this.#names.get(dm) ?? NOBODY;
  }

  close(): void {
    for (const end of this.#ends) end();
    for (const timer of this.#timers.values()) clearTimeout(timer);
  }

  #typing(dm: number, name: string): void {
    const key = `${String(dm)} ${name}`;
    const timer = this.#timers.get(key);
    if (timer !== undefined) clearTimeout(timer);
    this.#timers.set(
      key,
      setTimeout(() => {
        this.#stopped(dm, name);
      }, SILENCE_MS),
    );
    if (!this.in(dm).includes(name)) this.#put(dm, [...this.in(dm), name]);
  }

  #stopped(dm: number, name: string): void {
    const key = `${String(dm)} ${name}`;
    const timer = this.#timers.get(key);
    if (timer === undefined) return;
    clearTimeout(timer);
    this.#timers.delete(key);
    this.#put(
      dm,
      this.in(dm).filter((each) => each !== name),
    );
  }

  #put(dm: number, names: readonly string[]): void {
    if (names.length === 0) this.#names.delete(dm);
    else this.#names.set(dm, names);
    for (const listener of this.#listeners) listener();
  }
}

/** «ada is typing», «ada and bob are typing», «Several people are typing». */
export function typingText(names: readonly string[]): string {
  const [first, second] = names;
  if (first === undefined) return "";
  if (second === undefined) return `${first} is typing`;
  return names.length === 2 ? `${first} and ${second} are typing` : "Several people are typing";
}
