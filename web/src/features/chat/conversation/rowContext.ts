/** What all rows of a conversation share; its value changes seldom, so that rows are not drawn again. */

import { createContext, useContext } from "react";
import type { Message } from "@sotto/sdk";
import type { Timeline } from "../model/timeline";

/** What rows call and know. */
export interface RowShared {
  readonly me: string;
  /** More than two, or named: names stand above messages. */
  readonly inGroup: boolean;
  /** Whether anything may be written here. */
  readonly canWrite: boolean;
  readonly timeline: Timeline;
  readonly onReact: (message: Message, text: string) => void;
  readonly onReply: (message: Message) => void;
  /** Opens the menu of a message at an element. */
  readonly onMenu: (message: Message, at: HTMLElement) => void;
  readonly onJump: (to: { readonly id: number; readonly timestamp: string }) => void;
  readonly onFocusRow: (key: string) => void;
  /** Puts the text of a message that could not be sent back into the composer. */
  readonly onMend: (text: string) => void;
}

/** Filled by the message list. */
export const RowContext = createContext<RowShared | null>(null);

/** The shared value; only inside the list. */
export function useRow(): RowShared {
  const shared = useContext(RowContext);
  if (shared === null) throw new Error("useRow is for rows of the message list");
  return shared;
}
