/** A few reactions at hand, and all the others. */

import { useState } from "react";
import { Plus } from "lucide-react";
import { IconButton } from "../../../ui";
import { LazyEmojiPicker } from "../composer/LazyEmojiPicker";
import styles from "./ReactionPicker.module.css";

const AT_HAND = [
  ["👍", "Thumbs up"],
  ["❤️", "Heart"],
  ["😂", "Laughing"],
  ["😮", "Astonished"],
  ["😢", "Sad"],
  ["🙏", "Thanks"],
] as const;

/** Answers by `onPick`. */
export function ReactionPicker({ onPick }: { onPick: (text: string) => void }) {
  const [all, setAll] = useState(false);
  if (all) return <LazyEmojiPicker onPick={onPick} />;
  return (
    <div className={styles.row}>
      {AT_HAND.map(([emoji, label], at) => (
        <IconButton
          key={emoji}
          autoFocus={at === 0}
          aria-label={`${emoji} ${label}`}
          tooltip={false}
          className={styles.emoji ?? ""}
          onPress={() => {
            onPick(emoji);
          }}
        >
          <span aria-hidden>{emoji}</span>
        </IconButton>
      ))}
      <IconButton
        aria-label="More emoji"
        tooltip={false}
        onPress={() => {
          setAll(true);
        }}
      >
        <Plus aria-hidden />
      </IconButton>
    </div>
  );
}
