/** What a timeline shows: messages, what is on its way out, where the view is to stand. */

import type { MessageRef, SendOptions, SottoError } from "@sotto/sdk";
import type { HistoryWindow } from "./window";

/** A message of one's own that the server has not sent back yet. */
export interface Outgoing {
  /** Stays the key of the message in the list when it has arrived. */
  readonly key: string;
  readonly text: string;
  readonly options: SendOptions;
  readonly startedMs: number;
  readonly state: "sending" | "queued" | "failed";
  /** Known once it is sealed. */
  readonly reference: MessageRef | null;
  /** Why it failed. */
  readonly error: SottoError | null;
}

/** Where the list stands after messages were put in place of others. */
export type Target =
  | { readonly at: "end" }
  /** A message in the middle of the view, marked for a moment. */
  | { readonly at: "message"; readonly id: number }
  /** A message as far from the upper edge as it was (pixels). */
  | { readonly at: "keep"; readonly id: number; readonly offset: number };

/** The message at the upper edge of the view. */
export interface Anchor {
  readonly id: number;
  readonly timestamp: string;
  readonly offset: number;
  /** The view is at the newest message and stays there. */
  readonly atEnd: boolean;
}

/** What the screen shows. A new value for every change. */
export interface TimelineState {
  readonly phase: "loading" | "ready" | "failed";
  /** Why the first page could not be read. */
  readonly error: SottoError | null;
  readonly window: HistoryWindow;
  readonly outgoing: readonly Outgoing[];
  /** Keys in the list of messages that were sent from here. */
  readonly keys: ReadonlyMap<number, string>;
  /**
   * Message → how many envelopes of its sender were withheld or deleted before this device saw them. Only where the message came by
   * itself and an
   * earlier one of that sender is loaded: what is read page by page may just not be loaded yet.
   */
  readonly gaps: ReadonlyMap<number, number>;
  /** Rises whenever messages were put in place of others, as opposed to beside them. */
  readonly epoch: number;
  /** Rises whenever the view is asked to go to `target`. */
  readonly moves: number;
  readonly target: Target;
  /** A page elsewhere in the history is being read. */
  readonly moving: boolean;
  readonly older: "idle" | "loading" | "failed";
  readonly newer: "idle" | "loading" | "failed";
}
