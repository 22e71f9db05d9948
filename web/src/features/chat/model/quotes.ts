/** What replies quote: messages by what names them, remembered beyond what is loaded. */

import type { Message, MessageRef } from "@sotto/sdk";

/** A message as far as a reply's quote needs it. */
export interface Quoted {
  readonly id: number;
  readonly timestamp: string;
  readonly sender: string;
  readonly text: string;
}

/** As many as are remembered. */
const QUOTES = 2000;

/** The newest of those that were seen; the oldest go first. */
export class Quotes {
  readonly #quotes = new Map<MessageRef, Quoted>();

  get(reference: MessageRef): Quoted | null {
    return this.#quotes.get(reference) ?? null;
  }

  /** A message as it is now. */
  put({ id, timestamp, sender, content }: Message): void {
    if (!content.ok) return;
    const { reference, text } = content.value;
    this.#quotes.delete(reference);
    this.#quotes.set(reference, { id, timestamp, sender, text });
    for (const oldest of this.#quotes.keys()) {
      if (this.#quotes.size <= QUOTES) break;
      this.#quotes.delete(oldest);
    }
  }

  /** Messages of a page, which may be older than what events have told. */
  fill(messages: readonly Message[]): void {
    for (const message of messages) if (message.content.ok && !this.#quotes.has(message.content.value.reference)) this.put(message);
  }

  /** The message is gone, and its text with it. */
  forget(id: number): void {
    for (const [reference, quoted] of this.#quotes) if (quoted.id === id) this.#quotes.delete(reference);
  }
}
