/** The emoji picker, loaded when it is opened first; its place has its size from the start. */

import { lazy, Suspense } from "react";
import { Spinner } from "../../../ui";
import styles from "./EmojiPicker.module.css";

const Picker = lazy(async () => ({ default: (await import("./EmojiPicker")).Picker }));

/** All emoji with a search. */
export function LazyEmojiPicker({ onPick }: { onPick: (emoji: string) => void }) {
  return (
    <div className={styles.frame}>
      <Suspense
        fallback={
          <div className={styles.waiting}>
            <Spinner label="Loading emoji" />
          </div>
        }
      >
        <Picker onPick={onPick} />
      </Suspense>
    </div>
  );
}
