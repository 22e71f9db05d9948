/** The message that a reply answers, in short. */

import { useSyncExternalStore } from "react";
import type { MessageRef } from "@sotto/sdk";
import { oneLine } from "../model/names";
import { useRow } from "./rowContext";
import styles from "./Quote.module.css";

/** A press goes to the message; where it was never loaded here, only says so. */
export function Quote({ reference }: { reference: MessageRef }) {
  const { timeline, me, onJump } = useRow();
  const quoted = useSyncExternalStore(timeline.subscribe, () => timeline.quoted(reference));
  if (quoted === null) return <p className={styles.absent}>Answers a message that is not loaded here</p>;
  return (
    <button
      type="button"
      className={styles.quote}
      onClick={() => {
        onJump(quoted);
      }}
      aria-label={`Answers ${quoted.sender === me ? "you" : quoted.sender}: ${oneLine(quoted.text).slice(0, 120)}. Go to that message`}
    >
      <bdi className={styles.who}>{quoted.sender === me ? "You" : quoted.sender}</bdi>
      <bdi className={styles.text}>{oneLine(quoted.text)}</bdi>
    </button>
  );
}
